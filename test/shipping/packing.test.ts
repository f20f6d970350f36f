import { describe, expect, it } from "@jest/globals";
import type { SizeMm } from "../../src/events/catalog.js";
import { packParcels } from "../../src/commands/shipping/parcels.js";

const limits = { maxGrams: 1_000, maxMm: [1_200, 600, 600] } as const;
const line = (sku: string, quantity: number, unitWeightGrams: number, unitSizeMm?: SizeMm) => ({ sku, quantity, unitWeightGrams, ...(unitSizeMm && { unitSizeMm }) });
const quantities = (lines: Parameters<typeof packParcels>[0]) => packParcels(lines, limits).map((parcel) => parcel.lines.map(({ quantity }) => quantity));
/** The box of a parcel of these. */
const box = (...lines: Parameters<typeof packParcels>[0]) => packParcels(lines, limits).map(({ sizeMm }) => sizeMm);

describe("packing by weight", () => {
  it("fills a parcel before it opens the next", () =>
    expect(packParcels([line("A", 3, 400), line("B", 1, 200), line("C", 1, 100)], limits)).toEqual([
      { lines: [{ sku: "A", quantity: 2 }], weightGrams: 800 },
      { lines: [{ sku: "A", quantity: 1 }, { sku: "B", quantity: 1 }, { sku: "C", quantity: 1 }], weightGrams: 700 },
    ]));
  it("sends what is too heavy alone", () =>
    expect(packParcels([line("A", 1, 100), line("SAFE", 2, 5_000), line("SEAT", 1, 0), line("B", 1, 100)], limits).map(({ lines }) => lines)).toEqual([
      [{ sku: "A", quantity: 1 }], [{ sku: "SAFE", quantity: 1 }], [{ sku: "SAFE", quantity: 1 }], [{ sku: "SEAT", quantity: 1 }, { sku: "B", quantity: 1 }],
    ]));
  it("puts what weighs nothing into one parcel", () =>
    expect(packParcels([line("SEAT", 1_000_000, 0)], limits)).toEqual([{ lines: [{ sku: "SEAT", quantity: 1_000_000 }], weightGrams: 0 }]));
});

describe("packing by size", () => {
  it("leaves a fifth of the largest parcel to air and padding", () =>
    // 432 cubes of a decimetre would fill it to the brim.
    expect(quantities([line("CUBE", 432, 1, [100, 100, 100])])).toEqual([[345], [87]]));
  it("sends what is too large alone, however light", () =>
    expect(packParcels([line("A", 1, 1), line("RUG", 2, 1, [1_201, 10, 10]), line("B", 1, 1)], limits).map(({ lines, sizeMm }) => [lines[0]?.sku, sizeMm])).toEqual([
      ["A", undefined], ["RUG", [1_201, 10, 10]], ["RUG", [1_201, 10, 10]], ["B", undefined],
    ]));
  it("sends alone what has room in a parcel only by itself", () =>
    expect(quantities([line("CHEST", 2, 1, [1_200, 600, 500])])).toEqual([[1], [1]]));
  it("puts no two large units together that cannot lie beside each other, whatever their volume", () =>
    expect(quantities([line("STOOL", 2, 1, [700, 400, 400])])).toEqual([[1], [1]]));
  it("fills up what lies beside a large unit", () =>
    expect(quantities([line("STOOL", 1, 1, [700, 400, 400]), line("CUBE", 100, 1, [100, 100, 100])])).toEqual([[1, 100]]));
  it("stops at whichever limit comes first", () =>
    expect(quantities([line("CUBE", 10, 300, [100, 100, 100])])).toEqual([[3], [3], [3], [1]]));
});

describe("the outer size of a parcel", () => {
  it("is a single unit's own", () => expect(box(line("A", 1, 1, [300, 200, 10]))).toEqual([[300, 200, 10]]));
  it("is a stack of flat ones", () => expect(box(line("BOOK", 3, 1, [300, 200, 10]))).toEqual([[300, 200, 30]]));
  it("is as compact as layers are", () => expect(box(line("CUBE", 100, 1, [100, 100, 100]))).toEqual([[500, 500, 400]]));
  it("lays long ones side by side", () => expect(box(line("CASE", 2, 1, [500, 400, 300]))).toEqual([[500, 400, 600].sort((one, two) => two - one)]));
  it("has a layer for each product", () => expect(box(line("PAN", 1, 1, [400, 300, 100]), line("CUP", 4, 1, [100, 80, 80]))).toEqual([[400, 300, 180]]));
  it("is the largest where layers do not do", () =>
    expect(box(...Array.from({ length: 70 }, (_, index) => line(`CUBE-${String(index)}`, 1, 1, [100, 100, 100])))).toEqual([[1_200, 600, 600]]));
  it("is not told where somebody has not measured a unit in it", () => expect(box(line("A", 1, 1, [300, 200, 10]), line("B", 1, 1))).toEqual([undefined]));
});
