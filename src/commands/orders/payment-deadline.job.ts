import type { Pool } from "pg";
import type { OrderCancelled } from "../../events/orders.js";
import type { PaymentAwaited, PaymentDeclined, PaymentUnknown } from "../../events/payments.js";
import { defineConsumer } from "../../kernel/consumer.js";
import { newId } from "../../kernel/ids.js";
import { Refusal } from "../../kernel/refusal.js";
import { Undecided } from "../../kernel/undecided.js";
import type { CommandBus } from "../../platform/bus/command-bus.js";
import { readState } from "../../platform/jobs/event-reader.js";
import type { JobHandler } from "../../platform/jobs/job-handler.js";
import { paymentStream, stillWaits } from "../payments/payment-window.steps.js";
import { cancelOrder } from "./cancel-order.js";
import { orderStream } from "./order.decider.js";

/** Orders called off in one round. */
const roundMax = 100;

// An order's charge is a job until its outcome is known: what waits there for too long, or died there, is a payment that
// nobody knows of. An order that its buyer may still pay otherwise is not looked at: it would stand in the way of others.
const overdueSql = {
  name: "orders_payment_overdue",
  text: `SELECT j.data->>'correlationId' AS order_id FROM pgboss.job j
         WHERE j.name = 'payments.charge' AND j.state IN ('created', 'retry', 'active', 'failed') AND j.created_on < clock_timestamp() - $1 * interval '1 second'
         AND NOT EXISTS (SELECT FROM event_log e WHERE e.stream_id = 'order-' || (j.data->>'correlationId') AND (e.type IN ('OrderCancelled', 'OrderPaid')
           OR (e.type = 'OrderPaymentDeclined' AND (e.data->>'payBefore')::timestamptz > clock_timestamp())))
         ORDER BY j.created_on LIMIT $2`,
};

/**
 * Calls orders off whose payment is not known by its deadline, so that their units are not held for ever. Money that
 * comes all the same takes the units again or goes back, as that of any order that was called off for want of it.
 * @returns whether there may be more
 */
export async function callOffUnpaid(bus: CommandBus, pool: Pool, deadlineSeconds: number): Promise<boolean> {
  const { rows } = await pool.query<{ order_id: string }>({ ...overdueSql, values: [deadlineSeconds, roundMax] });
  await Promise.all(rows.map(({ order_id: orderId }) => bus.execute(
    cancelOrder, { orderId, reason: "its payment was not known by the deadline", cause: "payment_deadline", onlyWhileUnpaid: true },
    { actor: { role: "system", id: "orders.payment-deadline" }, idempotencyKey: newId() },
  )));
  return rows.length === roundMax;
}

type Waiting = PaymentDeclined | PaymentUnknown | PaymentAwaited;

/** Comes when the time is over that the buyer, the provider or the bank had. */
export const paymentWindow = defineConsumer<Waiting>({
  queue: "orders.payment-window",
  on: ["PaymentDeclined", "PaymentUnknown", "PaymentAwaited"],
  delaySeconds: (event) => (event.type === "PaymentDeclined" ? event.retrySeconds : event.waitSeconds),
});

/** Calls the order off that still waits for the same attempt: its units, and its place in a sale, are somebody else's. */
export function paymentWindowHandler(bus: CommandBus, pool: Pool): JobHandler<Waiting> {
  return async ({ eventId, event }, { attempt }) => {
    const { orderId } = event;
    if (!stillWaits(await readState(pool, paymentStream, event.paymentId), event)) return;
    const { refusal } = await bus.execute(cancelOrder, { orderId, ...endingOf(event), onlyWhileUnpaid: true }, {
      actor: { role: "system", id: paymentWindow.queue }, idempotencyKey: `${eventId}:${String(attempt)}`, causationId: eventId,
    });
    if (refusal) throw new Refusal(refusal.code, refusal.message, refusal.field);
    // An earlier no may have given the buyer longer than this.
    const order = await readState(pool, orderStream, orderId);
    if (order.status === "PLACED" && order.money === "none") throw new Undecided("TOO_EARLY", "The buyer may still pay this order; look again in a moment.");
  };
}

function endingOf(event: Waiting): { readonly reason: string; readonly cause: OrderCancelled["cause"] } {
  switch (event.type) {
    case "PaymentDeclined":
      return { reason: `its payment was declined: ${event.code}`, cause: "payment" };
    case "PaymentUnknown":
      return { reason: "its payment was not known by the deadline", cause: "payment_deadline" };
    case "PaymentAwaited":
      return { reason: "its payment did not come in time", cause: "payment_deadline" };
  }
}
