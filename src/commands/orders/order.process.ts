import type { PaymentDeclined, PaymentEvent } from "../../events/payments.js";
import type { ShipmentEvent } from "../../events/shipping.js";
import { defineConsumer, type EventJob } from "../../kernel/consumer.js";
import { Refusal } from "../../kernel/refusal.js";
import type { CommandBus, CommandEnvelope, CommandOutcome } from "../../platform/bus/command-bus.js";
import type { Json } from "../../kernel/json.js";
import type { JobHandler } from "../../platform/jobs/job-handler.js";
import { cancelOrder } from "./cancel-order.js";
import { advanceParcel, confirmParcelBooked, confirmPayment, holdOrder, resumeOrder } from "./follow-order.js";
import { noteDecline } from "./note-decline.js";

type News = PaymentEvent | ShipmentEvent;
type Outcome = CommandOutcome<Json> | null;

/** Payments and parcels report; the order moves. The order of arrival does not matter: its decider knows what is new. */
export const orderProcess = defineConsumer<News>({
  queue: "orders.process",
  on: [
    "PaymentAuthorized", "PaymentCaptured", "PaymentDeclined", "PaymentFailed", "PaymentDisputed", "PaymentDisputeClosed",
    "ShipmentBooked", "ShipmentTracked", "ShipmentImpossible",
  ],
  when: (event) => event.type !== "ShipmentTracked" || event.milestone !== null,
});

/**
 * One command for each piece of news, its key that of the event.
 * @param holdCallOffSeconds how long an order waits that no courier takes, before it is called off; 0 waits for a person
 */
export function orderProcessHandler(bus: CommandBus, holdCallOffSeconds = 0): JobHandler<News> {
  return async (job) => {
    const envelope: CommandEnvelope = {
      actor: { role: "system", id: "orders.process" }, idempotencyKey: job.eventId, causationId: job.eventId,
    };
    const outcome = await command(bus, job, envelope, holdCallOffSeconds);
    if (outcome?.refusal) throw new Refusal(outcome.refusal.code, outcome.refusal.message, outcome.refusal.field);
  };
}

async function command(bus: CommandBus, { event, recordedAt }: EventJob<News>, envelope: CommandEnvelope, holdCallOffSeconds: number): Promise<Outcome> {
  const { orderId } = event;
  switch (event.type) {
    case "PaymentAuthorized":
      return confirm(bus, { orderId, paymentId: event.paymentId, authorized: true }, envelope);
    case "PaymentCaptured":
      return confirm(bus, { orderId, paymentId: event.paymentId }, envelope);
    case "PaymentDeclined":
      return bus.execute(noteDecline, { orderId, paymentId: event.paymentId, attempt: event.attempt, code: event.code, payBefore: payBefore(event, recordedAt) }, envelope);
    case "PaymentFailed":
      return bus.execute(cancelOrder, { orderId, reason: `payment failed: ${event.code}`, cause: "payment", onlyWhileUnpaid: true, hopeless: true }, envelope);
    case "PaymentDisputed":
      return bus.execute(holdOrder, { orderId, reason: disputeOf(event), overMoney: true }, envelope);
    case "PaymentDisputeClosed":
      // One that was lost leaves the order waiting: a person decides what becomes of it.
      if (event.outcome === "lost") return null;
      return bus.execute(resumeOrder, { orderId, reason: "the dispute was won", onlyIfHeldFor: disputeOf(event) }, envelope);
    case "ShipmentBooked": {
      const { shipmentId, lines, parcelCount, packing = 1 } = event;
      return bus.execute(confirmParcelBooked, { orderId, shipmentId, lines, parcelCount, packing }, envelope);
    }
    case "ShipmentTracked":
      if (event.milestone === null) return null;
      return bus.execute(advanceParcel, { orderId, shipmentId: event.shipmentId, milestone: event.milestone === "delivered" ? "delivered" : "left" }, envelope);
    case "ShipmentImpossible":
      return bus.execute(holdOrder, {
        orderId, reason: event.reason, packing: event.packing ?? 1, ...(holdCallOffSeconds > 0 ? { callOffAfterSeconds: holdCallOffSeconds } : {}),
      }, envelope);
    case "PaymentAwaited":
    case "PaymentFeeTold":
    case "PaymentRetried":
    case "PaymentUnknown":
    case "PaymentVoided":
    case "PaymentRefunded":
    case "PaymentCapturedTwice":
    case "PaymentNewsSetAside":
    case "RefundRequested":
    case "RefundFailed":
    case "RefundReversed":
    case "ShipmentCancelled":
    case "ShipmentDecided":
    case "ShipmentAttempted":
    case "ShipmentAttemptFailed":
    case "ShipmentAttemptSettled":
    case "ShipmentSurplusFound":
    case "ShipmentDelayed":
    case "ShipmentLabelKept":
    case "ShipmentHandedOver":
    case "ShipmentLost":
    case "ShipmentReturnStarted":
    case "ShipmentVoidRequested":
    case "ShipmentVoidRefused":
      return null;
  }
}

/** Money for an order that was called off takes its units again; where that is refused, the money goes back. */
async function confirm(bus: CommandBus, input: { readonly orderId: string; readonly paymentId: string; readonly authorized?: true }, envelope: CommandEnvelope): Promise<Outcome> {
  const outcome = await bus.execute(confirmPayment, input, envelope);
  if (!outcome.refusal) return outcome;
  return bus.execute(confirmPayment, { ...input, unwanted: true }, { ...envelope, idempotencyKey: `${envelope.idempotencyKey}:unwanted` });
}

/** Counted from the refusal itself, as the delay of the job that ends it. */
function payBefore({ retrySeconds }: PaymentDeclined, recordedAt: string): string {
  return new Date(Date.parse(recordedAt) + retrySeconds * 1_000).toISOString();
}

function disputeOf({ disputeReference }: { readonly disputeReference: string }): string {
  return `disputed: ${disputeReference}`;
}
