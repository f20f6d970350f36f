import type { PaymentDeclined, PaymentEvent } from "../../events/payments.js";
import type { ReturnCause, ReturnRefund } from "../../events/order-returns.js";
import type { ShipmentEvent, ShipmentTracked } from "../../events/shipping.js";
import { defineConsumer, type EventJob } from "../../kernel/consumer.js";
import { Refusal } from "../../kernel/refusal.js";
import type { AlertPort, AlertRequest } from "../../platform/alerts/alert-port.js";
import type { CommandBus, CommandEnvelope, CommandOutcome } from "../../platform/bus/command-bus.js";
import type { Json } from "../../kernel/json.js";
import type { JobHandler } from "../../platform/jobs/job-handler.js";
import { cancelOrder } from "./cancel-order.js";
import { confirmParcelBooked, confirmPayment, holdOrder, resumeOrder } from "./follow-order.js";
import { advanceParcel, noteParcelFound, noteParcelLost, type ParcelNews } from "./follow-parcel.js";
import { noteDecline } from "./note-decline.js";

type News = PaymentEvent | ShipmentEvent;
type Outcome = CommandOutcome<Json> | null;

/** Payments and parcels report; the order moves. The order of arrival does not matter: its decider knows what is new. */
export const orderProcess = defineConsumer<News>({
  queue: "orders.process",
  on: [
    "PaymentAuthorized", "PaymentCaptured", "PaymentDeclined", "PaymentFailed", "PaymentDisputed", "PaymentDisputeClosed",
    "ShipmentBooked", "ShipmentTracked", "ShipmentImpossible", "ShipmentLost", "ShipmentReturnStarted",
  ],
  when: (event) => event.type !== "ShipmentTracked" || event.milestone !== null || event.lostAt !== undefined || isBack(event),
});

/** What a shop wants where nobody asks. */
export interface OrderPolicy {
  /** How long an order waits that no courier takes, before it is called off; 0 waits for a person. */
  readonly holdCallOffSeconds: number;
  /** When a parcel that comes back by itself is refunded. */
  readonly returnRefund: ReturnRefund;
}

const policyDefault: OrderPolicy = { holdCallOffSeconds: 0, returnRefund: "inspection" };

/** One command for each piece of news, its key that of the event; a scan may be two: that a lost parcel is there, and where. */
export function orderProcessHandler(bus: CommandBus, policy: Partial<OrderPolicy> = {}, alerts: AlertPort | null = null): JobHandler<News> {
  const desk: Desk = { bus, policy: { ...policyDefault, ...policy }, alerts };
  return async (job) => {
    const envelope: CommandEnvelope = {
      actor: { role: "system", id: "orders.process" }, idempotencyKey: job.eventId, causationId: job.eventId,
    };
    const outcome = await command(desk, job, envelope);
    if (outcome?.refusal) throw new Refusal(outcome.refusal.code, outcome.refusal.message, outcome.refusal.field);
  };
}

interface Desk {
  readonly bus: CommandBus;
  readonly policy: OrderPolicy;
  readonly alerts: AlertPort | null;
}

async function command(desk: Desk, { event, recordedAt }: EventJob<News>, envelope: CommandEnvelope): Promise<Outcome> {
  const { bus, policy: { holdCallOffSeconds } } = desk;
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
      return tracked(desk, event, envelope);
    case "ShipmentLost":
      return bus.execute(noteParcelLost, { orderId, shipmentId: event.shipmentId }, envelope);
    case "ShipmentReturnStarted":
      return advance(desk, event, { milestone: "returning", cause: event.cause }, envelope);
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
    case "PaymentInquired":
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

/** A parcel that is coming back says so by `ShipmentReturnStarted`; its scans tell only that it has left, and that it is there. */
async function tracked(desk: Desk, event: ShipmentTracked, envelope: CommandEnvelope): Promise<Outcome> {
  const { orderId, shipmentId, milestone, lostAt } = event;
  if (lostAt !== undefined) {
    const found = await desk.bus.execute(noteParcelFound, { orderId, shipmentId }, { ...envelope, idempotencyKey: `${envelope.idempotencyKey}:found` });
    if (found.refusal) return found;
  }
  if (isBack(event)) return advance(desk, event, { milestone: "back" }, envelope);
  return milestone === null ? null : advance(desk, event, { milestone: milestone === "delivered" ? "delivered" : "left" }, envelope);
}

async function advance(
  { bus, policy, alerts }: Desk, { orderId, shipmentId }: ShipmentEvent, news: { readonly milestone: ParcelNews; readonly cause?: ReturnCause }, envelope: CommandEnvelope,
): Promise<Outcome> {
  const outcome = await bus.execute(advanceParcel, { orderId, shipmentId, ...news, refund: policy.returnRefund }, envelope);
  const strayed = outcome.answer?.strayed ?? null;
  if (strayed !== null) await alerts?.raise(strayAlert(orderId, shipmentId, strayed));
  return outcome;
}

function strayAlert(orderId: string, shipmentId: string, strayed: "counted" | "uncounted"): AlertRequest {
  const units = strayed === "counted" ? "Its units are out of the stock until somebody has inspected the return."
    : "Some of its units were promised to others since, so that none is out of the stock: count them.";
  return {
    key: `parcel_left_unwanted:${shipmentId}`, severity: strayed === "counted" ? "warning" : "critical",
    message: `A parcel left after its order had been called off or packed anew. ${units}`, details: { orderId, shipmentId },
  };
}

/** The courier brought it back. */
function isBack({ status, reasonCode }: ShipmentTracked): boolean {
  return status === "return_to_sender" && reasonCode === "returned";
}

/** Counted from the refusal itself, as the delay of the job that ends it. */
function payBefore({ retrySeconds }: PaymentDeclined, recordedAt: string): string {
  return new Date(Date.parse(recordedAt) + retrySeconds * 1_000).toISOString();
}

function disputeOf({ disputeReference }: { readonly disputeReference: string }): string {
  return `disputed: ${disputeReference}`;
}
