import type { OrderEvent } from "../../events/orders.js";
import type { DomainEvent, RecordedEvent } from "../../kernel/event.js";
import { jobIdFor } from "../../kernel/ids.js";
import type { AnyProjection, Projection, Rows } from "../../kernel/projection.js";
import type { PrimaryReader } from "../../platform/http/request-context.js";
import { decodeEvent, type EventLogRow } from "../../platform/projector/event-row.js";
import { RowBatch, type AnyRow } from "../../platform/projector/row-batch.js";
import { reservationCard } from "../../projections/inventory/reservation-card.projection.js";
import { ledgerEntry } from "../../projections/ledger/ledger-entry.projection.js";
import { orderCard } from "../../projections/orders/order-card.projection.js";
import { paymentCard } from "../../projections/payments/payment-card.projection.js";
import { shipmentCard } from "../../projections/shipping/shipment-card.projection.js";
import { pictureOf, streamFacts, type OrderPicture } from "./invariant-picture.js";

/** What the primary itself says of an order. */
export interface Truth {
  readonly picture: OrderPicture;
  /** Something is still to be done for it, or failed for good and waits for a person. */
  readonly underWay: boolean;
}

/**
 * Folds an order's streams anew from the primary's log, and looks whether anything works for it. A few reads by primary key
 * for one order: asked only where a node's rows look wrong.
 * @param paymentId the id that the order's payment has, whether or not anything is known of it
 */
export async function readTruth(primary: PrimaryReader, suspect: OrderPicture, paymentId: string): Promise<Truth> {
  const { orderId } = suspect;
  const orderEvents = await readStreams(primary, [`order-${orderId}`]);
  const facts = streamFacts(orderEvents.map(({ event }) => event as OrderEvent));
  const named = orderEvents.flatMap(({ event }) => ("shipmentId" in event && typeof event.shipmentId === "string" ? [event.shipmentId] : []));
  const reservationIds = [...suspect.reservations.map(({ reservationId }) => reservationId), ...(facts.reservationId === null ? [] : [facts.reservationId])];
  const others = await readStreams(primary, [...new Set([
    `payment-${paymentId}`, ...suspect.payments.map((payment) => `payment-${payment.paymentId}`),
    ...[...named, ...suspect.shipments.map(({ shipmentId }) => shipmentId)].map((id) => `shipment-${id}`), ...reservationIds.map((id) => `reservation-${id}`),
  ])]);
  const events = [...orderEvents, ...others];
  const picture = pictureOf(orderId, facts, {
    order: rowsOf(orderCard, orderEvents)[0] ?? null, payments: rowsOf(paymentCard, others), shipments: rowsOf(shipmentCard, others),
    reservations: rowsOf(reservationCard, others), ledger: rowsOf(ledgerEntry, events),
  });
  return { picture, underWay: await isUnderWay(primary, orderId, events.map(({ eventId }) => eventId)) };
}

async function readStreams(primary: PrimaryReader, streamIds: readonly string[]): Promise<RecordedEvent[]> {
  const rows = await primary.query<EventLogRow & { recorded_at: Date | string }>(
    `SELECT 0 AS arrival, position::text, event_id, stream_category, stream_id, version, type, schema_version, data, metadata, recorded_at
     FROM event_log WHERE stream_id = ANY($1::text[]) ORDER BY stream_id, version`, [streamIds]);
  return rows.map((row) => decodeEvent({ ...row, recorded_at: new Date(row.recorded_at).toISOString() }));
}

/** A projection's rows of these events, in memory. */
function rowsOf<Event extends DomainEvent, Row extends object>(projection: Projection<Event, Row>, events: readonly RecordedEvent[]): Row[] {
  const any = projection as AnyProjection;
  const batch = new RowBatch(any.key, []);
  for (const recorded of events) {
    const handler = any.on[recorded.event.type] as ((event: DomainEvent, rows: Rows<AnyRow>, recorded: RecordedEvent) => void) | "ignored" | undefined;
    if (!any.categories.includes(recorded.streamCategory) || typeof handler !== "function") continue;
    batch.begin(any.touches(recorded.event, recorded));
    handler(recorded.event, batch, recorded);
  }
  return batch.changes().put as Row[];
}

/** Jobs of events are found by their computed ids; what waits for the provider by the payment's case; dead letters are few. */
async function isUnderWay(primary: PrimaryReader, orderId: string, eventIds: readonly string[]): Promise<boolean> {
  const queues = await primary.query<{ name: string }>("SELECT name FROM pgboss.queue", []);
  const isDead = ({ name }: { readonly name: string }): boolean => name.endsWith(".dead");
  const jobs = queues.filter((queue) => !isDead(queue)).flatMap(({ name }) => eventIds.map((eventId) => ({ name, id: jobIdFor(eventId, name) })));
  const [row] = await primary.query<{ underWay: boolean }>(
    `SELECT EXISTS (SELECT FROM unnest($1::text[], $2::uuid[]) AS c (name, id) JOIN pgboss.job j ON j.name = c.name AND j.id = c.id WHERE j.state::text IN ('created', 'retry', 'active', 'failed'))
       OR EXISTS (SELECT FROM payment_case WHERE order_id = $3 AND ask_at IS NOT NULL)
       OR EXISTS (SELECT FROM pgboss.job WHERE name = ANY($4::text[]) AND data->>'correlationId' = $3 AND state::text IN ('created', 'retry', 'active', 'failed')) AS "underWay"`,
    [jobs.map(({ name }) => name), jobs.map(({ id }) => id), orderId, queues.filter(isDead).map(({ name }) => name)]);
  return row?.underWay === true;
}
