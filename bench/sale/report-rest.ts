import { compare, type BenchResult } from "../result.js";
import { aims, withAims } from "./aims.js";
import type { PrimaryTruth } from "./primary-truth.js";
import { fiftySku, fiftyUnits, type ClosedFigures, type FiftyFigures, type SaleFigures } from "./sale-run.js";

/** What the primary's rows say after all loads. */
export function reportTruth({ orders, doubled, lost, oversold }: PrimaryTruth, acknowledged: number): BenchResult[] {
  const zero = (name: string, unit: string, value: number, note: string): BenchResult => withAims(compare(name, unit, { value }, null, note), aims.none(value));
  return [
    zero("sale-oversold", "units", oversold, "in orders on the primary beyond what was received, or reserved beyond what is on hand"),
    zero("sale-doubled", "orders", doubled, `on the primary beyond one a key, of ${String(orders)}`),
    zero("sale-lost", "orders", lost, `acknowledged and not on the primary, of ${String(acknowledged)}`),
  ];
}

export function reportFifty({ figures: { hot }, orders, strange }: FiftyFigures, { unitsBySku }: PrimaryTruth): BenchResult[] {
  const sold = unitsBySku.get(fiftySku) ?? 0;
  return [
    withAims(compare("fifty-accepted", "orders", { value: orders, p50Ms: hot.p50Ms, p99Ms: hot.p99Ms }, fiftyUnits,
      `${String(hot.accepted)} clicks accepted with the repeated ones, of ${String(hot.offered)} within a second`), aims.exactly(fiftyUnits, orders)),
    compare("fifty-refused", "clicks", { value: hot.soldOut, p99Ms: hot.refusedP99Ms }, hot.offered, `OUT_OF_STOCK; ${String(hot.shed)} shed, ${String(hot.errors)} other answers${strange[0] === undefined ? "" : `: ${strange[0]}`}`),
    withAims(compare("fifty-sold", "units", { value: sold }, fiftyUnits, "in orders on the primary"), aims.exactly(fiftyUnits, sold)),
  ];
}

export type ByPool<Figures> = ReadonlyMap<number, Figures>;

/** 1,000 buyers of one product at once: Millrace beside the server by hand. */
export function reportHandClosed(ours: ClosedFigures, byHand: ByPool<ClosedFigures>): BenchResult[] {
  return [...byHand].map(([pool, theirs]) => {
    const ratio = ours.perSecond / theirs.perSecond;
    return withAims(compare(`sale-1000-by-hand-${String(pool)}`, "orders/s", { value: ours.perSecond, p50Ms: ours.p50Ms, p99Ms: ours.p99Ms }, theirs.perSecond,
      `closed loop, 1,000 buyers of one product; by hand with a pool of ${String(pool)}: p50 ${theirs.p50Ms.toFixed(0)} ms, p99 ${theirs.p99Ms.toFixed(0)} ms, ${String(theirs.others)} other answers`),
    pool === 200 ? aims.byHandWith200(ratio) : aims.byHandWith10(ratio));
  });
}

/** The same spike at the server by hand; Millrace's own processes are down meanwhile. */
export function reportHandSpike(ours: SaleFigures | null, byHand: ByPool<SaleFigures>): BenchResult[] {
  const mine = ours?.phases[1]?.hot;
  return [...byHand].flatMap(([pool, { phases, recovery, record }]) => {
    const [before, theirs] = [phases[0]?.hot, phases[1]?.hot];
    if (!before || !theirs) return [];
    const words = `by hand, pool of ${String(pool)}: p50 ${theirs.p50Ms.toFixed(0)} ms, p99 ${theirs.p99Ms.toFixed(0)} ms in the spike (before it p99 ${before.p99Ms.toFixed(0)} ms); of ${String(theirs.offered)} clicks ${String(theirs.accepted)} answered with an order, `
      + `${String(theirs.gaveUp)} gave up, ${String(theirs.errors - theirs.gaveUp)} failed${record.strange[0] === undefined ? "" : ` (${record.strange[0].slice(0, 80)})`}; ${recovery.stays === null ? "not recovered" : `recovered after ${String(recovery.stays)} s`}`;
    return [mine
      ? compare(`sale-spike-by-hand-${String(pool)}`, "orders/s", { value: mine.ordersPerSecond, p50Ms: mine.p50Ms, p99Ms: mine.p99Ms }, theirs.ordersPerSecond, words)
      : compare(`by-hand-spike-${String(pool)}`, "orders/s", { value: theirs.ordersPerSecond, p50Ms: theirs.p50Ms, p99Ms: theirs.p99Ms }, null, words)];
  });
}
