import type { OrderCancelled, OrderLinesCancelled, OrderShipmentUnwanted } from "../../events/orders.js";
import type { GuardedCourier } from "../../gateways/couriers/guarded-courier.js";
import { defineConsumer } from "../../kernel/consumer.js";
import { GatewayError } from "../../platform/http-client/gateway-error.js";
import type { JobHandler } from "../../platform/jobs/job-handler.js";
import { CourierDesk, type OfParcel, type ShippingJobs } from "./courier-desk.process.js";
import { leftStatuses, type Shipment } from "./shipment/shipment-state.js";

type CallOffCause = OrderCancelled | OrderLinesCancelled | OrderShipmentUnwanted;

export const callOffConsumer = defineConsumer<CallOffCause>({
  queue: "shipping.call-off",
  on: ["OrderCancelled", "OrderLinesCancelled", "OrderShipmentUnwanted"],
  when: (event) => event.type === "OrderShipmentUnwanted" || event.shipmentIds.length > 0,
});

/**
 * Calls parcels off at their courier: of a cancelled order, or of one that is packed anew. One that has left already comes back, and a label that is
 * not known yet is called off by its own news.
 */
export function callOffHandler(jobs: ShippingJobs): JobHandler<CallOffCause> {
  const desk = new CourierDesk(jobs);
  return async ({ eventId, event }) => {
    const { orderId } = event;
    const shipmentIds = event.type === "OrderShipmentUnwanted" ? [event.shipmentId] : event.shipmentIds;
    for (const shipmentId of shipmentIds) {
      const { shipment } = await desk.parcel(shipmentId);
      if (shipment.booking !== "booked") continue;
      await callOff(desk, { orderId, shipmentId, queue: callOffConsumer.queue, causationId: eventId }, shipment, reasonOf(event));
    }
  };
}

async function callOff(desk: CourierDesk, of: OfParcel, shipment: Shipment, reason: string): Promise<void> {
  const { courierId } = shipment;
  await desk.move(of, { type: "RequestVoid", reason });
  const outcome = await cancelOrAsk(await desk.courier(courierId), shipment);
  if (outcome === "cancelled") {
    await desk.move(of, { type: "RecordCancellation", reason });
    return;
  }
  const details = { orderId: of.orderId, shipmentId: of.shipmentId, courierId };
  if (outcome === "too_late") {
    await desk.jobs.alerts.raise({
      key: `parcel_left_after_cancel:${of.shipmentId}`, severity: "warning",
      message: "A parcel that was called off has left; arrange its return with the courier.", details,
    });
    await desk.move(of, { type: "RefuseVoid", code: outcome });
    await desk.move(of, { type: "StartReturn", cause: "left_after_cancellation" });
    return;
  }
  await desk.jobs.alerts.raise({
    key: `void_refused:${of.shipmentId}`, severity: "warning",
    message: "A courier does not call a label off; ask it to, and keep the parcel back.", details: { ...details, code: outcome },
  });
  await desk.move(of, { type: "RefuseVoid", code: outcome });
}

/**
 * Cancels with the same key each time. What is refused may have been done before, when its answer was lost: the courier is asked.
 * @returns `cancelled`, `too_late`, or the code of a courier that keeps the label @throws GatewayError where nobody knows: it is tried again
 */
async function cancelOrAsk(courier: GuardedCourier, shipment: Shipment): Promise<string> {
  const { shipmentId, bookingReference } = shipment;
  try {
    return (await courier.cancel({ bookingReference, idempotencyKey: `cancel:${shipmentId}` })).kind;
  } catch (error) {
    if (!(error instanceof GatewayError) || error.kind !== "rejected") throw error;
    return await askAfter(courier, shipment) ?? error.code ?? error.kind;
  }
}

/** @returns null where the label is as good as before */
async function askAfter(courier: GuardedCourier, { shipmentId, bookingReference, trackingCode, attempts }: Shipment): Promise<"cancelled" | "too_late" | null> {
  const rejectedAs = <Value>(value: Value) => (error: unknown): Value => {
    if (error instanceof GatewayError && error.kind === "rejected") return value;
    throw error;
  };
  const others = new Set(attempts.flatMap((one) => one.bookingReference ?? []).filter((reference) => reference !== bookingReference));
  if (await courier.find(shipmentId, others).catch(rejectedAs(undefined)) === null) return "cancelled";
  const scans = await courier.track(trackingCode).catch(rejectedAs([]));
  if (scans.some(({ status }) => leftStatuses.has(status))) return "too_late";
  return scans.at(-1)?.status === "cancelled" ? "cancelled" : null;
}

function reasonOf({ type }: CallOffCause): string {
  switch (type) {
    case "OrderCancelled": return "the order was cancelled";
    case "OrderLinesCancelled": return "the order is packed anew";
    case "OrderShipmentUnwanted": return "the order was cancelled, or is packed anew";
  }
}
