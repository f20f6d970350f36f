import { compare, type BenchResult } from "../result.js";
import { aims, withAims } from "./aims.js";
import type { PhaseFigures } from "./phase-figures.js";
import type { PhaseCost } from "./play.js";
import type { ClosedFigures, SaleFigures } from "./sale-run.js";

export interface Capacity {
  readonly at200: ClosedFigures;
  readonly at1000: ClosedFigures;
}

export function bestOf({ at200, at1000 }: Capacity): number {
  return Math.max(at200.perSecond, at1000.perSecond);
}

export function reportCapacity(capacity: Capacity): BenchResult[] {
  return ([["200", capacity.at200], ["1000", capacity.at1000]] as const).map(([callers, { perSecond, p50Ms, p99Ms, shed, others, strange, microsAnOrder }]) =>
    compare(`sale-capacity-${callers}`, "orders/s", { value: perSecond, p50Ms, p99Ms }, null,
      `closed loop, ${callers} buyers of one product; CPU an order: ${[...microsAnOrder].map(([name, micros]) => `${name} ${micros.toFixed(0)}`).join(", ")} µs; ${String(shed)} shed, ${String(others)} other answers${strange[0] === undefined ? "" : `: ${strange[0]}`}`));
}

/** The sale itself, against the best steady rate measured just before. */
export function reportSale({ plan, phases, record, recovery, costs }: SaleFigures, best: number): BenchResult[] {
  const [before, spike, after] = phases;
  if (!before || !spike || !after) throw new Error("a sale has three phases");
  const planned = plan.phases[1]?.clicksPerSecond ?? 0;
  const accepted = spike.hot.ordersPerSecond;
  const all = (pick: (figures: PhaseFigures) => number): number => phases.reduce((sum, figures) => sum + pick(figures), 0);
  const errors = all(({ hot, others }) => hot.errors + others.errors);
  const waits = record.retryAfterSeconds;
  return [
    withAims(compare("sale-offered", "clicks/s", { value: spike.hot.sentPerSecond }, best,
      `sent in the spike; planned ${planned.toFixed(0)}, a tenth of it before and after; a fifth are repeated clicks; 99 of 100 went out within ${spike.sentLateP99Ms.toFixed(0)} ms of their time; ${String(record.mostConnections)} connections, ${String(record.sentAgain)} sent again on another`),
    aims.rate(spike.hot.sentPerSecond, 2 * best)),
    acceptedIn("sale-before", before, before.hot.ordersPerSecond, null),
    withAims(acceptedIn("sale-spike", spike, accepted, best), aims.acceptedShare(accepted / best), aims.acceptedP99(spike.hot.p99Ms)),
    acceptedIn("sale-after", after, after.hot.ordersPerSecond, null),
    compare("sale-shed", "clicks", { value: all(({ hot }) => hot.shed), p99Ms: spike.hot.refusedP99Ms }, spike.hot.offered,
      `503 OVERLOADED, of the spike's clicks${waits === null ? "" : `; Retry-After ${String(waits.least)} to ${String(waits.most)} s`}; of other products ${String(all(({ others }) => others.shed))}`),
    withAims(compare("sale-refused", "clicks", { value: all(({ hot }) => hot.soldOut) }, null, "sold out, with ample stock"), aims.none(all(({ hot }) => hot.soldOut))),
    withAims(compare("sale-errors", "clicks", { value: errors }, null,
      `neither an order nor a 503 with Retry-After; ${String(all(({ hot, others }) => hot.gaveUp + others.gaveUp))} gave up${record.strange[0] === undefined ? "" : `; e.g. ${record.strange[0]}`}`), aims.none(errors)),
    withAims(compare("sale-recovered", "s", { value: recovery.stays ?? plan.phases[2]?.seconds ?? 0 }, null,
      `after the spike's end, until p99 stays within twice that of before${recovery.stays === null ? " (it never did)" : ""}; p99 by second: ${recovery.p99MsBySecond.map((ms) => ms.toFixed(0)).join(" ")} ms`), aims.recovered(recovery.stays)),
    withAims(compare("sale-other-products", "ms", { value: spike.others.p50Ms, p50Ms: spike.others.p50Ms, p99Ms: spike.others.p99Ms }, before.others.p50Ms,
      `p50 of orders of other products in the spike, against before; ${String(spike.others.accepted)} of ${String(spike.others.offered)} accepted, ${String(spike.others.shed)} shed`), aims.othersP50(spike.others.p50Ms / before.others.p50Ms)),
    ...reportCosts(costs),
  ];
}

function acceptedIn(name: string, { hot }: PhaseFigures, ordersPerSecond: number, baseline: number | null): BenchResult {
  return compare(name, "orders/s", { value: ordersPerSecond, p50Ms: hot.p50Ms, p99Ms: hot.p99Ms }, baseline,
    `different orders acknowledged; of ${String(hot.offered)} clicks ${String(hot.accepted)} accepted, ${String(hot.shed)} shed`);
}

/** Cores and memory of each process in the spike; before and after it in the note. */
function reportCosts(costs: readonly PhaseCost[]): BenchResult[] {
  const [before, spike, after] = costs;
  if (!before || !spike || !after) return [];
  const around = (pick: (cost: PhaseCost) => number | undefined, digits: number): string =>
    `before ${(pick(before) ?? 0).toFixed(digits)}, after ${(pick(after) ?? 0).toFixed(digits)}`;
  return [
    ...[...spike.cores].map(([name, cores]) => compare(`cpu-${name}`, "cores", { value: cores }, null, `in the spike; ${around((cost) => cost.cores.get(name), 2)}`)),
    ...[...spike.memory].map(([name, mebibytes]) => compare(`memory-${name}`, "MiB", { value: mebibytes }, null, `at the spike's end; ${around((cost) => cost.memory.get(name), 0)}`)),
  ];
}
