import type { Pool } from "pg";
import { defineConsumer } from "../../kernel/consumer.js";
import type { CommandBus } from "../../platform/bus/command-bus.js";
import { batchedRead } from "../../platform/jobs/batched-read.js";
import type { JobHandler } from "../../platform/jobs/job-handler.js";
import { isWorthAWord, noticeOf, type Label, type ToldEvent } from "./notice-of.js";
import { recordNotice } from "./record-notice.js";

/** What a buyer hears of, in the order in which it was written: nobody is told of a delivery before the parcel has left. */
export const noticesConsumer = defineConsumer<ToldEvent>({
  queue: "notices.record",
  on: [
    "OrderPlaced", "OrderPaid", "OrderReinstated", "OrderPaymentDeclined", "OrderParcelShipped", "OrderParcelDelivered", "OrderDelivered", "OrderPutOnHold",
    "OrderResumed", "OrderLinesCancelled", "OrderCancelled", "OrderParcelReturning", "OrderReturnRequested", "OrderReturnInspected",
    "PaymentRefunded", "ShipmentTracked", "ShipmentDelayed",
  ],
  fifo: true,
  when: isWorthAWord,
});

/** One notice for each event. */
export function noticesHandler({ bus, pool }: { readonly bus: CommandBus; readonly pool: Pool }): JobHandler<ToldEvent> {
  const labelOf = labelReader(pool);
  return async ({ eventId, recordedAt, event }) => {
    const label = event.type === "OrderParcelShipped" ? await labelOf(event.shipmentId) : null;
    await bus.execute(
      recordNotice, { orderId: event.orderId, ...noticeOf(event, label), causeEventId: eventId, happenedAt: recordedAt },
      { actor: { role: "system", id: noticesConsumer.queue }, idempotencyKey: eventId, causationId: eventId },
    );
  };
}

/** Labels of parcels, by the events of their booking; those of a batch of jobs are one query. */
function labelReader(pool: Pool): (shipmentId: string) => Promise<Label | null> {
  const loader = batchedRead<string, Label | null>(async (streamIds) => {
    const { rows } = await pool.query<Label & { streamId: string }>({
      name: "notices_labels",
      text: `SELECT stream_id AS "streamId", data->>'courierId' AS "courierId", data->>'trackingCode' AS "trackingCode" FROM event_log
             WHERE stream_id = ANY($1::text[]) AND type = 'ShipmentBooked'`,
      values: [streamIds],
    });
    const labels = new Map(rows.map(({ streamId, courierId, trackingCode }) => [streamId, { courierId, trackingCode }]));
    return streamIds.map((streamId) => labels.get(streamId) ?? null);
  });
  return (shipmentId) => loader.load(`shipment-${shipmentId}`);
}
