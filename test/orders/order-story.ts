import { orderDecider, type OrderCommand } from "../../src/commands/orders/order.decider.js";
import type { OrderEvent, OrderLine } from "../../src/events/orders.js";
import type { ParcelLine } from "../../src/events/shipping.js";
import { specification } from "../support/specification.js";

export const given = specification(orderDecider);
export const orderId = "o1";
const of = { orderId, customerId: "c1" } as const;

const line = (sku: string, quantity: number, taxMinor: number): OrderLine => ({
  sku, name: sku, quantity, unitPriceMinor: 100, unitWeightGrams: 10, taxBasisPoints: 1_900, netMinor: 100 * quantity, taxMinor,
});
/** Three of one at 1.00 and together 0.20 tax, one of the other at 1.00; 0.90 shipping with 0.10 tax. */
export const lines = [line("TEA", 3, 20), line("CUP", 1, 0)];
export const totals = { currency: "EUR", linesMinor: 400, shippingMinor: 90, taxMinor: 30, totalMinor: 520 };
export const pack = (tea: number, cup = 1) => [
  ...(tea > 0 ? [{ sku: "TEA", quantity: tea, unitWeightGrams: 10 }] : []), ...(cup > 0 ? [{ sku: "CUP", quantity: cup, unitWeightGrams: 10 }] : []),
];

export const placed = { type: "OrderPlaced", ...of, lines, totals, stock: [] } as const satisfies OrderEvent;
export const paid = { type: "OrderPaid", ...of, paymentId: "p1", lines: pack(3) } as const satisfies OrderEvent;
export const setAside = { ...paid, authorized: true } as const satisfies OrderEvent;
export const captured = { type: "OrderPaymentCaptured", orderId, paymentId: "p1" } as const satisfies OrderEvent;
export const booked = (shipmentId: string, parcel: readonly ParcelLine[]) => ({ type: "OrderParcelBooked", orderId, shipmentId, lines: parcel }) as const satisfies OrderEvent;
export const allocated = (shipmentId: string, parcel: readonly ParcelLine[]) => ({ type: "OrderAllocated", orderId, shipmentId, lines: parcel }) as const satisfies OrderEvent;
export const left = (shipmentId: string) => ({ type: "OrderParcelShipped", orderId, shipmentId, stock: [] }) as const satisfies OrderEvent;
export const held = { type: "OrderPutOnHold", orderId, reason: "no courier" } as const satisfies OrderEvent;
export const cancelled = { type: "OrderCancelled", orderId, reason: "r", cause: "request", revertedMinor: 520, refundPaymentId: null, shipmentIds: [], stock: [] } as const satisfies OrderEvent;
export const forWantOfMoney = { ...cancelled, cause: "payment_deadline" } as const satisfies OrderEvent;
export const linesOff = (off: readonly ParcelLine[], revertedMinor: number, more: Partial<Extract<OrderEvent, { type: "OrderLinesCancelled" }>> = {}) => ({
  type: "OrderLinesCancelled", ...of, reason: "r", cancelled: off, revertedMinor, refundPaymentId: null, shipmentIds: [], packing: 1, stock: [], ...more,
}) as const satisfies OrderEvent;

export const pay = { type: "ConfirmPayment", orderId, paymentId: "p1" } as const satisfies OrderCommand;
export const setMoneyAside = { ...pay, authorized: true } as const satisfies OrderCommand;
export const cancel = { type: "CancelOrder", orderId, reason: "r", cause: "request", stock: [] } as const satisfies OrderCommand;
export const resume = { type: "ResumeOrder", orderId, reason: "r" } as const satisfies OrderCommand;
export const hold = { type: "PutOnHold", orderId, reason: "no courier" } as const satisfies OrderCommand;
export const dispute = { type: "PutOnHold", orderId, reason: "disputed: d1", overMoney: true } as const satisfies OrderCommand;
export const book = (shipmentId: string, packing: number, parcelCount = 1, parcel: readonly ParcelLine[] = []): OrderCommand => (
  { type: "ConfirmParcelBooked", orderId, shipmentId, lines: parcel, parcelCount, packing });
export const callOff = (...off: readonly ParcelLine[]): OrderCommand => ({ type: "CancelLines", orderId, reason: "r", lines: off, stock: [] });
export const tea = (quantity: number): ParcelLine => ({ sku: "TEA", quantity });
export const cup: ParcelLine = { sku: "CUP", quantity: 1 };
/** Sent in one parcel. */
export const sent = [placed, paid, allocated("s1", [tea(3), cup]), left("s1")] as const;
