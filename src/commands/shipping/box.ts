import type { SizeMm } from "../../events/catalog.js";

/** So many units of one size, all sides longest first. */
export interface SizedUnits {
  readonly quantity: number;
  readonly sizeMm: SizeMm;
}

export const sides = [0, 1, 2] as const;
type Side = (typeof sides)[number];

export function volumeOf([length, width, height]: SizeMm): number {
  return length * width * height;
}

/**
 * Whether a box certainly holds the units: they lie flat in layers, shortest side up, all of a layer in one direction, and every line begins
 * a layer of its own. A person may pack closer than that; nobody packs so and has something left over.
 */
export function holdsInLayers([length, width, height]: SizeMm, units: readonly SizedUnits[]): boolean {
  let free = height;
  for (const { quantity, sizeMm: [long, middle, short] } of units) {
    const perLayer = Math.max(Math.floor(length / long) * Math.floor(width / middle), Math.floor(length / middle) * Math.floor(width / long));
    free -= Math.ceil(quantity / perLayer) * short;
    if (free < 0) return false;
  }
  return true;
}

/**
 * The outer size of the parcel that they need. All sides that are shorter than some length are made that long, at most the limit's: the least such length
 * at which the box holds the units in layers. Then each side gives up what it does not need, the shortest first. Where even the largest parcel
 * does not hold them so, its gaps are filled by hand, and it is as large as it may be.
 */
export function boxOf(units: readonly SizedUnits[], limit: SizeMm): SizeMm {
  const [only] = units;
  if (units.length === 1 && only?.quantity === 1) return only.sizeMm;
  if (!holdsInLayers(limit, units)) return limit;
  const raised = (level: number): SizeMm => bySide((side) => Math.min(limit[side], Math.max(level, ...units.map(({ sizeMm }) => sizeMm[side]))));
  let box = raised(leastWhere(1, limit[0], (level) => holdsInLayers(raised(level), units)));
  for (const shrinking of sides.toReversed()) {
    const { [shrinking]: length } = box;
    const cut = (shorter: number): SizeMm => bySide((side) => (side === shrinking ? shorter : box[side]));
    box = cut(leastWhere(1, length, (shorter) => holdsInLayers(cut(shorter), units)));
  }
  return longestFirst(box);
}

/** The least whole number of which it is true, where it is of the last and of all that follow one of which it is. */
export function leastWhere(first: number, last: number, isTrue: (value: number) => boolean): number {
  let [low, high] = [first, last];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isTrue(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function longestFirst(sizeMm: SizeMm): SizeMm {
  const [short, middle, long] = sizeMm.toSorted((one, two) => one - two) as [number, number, number];
  return [long, middle, short];
}

function bySide(lengthOf: (side: Side) => number): SizeMm {
  return [lengthOf(0), lengthOf(1), lengthOf(2)];
}
