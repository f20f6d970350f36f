import type { OrderStatus } from "../../events/orders.js";
import type { DecisionUnit, StreamRef } from "../../kernel/command.js";
import { ownOrder } from "./cancel-order.js";
import { orderStream } from "./order.decider.js";

/** What those who take its money want to know of an order. Amounts in minor units. */
export interface OrderToPay {
  readonly orderId: string;
  readonly customerId: string;
  readonly status: OrderStatus;
  readonly currency: string;
  /** Fixed when it was placed. */
  readonly totalMinor: number;
  /** Less what was called off or came back. */
  readonly owedMinor: number;
}

export function orderNeed(orderId: string): StreamRef {
  return { type: orderStream, id: orderId };
}

/** The caller's order. @throws Refusal ORDER_UNKNOWN, also for somebody else's */
export function orderToPay(unit: Pick<DecisionUnit, "actor" | "state">, orderId: string): OrderToPay {
  const { customerId, status, totals: { currency, totalMinor }, revertedMinor } = ownOrder(unit, orderId);
  return { orderId, customerId, status, currency, totalMinor, owedMinor: totalMinor - revertedMinor };
}

/** The buyer tries another way to pay: the order waits for that attempt. */
export function noteRetry(unit: Pick<DecisionUnit, "execute">, { orderId, paymentId, attempt }: { readonly orderId: string; readonly paymentId: string; readonly attempt: number }): void {
  unit.execute(orderStream, orderId, { type: "NoteRetry", orderId, paymentId, attempt });
}
