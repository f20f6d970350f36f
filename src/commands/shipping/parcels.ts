import type { PackLine } from "../../events/orders.js";
import type { ParcelLine } from "../../events/shipping.js";

/** A parcel that is to be sent. */
export interface Parcel {
  readonly lines: readonly ParcelLine[];
  readonly weightGrams: number;
}

/**
 * Packs an order into parcels of at most `maxGrams`: lines in their order, units one by one into the open parcel,
 * a new one when it is full (next fit). A single unit that is heavier goes alone. The same order packs the same way.
 */
export function packParcels(lines: readonly PackLine[], maxGrams: number): readonly Parcel[] {
  const parcels: { lines: ParcelLine[]; weightGrams: number }[] = [{ lines: [], weightGrams: 0 }];
  for (const { sku, quantity, unitWeightGrams } of lines) {
    let left = quantity;
    while (left > 0) {
      const parcel = openParcel(parcels, unitWeightGrams, maxGrams);
      const room = unitWeightGrams === 0 ? left : Math.max(1, Math.floor((maxGrams - parcel.weightGrams) / unitWeightGrams));
      const packed = Math.min(left, room);
      parcel.lines.push({ sku, quantity: packed });
      parcel.weightGrams += packed * unitWeightGrams;
      left -= packed;
    }
  }
  return parcels;
}

function openParcel(parcels: { lines: ParcelLine[]; weightGrams: number }[], unitWeightGrams: number, maxGrams: number) {
  const last = parcels.at(-1);
  if (last && (last.lines.length === 0 || last.weightGrams + unitWeightGrams <= maxGrams)) return last;
  const parcel = { lines: [], weightGrams: 0 };
  parcels.push(parcel);
  return parcel;
}
