import type { ShipmentReturnStarted, ShipmentTracked } from "../../../events/shipping.js";
import type { DeliveryInstruction } from "../../../gateways/couriers/courier-port.js";
import { defineConsumer } from "../../../kernel/consumer.js";
import { GatewayError } from "../../../platform/http-client/gateway-error.js";
import { readState } from "../../../platform/jobs/event-reader.js";
import type { JobHandler } from "../../../platform/jobs/job-handler.js";
import { moveShipment } from "../shipment/record-shipment.js";
import { shipmentStream } from "../shipment/shipment.decider.js";
import type { TrackingJobs } from "./parcel-news.job.js";
import { afterFailure } from "./delivery-policy.js";

export type FailureJob = Pick<TrackingJobs, "bus" | "pool" | "alerts" | "couriers"> & {
  /** So many times a parcel is brought to the door before it is called back. */
  readonly attemptsMax: number;
};

export const deliveryFailedConsumer = defineConsumer<ShipmentTracked>({
  queue: "shipping.delivery-failed",
  on: ["ShipmentTracked"],
  when: ({ milestone }) => milestone === "failure",
});

/** What the courier says of itself it need not be told. */
export const returnConsumer = defineConsumer<ShipmentReturnStarted>({
  queue: "shipping.return",
  on: ["ShipmentReturnStarted"],
  when: ({ cause }) => cause !== "courier",
});

/** A parcel that could not be given to its buyer is brought again, called back or given up, by the shop's policy. */
export function deliveryFailedHandler(job: FailureJob): JobHandler<ShipmentTracked> {
  return async ({ eventId, recordedAt, event }) => {
    const { shipmentId, orderId, occurredAt, reasonCode, failures = 1, currentStatus } = event;
    // Told late: by later news the courier is at it again, and knows best.
    if (currentStatus !== "failure") return;
    const step = afterFailure({ reasonCode, failures }, job.attemptsMax);
    if (step === "wait") return;
    if (step === "redeliver") return instruct(job, { orderId, shipmentId }, "redeliver", `redeliver:${shipmentId}:${String(failures)}`);
    await job.bus.execute(moveShipment, {
      orderId, shipmentId,
      step: step === "lost" ? { type: "DeclareLost", lastNewsAt: occurredAt, lostAt: recordedAt } : { type: "StartReturn", cause: "failures" },
    }, { actor: { role: "system", id: deliveryFailedConsumer.queue }, idempotencyKey: eventId, causationId: eventId });
    if (step !== "lost") return;
    await job.alerts.raise({
      key: `parcel_lost:${shipmentId}`, severity: "warning", message: "The courier says that it has lost a parcel; claim it.",
      details: { orderId, shipmentId, courierId: event.courierId },
    });
  };
}

/** The courier is told to bring a parcel back. */
export function returnHandler(job: FailureJob): JobHandler<ShipmentReturnStarted> {
  return async ({ event: { orderId, shipmentId } }) => instruct(job, { orderId, shipmentId }, "return", `return:${shipmentId}`);
}

async function instruct(job: FailureJob, ids: { readonly orderId: string; readonly shipmentId: string }, instruction: DeliveryInstruction, key: string): Promise<void> {
  const { bookingReference, courierId, status, trackingCode } = await readState(job.pool, shipmentStream, ids.shipmentId);
  // While this waited the courier may have come to an end with it by itself.
  if (status === "return_to_sender" || (status === "delivered" && instruction === "redeliver")) return;
  const courier = job.couriers.courier(courierId);
  const told = await courier?.instruct?.({ bookingReference, instruction, idempotencyKey: key }).catch(refusedAsUnsupported);
  if (told?.kind === "accepted") return;
  await job.alerts.raise({
    key: `parcel_to_${instruction}:${ids.shipmentId}`, severity: "warning",
    message: instruction === "return"
      ? "A parcel is to come back, and its courier takes no such word from a program; call it and arrange the return."
      : "A parcel is to be brought again, and its courier takes no such word from a program; call it and arrange another delivery.",
    details: { ...ids, courierId, trackingCode, answer: told?.kind ?? "unsupported" },
  });
}

/** What is refused for good a person has to arrange; what may yet be taken is tried again. */
function refusedAsUnsupported(error: unknown): { readonly kind: "unsupported" } {
  if (error instanceof GatewayError && error.kind === "rejected") return { kind: "unsupported" };
  throw error;
}
