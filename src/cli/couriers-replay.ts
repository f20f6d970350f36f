import { decideAgain, sumExpected, tellWeights, type DecidedAgain } from "../commands/shipping/choice/replay.js";
import type { Considered, Weights } from "../events/courier-decisions.js";
import { toDecimalString } from "../kernel/money.js";
import type { Logger } from "../platform/log/logger.js";
import type { NodeAddress } from "../platform/projector/node-address.js";
import { openReadNode, type OpenReadNode } from "../platform/projector/open-read-node.js";
import { readRows } from "../platform/projector/read-rows.js";
import type { CourierDecisionRow } from "../projections/shipping/courier-decision.projection.js";
import { courierDecisionTable } from "../projections/shipping/courier-decision.table.js";

export interface Replay {
  readonly nodes: readonly NodeAddress[];
  readonly logger: Logger;
  readonly weights: Weights;
  readonly orders: number;
  readonly currency: string;
  readonly print: (line: string) => void;
}

const pageRows = 500;

/** @returns the exit code: 1 where there is nothing to decide again */
export async function replayDecisions({ nodes: [address], logger, weights, orders, currency, print }: Replay): Promise<number> {
  if (!address) throw new Error("there is no read node");
  const node = await openReadNode({ ...address, poolSize: 1, logger });
  try {
    const rows = await lastOrders(node, orders);
    const again = rows.flatMap(({ decisions }) => {
      const last = decisions.findLast(({ chosen, currency: of }) => chosen !== null && of === currency);
      return (last && decideAgain(last, weights)) ?? [];
    });
    if (again.length === 0) {
      print("There is no decision yet that could be made again.");
      return 1;
    }
    for (const line of report(again, { parcels: rows.length, orders: new Set(rows.map(({ orderId }) => orderId)).size, weights, currency })) print(line);
    return 0;
  } finally {
    await node.close();
  }
}

/** The parcels of the orders that were decided last, newest first. */
async function lastOrders(node: OpenReadNode, orders: number): Promise<readonly CourierDecisionRow[]> {
  const found: CourierDecisionRow[] = [];
  const seen = new Set<string>();
  let after: readonly [string, string] | null = null;
  for (;;) {
    const page: readonly CourierDecisionRow[] = await readRows<CourierDecisionRow>(
      node, courierDecisionTable, after ? "courier_decisions_next" : "courier_decisions_last",
      `${after ? "WHERE (decided_at, shipment_id) < ($1::timestamptz, $2)" : ""} ORDER BY decided_at DESC, shipment_id DESC LIMIT ${String(pageRows)}`, after ?? [],
    );
    for (const row of page) {
      if (!seen.has(row.orderId) && seen.size === orders) return found;
      seen.add(row.orderId);
      found.push(row);
    }
    const last = page.at(-1);
    if (!last || page.length < pageRows) return found;
    after = [last.decidedAt, last.shipmentId];
  }
}

interface Said {
  readonly parcels: number;
  readonly orders: number;
  readonly weights: Weights;
  readonly currency: string;
}

function report(again: readonly DecidedAgain[], { parcels, orders, weights, currency }: Said): readonly string[] {
  const [before, after] = [again.map((one) => one.before), again.map((one) => one.after)];
  const [was, would] = [sumExpected(before), sumExpected(after)];
  const moved = again.filter((one) => one.before !== one.after);
  const tried = again.filter(({ explored }) => explored).length;
  const money = (minor: number): string => toDecimalString({ amountMinor: Math.round(minor), currency });
  const count = (value: number): string => value.toFixed(1);
  const line = (name: string, one: number, other: number, shown: (value: number) => string): string => (
    `${name.padEnd(28)}${shown(one).padStart(14)}${shown(other).padStart(14)}${signed(other - one, shown).padStart(14)}`
  );
  return [
    `${counted(again.length, "parcel")} of ${counted(orders, "order")} decided again, with ${tellWeights(weights)}`,
    ...(parcels > again.length ? [`${inThousands(parcels - again.length)} more found no courier then, and are left out`] : []),
    "",
    `${"".padEnd(28)}${"as it was".padStart(14)}${"it would be".padStart(14)}${"change".padStart(14)}`,
    line(`price, ${currency}`, was.priceMinor, would.priceMinor, money),
    line("days on the way", was.days, would.days, count),
    line("late parcels", was.late, would.late, count),
    line("days late", was.lateDays, would.lateDays, count),
    line("parcels lost or returned", was.failures, would.failures, count),
    line("failed bookings", was.bookingFailures, would.bookingFailures, count),
    "",
    `${counted(moved.length, "parcel")} (${(100 * moved.length / again.length).toFixed(1)} %) would have gone elsewhere; ${inThousands(tried)} had gone where they went to try somebody out`,
    ...byCourier(before, after),
    "",
    "All but the number of parcels are expectations of the moment when each parcel was decided, not what became of it.",
  ];
}

function byCourier(before: readonly Considered[], after: readonly Considered[]): readonly string[] {
  const ids = [...new Set([...before, ...after].map(({ courierId }) => courierId))].sort();
  const countOf = (parcels: readonly Considered[], id: string): number => parcels.filter(({ courierId }) => courierId === id).length;
  return ids.map((id) => {
    const [was, would] = [countOf(before, id), countOf(after, id)];
    return `  ${id.padEnd(26)}${inThousands(was).padStart(14)}${inThousands(would).padStart(14)}${signed(would - was, inThousands).padStart(14)}`;
  });
}

function signed(change: number, shown: (value: number) => string): string {
  return change > 0 ? `+${shown(change)}` : shown(change);
}

function counted(count: number, what: string): string {
  return `${inThousands(count)} ${what}${count === 1 ? "" : "s"}`;
}

function inThousands(value: number): string {
  return value.toLocaleString("en");
}
