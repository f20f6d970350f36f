import type { OrderReturnArrived } from "../../events/order-returns.js";
import type { OrderCancelled, OrderLinesCancelled, OrderPaymentUnwanted, OrderReturnInspected } from "../../events/orders.js";
import { defineConsumer, type EventJob } from "../../kernel/consumer.js";
import { Undecided } from "../../kernel/undecided.js";
import { readState } from "../../platform/jobs/event-reader.js";
import type { JobHandler } from "../../platform/jobs/job-handler.js";
import { methodOf } from "./charge.job.js";
import type { OrderFacts } from "./order-facts.reader.js";
import { PaymentDesk, type Cause, type PaymentJobs } from "./payment-desk.process.js";
import { paymentStream, type Payment } from "./payment.decider.js";
import { paymentIdOf } from "./record-payment.js";

type GiveBackCause = OrderCancelled | OrderPaymentUnwanted | OrderLinesCancelled | OrderReturnArrived | OrderReturnInspected;

export const giveBackConsumer = defineConsumer<GiveBackCause>({
  queue: "payments.give-back",
  on: ["OrderCancelled", "OrderPaymentUnwanted", "OrderLinesCancelled", "OrderReturnArrived", "OrderReturnInspected"],
});

/** Gives back what is no longer owed: what was only set aside is let go, what was taken is refunded by a job of its own. */
export function giveBackHandler(jobs: PaymentJobs): JobHandler<GiveBackCause> {
  const desk = new PaymentDesk(jobs);
  return async (job) => {
    const { event: { orderId }, eventId } = job;
    const paymentId = paymentIdOf(orderId);
    const cause = { queue: giveBackConsumer.queue, id: eventId };
    const facts = await desk.facts(orderId);
    if (!facts) throw new Error(`there is no order ${orderId}`);
    let payment = await readState(jobs.pool, paymentStream, paymentId);
    if (payment.status === "UNKNOWN") {
      await desk.ask(jobs.providers.of(methodOf(payment, facts)), payment, facts, paymentId, cause);
      payment = await readState(jobs.pool, paymentStream, paymentId);
    }
    await giveBack(desk, job, facts, payment, cause);
  };
}

async function giveBack(desk: PaymentDesk, { event, eventId }: EventJob<GiveBackCause>, facts: OrderFacts, payment: Payment, cause: Cause): Promise<void> {
  const { orderId } = event;
  const paymentId = paymentIdOf(orderId);
  const request = { eventId, keepMinor: facts.owedMinor() };
  switch (event.type) {
    case "OrderCancelled":
      // Money that nobody knew of then is the order's to judge: it may be reinstated, or does not want it.
      if (event.refundPaymentId === null) return;
      await giveAllBack(desk, facts, payment, cause);
      return desk.requestRefund(paymentId, orderId, { ...request, keepMinor: 0, amountMinor: "all", cause: "ORDER_CANCELLED", reason: event.reason }, cause);
    case "OrderPaymentUnwanted":
      await giveAllBack(desk, facts, payment, cause);
      return desk.requestRefund(paymentId, orderId, { ...request, keepMinor: 0, amountMinor: "all", cause: "UNWANTED", reason: "the order had been cancelled" }, cause);
    case "OrderLinesCancelled":
      // What is not captured yet: either less is captured, or whoever records the capture gives these back.
      if (payment.capturedMinor === 0) return;
      return desk.requestRefund(paymentId, orderId, { ...request, amountMinor: event.revertedMinor, cause: "LINES_CANCELLED", reason: event.reason }, cause);
    case "OrderReturnArrived":
    case "OrderReturnInspected":
      if (event.revertedMinor === 0) return;
      // Cash that was not handed over: whoever records it takes what is owed by then.
      if (payment.capturedMinor === 0 && !awaitsCapture(desk, payment)) return;
      if (payment.capturedMinor === 0) throw new Undecided("TOO_EARLY", "The money for what came back is not captured yet; repeat in a moment.");
      return desk.requestRefund(paymentId, orderId, { ...request, amountMinor: event.revertedMinor, cause: "RETURNED", reason: `return ${event.returnId}` }, cause);
  }
}

/** Whether a card's money is on its way; what was let go, or comes by hand, is not. */
function awaitsCapture({ jobs }: PaymentDesk, { status, provider }: Payment): boolean {
  return status !== "FAILED" && (provider === null || provider === jobs.providers.of("CARD").name);
}

async function giveAllBack(desk: PaymentDesk, facts: OrderFacts, payment: Payment, cause: Cause): Promise<void> {
  if (payment.status === "UNKNOWN") throw new Undecided("TOO_EARLY", "Whether this payment was charged is not known yet; repeat in a moment.");
  await desk.letGo(payment, facts, "the order was called off", cause);
}
