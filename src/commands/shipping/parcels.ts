import type { SizeMm } from "../../events/catalog.js";
import type { PackLine } from "../../events/orders.js";
import type { ParcelLine } from "../../events/shipping.js";
import { boxOf, holdsInLayers, leastWhere, sides, volumeOf, type SizedUnits } from "./box.js";

/** A parcel that is to be sent. */
export interface Parcel {
  readonly lines: readonly ParcelLine[];
  readonly weightGrams: number;
  /** Outer size, estimated; absent where somebody has not measured a unit in it. */
  readonly sizeMm?: SizeMm;
}

/** The largest parcel that a shop sends. */
export interface ParcelLimits {
  readonly maxGrams: number;
  readonly maxMm: SizeMm;
}

/** Measured units take at most that share of the largest parcel's volume: the rest is air and padding. */
const fillMax = 0.8;

interface OpenParcel {
  readonly lines: PackLine[];
  weightGrams: number;
}

/**
 * Packs an order into parcels of at most a weight and a size: lines in their order, units one by one into the open parcel,
 * a new one when it is full (next fit). A single unit that is heavier or larger goes alone. A unit that nobody measured takes no room.
 * The same order packs the same way.
 */
export function packParcels(lines: readonly PackLine[], limits: ParcelLimits): readonly Parcel[] {
  let open: OpenParcel = { lines: [], weightGrams: 0 };
  const parcels = [open];
  for (const line of lines) {
    let left = line.quantity;
    while (left > 0) {
      const packed = roomFor({ ...line, quantity: left }, open, limits);
      if (packed > 0) put(open, { ...line, quantity: packed });
      left -= packed;
      if (left > 0) parcels.push(open = { lines: [], weightGrams: 0 });
    }
  }
  return parcels.map(({ lines: packed, weightGrams }) => ({
    lines: packed.map(({ sku, quantity }) => ({ sku, quantity })), weightGrams, ...sizeOf(packed, limits.maxMm),
  }));
}

function put(parcel: OpenParcel, line: PackLine): void {
  parcel.lines.push(line);
  parcel.weightGrams += line.quantity * line.unitWeightGrams;
}

/** How many units of the line go into the parcel; at least one into an empty one. */
function roomFor(line: PackLine, { lines, weightGrams }: OpenParcel, { maxGrams, maxMm }: ParcelLimits): number {
  const byWeight = line.unitWeightGrams === 0 && weightGrams <= maxGrams ? line.quantity : Math.floor((maxGrams - weightGrams) / line.unitWeightGrams);
  const most = Math.max(0, Math.min(line.quantity, byWeight));
  const tooMany = leastWhere(1, most + 1, (count) => count > most || !hasRoom([...lines, { ...line, quantity: count }], maxMm));
  return lines.length === 0 ? Math.max(1, tooMany - 1) : tooMany - 1;
}

/** Whether units have room in the largest parcel: by volume, and those that are large in it, or too large for it, also side by side. */
function hasRoom(lines: readonly PackLine[], maxMm: SizeMm): boolean {
  const measured = measuredOf(lines);
  const volume = measured.reduce((sum, { quantity, sizeMm }) => sum + quantity * volumeOf(sizeMm), 0);
  const large = measured.filter(({ sizeMm }) => sides.some((side) => 2 * sizeMm[side] > maxMm[side]));
  return volume <= fillMax * volumeOf(maxMm) && holdsInLayers(maxMm, large);
}

function sizeOf(lines: readonly PackLine[], maxMm: SizeMm): { readonly sizeMm?: SizeMm } {
  const measured = measuredOf(lines);
  return measured.length === 0 || measured.length < lines.length ? {} : { sizeMm: boxOf(measured, maxMm) };
}

function measuredOf(lines: readonly PackLine[]): readonly SizedUnits[] {
  return lines.flatMap(({ quantity, unitSizeMm: sizeMm }) => (sizeMm ? [{ quantity, sizeMm }] : []));
}
