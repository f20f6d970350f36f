import type { ShipmentSurplusFound } from "../../events/shipping.js";
import type { GuardedCourier } from "../../gateways/couriers/guarded-courier.js";
import { defineConsumer } from "../../kernel/consumer.js";
import { GatewayError } from "../../platform/http-client/gateway-error.js";
import type { JobHandler } from "../../platform/jobs/job-handler.js";
import { comeBack } from "./booking-call.process.js";
import { CourierDesk, isUnknown, labelsBeside, type ShippingJobs } from "./courier-desk.process.js";

export const voidSurplusConsumer = defineConsumer<ShipmentSurplusFound>({ queue: "shipping.void-surplus", on: ["ShipmentSurplusFound"] });

/** Labels of one shipment that a courier is asked for in one attempt: a sound one has one. */
const labelsMax = 5;

/** Calls off a label that a parcel has beside its own, until its courier says that it is gone, or that a parcel has left with it. */
export function voidSurplusHandler(jobs: ShippingJobs): JobHandler<ShipmentSurplusFound> {
  const desk = new CourierDesk(jobs);
  return async ({ eventId, event: { orderId, shipmentId, attempt, courierId, bookingReference } }) => {
    const { shipment: { attempts } } = await desk.parcel(shipmentId);
    if (attempts.find((one) => one.attempt === attempt)?.state !== "surplus") return;
    const others = attempts.filter((one) => one.courierId === courierId && one.attempt !== attempt);
    // The label may turn out to be that one's, and the parcel's own.
    if (others.some(({ state }) => state === "open" || state === "in_doubt")) throw comeBack(1, `${courierId} has still to say what came of another call for parcel ${shipmentId}`);
    const outcome = await callOff(await desk.courier(courierId), shipmentId, bookingReference, labelsBeside(attempts, attempt));
    if (outcome === "left") {
      await jobs.alerts.raise({
        key: `two_labels_left:${shipmentId}`, severity: "critical",
        message: "A label too many left before it was called off: two parcels may travel for one, or an empty label; ask the courier.",
        details: { orderId, shipmentId, courierId, bookingReference },
      });
    }
    await desk.move({ orderId, shipmentId, queue: voidSurplusConsumer.queue, causationId: eventId }, { type: "SettleAttempt", attempt, outcome });
  };
}

/** @param known labels of other attempts: one of them may be the parcel's own @throws GatewayError where the label may still be good: it is tried again */
async function callOff(courier: GuardedCourier, shipmentId: string, first: string, known: ReadonlySet<string>): Promise<"voided" | "left"> {
  let bookingReference = first;
  for (let label = 0; label < labelsMax; label += 1) {
    const isGone = await cancelOrAsk(courier, shipmentId, bookingReference, known);
    if (!isGone) return "left";
    const other = await courier.find(shipmentId, known).catch((error: unknown) => {
      if (isUnknown(error)) return null; // a courier that cannot be asked made one label for one key
      throw error;
    });
    if (other === null) return "voided";
    ({ bookingReference } = other);
  }
  throw new Error(`${courier.id} has more and more labels of ${shipmentId}`);
}

/** A courier that refuses may have called it off before: then it does not find it any more. @returns false where it has left */
async function cancelOrAsk(courier: GuardedCourier, shipmentId: string, bookingReference: string, known: ReadonlySet<string>): Promise<boolean> {
  try {
    return (await courier.cancel({ bookingReference, idempotencyKey: `void:${bookingReference}` })).kind === "cancelled";
  } catch (error) {
    if (!(error instanceof GatewayError) || error.kind !== "rejected") throw error;
    const live = await courier.find(shipmentId, known).catch(() => undefined);
    if (live !== null) throw error;
    return true;
  }
}
