import type { Pool } from "pg";
import type { OrderCancelled, OrderEvent, OrderTotals } from "../../events/orders.js";
import type { PaymentMethod } from "../../events/payments.js";
import { batchedRead } from "../../platform/jobs/batched-read.js";

/** What an order's own facts say to those who take its money. Amounts in minor units. */
export interface OrderFacts {
  readonly orderId: string;
  readonly method: PaymentMethod;
  readonly currency: string;
  /** Fixed when it was placed: what is charged. */
  readonly totalMinor: number;
  readonly calledOff: boolean;
  /** Whose doing it was, where it was called off. */
  readonly cause: OrderCancelled["cause"] | null;
  /** Lines that were called off, in order. */
  readonly cancelledLines: readonly CancelledLines[];
  /** What is owed, by the order's facts up to that version of its stream; by all of them without one. */
  owedMinor(version?: number): number;
}

export interface CancelledLines {
  readonly eventId: string;
  readonly revertedMinor: number;
}

interface FactRow {
  stream_id: string;
  version: number;
  event_id: string;
  type: OrderEvent["type"];
  totals: OrderTotals | null;
  method: PaymentMethod | null;
  cause: OrderCancelled["cause"] | null;
  delta: string | null;
}

// Lines are left where they are: those of a large order are many kilobytes.
const factsSql = {
  name: "payments_order_facts",
  text: `SELECT stream_id, version, event_id, type, data->'totals' AS totals, data->>'method' AS method, data->>'cause' AS cause,
           CASE WHEN type = 'OrderReinstated' THEN (data->>'owedMinor')::bigint ELSE -(data->>'revertedMinor')::bigint END::text AS delta
         FROM event_log WHERE stream_id = ANY($1::text[])
         AND type IN ('OrderPlaced', 'OrderCancelled', 'OrderReinstated', 'OrderLinesCancelled', 'OrderReturnArrived', 'OrderReturnInspected')
         ORDER BY stream_id, version`,
};

export type OrderFactsReader = (orderId: string) => Promise<OrderFacts | null>;

/** Reads from the primary what stands of orders now; null where there is none. Asked by a batch of jobs at once, it is one query. */
export function orderFactsReader(pool: Pool): OrderFactsReader {
  const loader = batchedRead<string, OrderFacts | null>(async (orderIds) => {
    const { rows } = await pool.query<FactRow>({ ...factsSql, values: [[...new Set(orderIds.map(streamOf))]] });
    const byStream = Map.groupBy(rows, ({ stream_id }) => stream_id);
    return orderIds.map((orderId) => factsOf(orderId, byStream.get(streamOf(orderId)) ?? []));
  });
  return (orderId) => loader.load(orderId);
}

function streamOf(orderId: string): string {
  return `order-${orderId}`;
}

function factsOf(orderId: string, rows: readonly FactRow[]): OrderFacts | null {
  const placed = rows.find(({ type }) => type === "OrderPlaced");
  if (!placed?.totals) return null;
  const { totalMinor, currency } = placed.totals;
  const last = rows.findLast(({ type }) => type === "OrderCancelled" || type === "OrderReinstated");
  const calledOff = last?.type === "OrderCancelled";
  return {
    orderId, currency, totalMinor, method: placed.method ?? "CARD", calledOff, cause: calledOff ? last.cause : null,
    cancelledLines: rows.filter(({ type }) => type === "OrderLinesCancelled").map(({ event_id, delta }) => ({ eventId: event_id, revertedMinor: -Number(delta ?? 0) })),
    owedMinor: (version = Infinity) => rows.filter((row) => row.version <= version).reduce((owed, { delta }) => owed + Number(delta ?? 0), totalMinor),
  };
}
