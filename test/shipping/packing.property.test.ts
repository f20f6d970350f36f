import { describe, it } from "@jest/globals";
import fc from "fast-check";
import type { SizeMm } from "../../src/events/catalog.js";
import type { PackLine } from "../../src/events/orders.js";
import { packParcels, type Parcel } from "../../src/commands/shipping/parcels.js";

const limits = { maxGrams: 1_000, maxMm: [120, 60, 50] } as const;

const size = fc.tuple(...[140, 70, 70].map((max) => fc.integer({ min: 1, max }))).map((sides) => sides.sort((one, two) => two - one) as unknown as SizeMm);
const order: fc.Arbitrary<readonly PackLine[]> = fc.uniqueArray(fc.record({
  sku: fc.integer({ min: 0, max: 99 }).map(String), quantity: fc.integer({ min: 1, max: 60 }),
  unitWeightGrams: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1_200 }), fc.integer({ min: 1, max: 20 })),
  unitSizeMm: fc.option(size, { nil: undefined, freq: 5 }),
}), { selector: ({ sku }) => sku, minLength: 1, maxLength: 8 }).map((lines) => lines.map(({ unitSizeMm, ...line }) => ({ ...line, ...(unitSizeMm && { unitSizeMm }) })));

const unitsIn = ({ lines }: Parcel): number => lines.reduce((sum, { quantity }) => sum + quantity, 0);
const volume = ([long, middle, short]: SizeMm): number => long * middle * short;

/** Every parcel of every order, with the lines of the order that are in it. */
function everyParcel(holds: (parcel: Parcel, packed: readonly PackLine[]) => boolean): void {
  fc.assert(fc.property(order, (lines) => packParcels(lines, limits).every((parcel) =>
    holds(parcel, parcel.lines.map(({ sku, quantity }) => ({ ...lines.find((line) => line.sku === sku)!, quantity }))))));
}

describe("packing any order", () => {
  it("puts every unit into exactly one parcel, and names no product twice in one", () => {
    fc.assert(fc.property(order, (lines) => {
      const parcels = packParcels(lines, limits);
      return lines.every(({ sku, quantity }) => parcels.flatMap((parcel) => parcel.lines).reduce((sum, line) => sum + (line.sku === sku ? line.quantity : 0), 0) === quantity)
        && parcels.every((parcel) => parcel.lines.length > 0 && parcel.lines.every(({ quantity }) => quantity > 0) && new Set(parcel.lines.map(({ sku }) => sku)).size === parcel.lines.length);
    }));
  });

  it("packs it the same way whenever it is asked", () => {
    fc.assert(fc.property(order, (lines) => JSON.stringify(packParcels(lines, limits)) === JSON.stringify(packParcels(structuredClone(lines), limits))));
  });

  it("passes the weight only with a single unit, and says what it weighs", () => everyParcel((parcel, packed) =>
    parcel.weightGrams === packed.reduce((sum, { quantity, unitWeightGrams }) => sum + quantity * unitWeightGrams, 0)
    && (parcel.weightGrams <= limits.maxGrams || unitsIn(parcel) === 1)));

  it("passes the size only with a single unit, which then is the parcel's", () => everyParcel((parcel, packed) => {
    const beyond = packed.some(({ unitSizeMm }) => unitSizeMm?.some((side, index) => side > limits.maxMm[index]!));
    const filled = packed.reduce((sum, { quantity, unitSizeMm }) => sum + quantity * (unitSizeMm ? volume(unitSizeMm) : 0), 0);
    return unitsIn(parcel) === 1 ? !beyond || parcel.sizeMm === packed[0]?.unitSizeMm : !beyond && filled <= 0.8 * volume(limits.maxMm);
  }));

  it("names an outer size, longest first, where all is measured: within the limit, and no smaller than what is in it", () => everyParcel(({ sizeMm, ...parcel }, packed) => {
    if (packed.some(({ unitSizeMm }) => !unitSizeMm)) return sizeMm === undefined;
    if (!sizeMm || sizeMm[0] < sizeMm[1] || sizeMm[1] < sizeMm[2]) return false;
    return (unitsIn(parcel) === 1 || sizeMm.every((side, index) => side <= limits.maxMm[index]!))
      && packed.every(({ unitSizeMm }) => unitSizeMm!.every((side, index) => side <= sizeMm[index]!))
      && packed.reduce((sum, { quantity, unitSizeMm }) => sum + quantity * volume(unitSizeMm!), 0) <= volume(sizeMm);
  }));

  it("opens a parcel only where the next unit has no room in the last one by weight or size", () => {
    fc.assert(fc.property(order, (lines) => {
      const light = lines.map(({ unitSizeMm: _size, ...line }) => line);
      const parcels = packParcels(light, limits);
      return parcels.every(({ weightGrams }, index) => {
        const next = parcels[index + 1]?.lines[0];
        return !next || weightGrams + light.find(({ sku }) => sku === next.sku)!.unitWeightGrams > limits.maxGrams;
      });
    }));
  });
});
