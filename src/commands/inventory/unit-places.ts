/** Where a unit is. */
interface Placed {
  readonly unitId: string;
  readonly rowLabel: string | null;
  readonly place: number | null;
}

/** By row and place; what has no place comes last, by name. */
export function byPlace(a: Placed, b: Placed): number {
  if (a.rowLabel !== b.rowLabel) {
    if (a.rowLabel === null || b.rowLabel === null) return a.rowLabel === null ? 1 : -1;
    return a.rowLabel < b.rowLabel ? -1 : 1;
  }
  if (a.place !== b.place) return (a.place ?? 0) - (b.place ?? 0);
  return a.unitId < b.unitId ? -1 : 1;
}

/**
 * So many units side by side in one row; null where there are none. Of all rows of neighbours the shortest that is long
 * enough gives them, so that long ones are kept for those who need them.
 * @param units sorted `byPlace`
 */
export function neighboursAmong<Unit extends Placed>(units: readonly Unit[], quantity: number): readonly Unit[] | null {
  const longEnough = runsOf(units).filter(({ length }) => length >= quantity);
  const [first, ...others] = longEnough;
  if (!first) return null;
  return others.reduce((best, run) => (run.length < best.length ? run : best), first).slice(0, quantity);
}

function runsOf<Unit extends Placed>(units: readonly Unit[]): Unit[][] {
  const runs: Unit[][] = [];
  for (const unit of units.filter(({ place }) => place !== null)) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    if (run && last?.rowLabel === unit.rowLabel && (last.place ?? 0) + 1 === unit.place) run.push(unit);
    else runs.push([unit]);
  }
  return runs;
}
