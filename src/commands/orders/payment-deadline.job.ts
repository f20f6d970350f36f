import type { Pool } from "pg";
import type { CommandBus } from "../../platform/bus/command-bus.js";
import { cancelOrder } from "./cancel-order.js";

/** Orders called off in one round. */
const roundMax = 100;

// An order's charge is a job until its outcome is known: what waits there for too long is a payment that nobody knows of.
const overdueSql = {
  name: "orders_payment_overdue",
  text: `SELECT j.data->>'correlationId' AS order_id FROM pgboss.job j
         WHERE j.name = 'payments.charge' AND j.state IN ('created', 'retry', 'active') AND j.created_on < clock_timestamp() - $1 * interval '1 second'
         AND NOT EXISTS (SELECT FROM event_log e WHERE e.stream_id = j.data->>'streamId' AND e.type IN ('OrderCancelled', 'OrderPaid'))
         ORDER BY j.created_on LIMIT $2`,
};

/**
 * Calls orders off whose payment is not known by its deadline, so that their units are not held for ever. Money that
 * comes all the same is refunded, as that of any order that was called off.
 * @returns whether there may be more
 */
export async function callOffUnpaid(bus: CommandBus, pool: Pool, deadlineSeconds: number): Promise<boolean> {
  const { rows } = await pool.query<{ order_id: string }>({ ...overdueSql, values: [deadlineSeconds, roundMax] });
  await Promise.all(rows.map(({ order_id: orderId }) => bus.execute(
    cancelOrder, { orderId, reason: "its payment was not known by the deadline", onlyWhileUnpaid: true },
    { actor: { role: "system", id: "orders.payment-deadline" }, idempotencyKey: `payment-deadline:${orderId}` },
  )));
  return rows.length === roundMax;
}
