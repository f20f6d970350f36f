import type { PaymentEvent } from "../../events/payments.js";
import type { ShipmentEvent } from "../../events/shipping.js";
import { defineConsumer } from "../../kernel/consumer.js";
import { Refusal } from "../../kernel/refusal.js";
import type { CommandBus, CommandEnvelope, CommandOutcome } from "../../platform/bus/command-bus.js";
import type { Json } from "../../kernel/json.js";
import type { JobHandler } from "../../platform/jobs/job-handler.js";
import { cancelOrder } from "./cancel-order.js";
import { advanceParcel, confirmParcelBooked, confirmPayment, holdOrder } from "./follow-order.js";

type News = PaymentEvent | ShipmentEvent;

/** Payments and parcels report; the order moves. The order of arrival does not matter: its decider knows what is new. */
export const orderProcess = defineConsumer<News>({
  queue: "orders.process",
  on: ["PaymentCaptured", "PaymentFailed", "ShipmentBooked", "ShipmentTracked", "ShipmentImpossible"],
  when: (event) => event.type !== "ShipmentTracked" || event.milestone !== null,
});

/** One command for each piece of news, its key that of the event. */
export function orderProcessHandler(bus: CommandBus): JobHandler<News> {
  return async ({ eventId, event }) => {
    const envelope: CommandEnvelope = {
      actor: { role: "system", id: "orders.process" }, idempotencyKey: eventId, causationId: eventId,
    };
    const outcome = await command(bus, event, envelope);
    if (outcome?.refusal) throw new Refusal(outcome.refusal.code, outcome.refusal.message, outcome.refusal.field);
  };
}

async function command(bus: CommandBus, event: News, envelope: CommandEnvelope): Promise<CommandOutcome<Json> | null> {
  switch (event.type) {
    case "PaymentCaptured":
      return bus.execute(confirmPayment, { orderId: event.orderId, paymentId: event.paymentId }, envelope);
    case "PaymentFailed":
      return bus.execute(cancelOrder, { orderId: event.orderId, reason: `payment failed: ${event.code}` }, envelope);
    case "ShipmentBooked": {
      const { orderId, shipmentId, lines, parcelCount } = event;
      return bus.execute(confirmParcelBooked, { orderId, shipmentId, lines, parcelCount }, envelope);
    }
    case "ShipmentTracked":
      if (event.milestone === null) return null;
      return bus.execute(advanceParcel, { orderId: event.orderId, shipmentId: event.shipmentId, milestone: event.milestone }, envelope);
    case "ShipmentImpossible":
      return bus.execute(holdOrder, { orderId: event.orderId, reason: event.reason }, envelope);
    case "PaymentRefunded":
    case "ShipmentCancelled":
      return null;
  }
}

