import type { Pool } from "pg";
import type { PaymentEvent } from "../../events/payments.js";
import type { MismatchEvent } from "../../events/reconciliation.js";
import { fold } from "../../kernel/decider.js";
import { foldPayment, paymentStreamId, type Payment } from "../payments/payments.steps.js";
import type { OurSide } from "./compare-payments.js";
import { mismatchStream, type Mismatch } from "./mismatch.decider.js";

interface EventRow {
  readonly stream_id: string;
  readonly type: string;
  readonly data: object;
}

type Expected = NonNullable<OurSide["expected"]>;

/** By the log's unique index of streams and versions: never more of the log than what was asked for. */
const streamsSql = {
  name: "reconciliation_streams",
  text: "SELECT stream_id, type, data FROM event_log WHERE stream_id = ANY($1::text[]) ORDER BY stream_id, version",
};
const totalsSql = {
  name: "reconciliation_totals",
  text: `SELECT stream_id, (data->'totals'->>'totalMinor')::float8 AS "amountMinor", data->'totals'->>'currency' AS currency
         FROM event_log WHERE stream_id = ANY($1::text[]) AND version = 1 AND type = 'OrderPlaced'`,
};

/** What the primary holds of these payments now; payments that were never heard of are absent. */
export async function readPayments(pool: Pool, paymentIds: readonly string[]): Promise<ReadonlyMap<string, Payment>> {
  const streams = await readStreams<PaymentEvent>(pool, paymentIds.map(paymentStreamId));
  return new Map(paymentIds.flatMap((paymentId) => {
    const events = streams.get(paymentStreamId(paymentId));
    return events ? [[paymentId, foldPayment(events)] as const] : [];
  }));
}

/** What these orders cost; orders that there are not are absent. */
export async function readTotals(pool: Pool, orderIds: readonly string[]): Promise<ReadonlyMap<string, Expected>> {
  const streamIds = orderIds.map((orderId) => `order-${orderId}`);
  const { rows } = await pool.query<Expected & { readonly stream_id: string }>({ ...totalsSql, values: [streamIds] });
  return new Map(rows.map(({ stream_id, amountMinor, currency }) => [stream_id.slice("order-".length), { amountMinor, currency }]));
}

/** Where these mismatches stand; those that were never found are absent. */
export async function readMismatches(pool: Pool, mismatchIds: readonly string[]): Promise<ReadonlyMap<string, Mismatch>> {
  const streams = await readStreams<MismatchEvent>(pool, mismatchIds.map((id) => mismatchStream.streamId(id)));
  return new Map(mismatchIds.flatMap((id) => {
    const events = streams.get(mismatchStream.streamId(id));
    return events ? [[id, fold(mismatchStream.decider, events)] as const] : [];
  }));
}

/** The place of the last event; what was recorded until now is at or before it. Decimal. */
export async function readHead(pool: Pool): Promise<string> {
  const { rows: [row] } = await pool.query<{ position: string }>("SELECT coalesce(max(position), 0)::text AS position FROM event_log");
  return row?.position ?? "0";
}

async function readStreams<Event>(pool: Pool, streamIds: readonly string[]): Promise<ReadonlyMap<string, readonly Event[]>> {
  const { rows } = await pool.query<EventRow>({ ...streamsSql, values: [streamIds] });
  const streams = new Map<string, Event[]>();
  for (const { stream_id, type, data } of rows) {
    const event = { type, ...data } as Event;
    const known = streams.get(stream_id);
    if (known) known.push(event);
    else streams.set(stream_id, [event]);
  }
  return streams;
}
