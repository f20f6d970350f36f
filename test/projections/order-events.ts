import type { OrderAllocated, OrderCancelled, OrderDelivered, OrderPaid, OrderParcelBooked, OrderParcelShipped, OrderPlaced } from "../../src/events/orders.js";

export const orderId = "11111111-1111-5111-8111-111111111111";

/** The life of one order: two lamps, each in a parcel of its own. */
export const placed: OrderPlaced = {
  type: "OrderPlaced", orderId, customerId: "ann",
  lines: [{ sku: "LAMP", name: "Lamp", quantity: 2, unitPriceMinor: 1_000, unitWeightGrams: 800, taxBasisPoints: 0, netMinor: 2_000, taxMinor: 0 }],
  totals: { currency: "EUR", linesMinor: 2_000, shippingMinor: 490, taxMinor: 0, totalMinor: 2_490 },
  stock: [{ sku: "LAMP", onHandDelta: 0, reservedDelta: 2, onHand: 10, reserved: 2, version: 2 }],
};
export const paid: OrderPaid = { type: "OrderPaid", orderId, customerId: "ann", paymentId: "pay", lines: placed.lines };
export const parcelBooked: OrderParcelBooked = { type: "OrderParcelBooked", orderId, shipmentId: "p1", lines: [{ sku: "LAMP", quantity: 1 }] };
export const allocated: OrderAllocated = { type: "OrderAllocated", orderId, shipmentId: "p2", lines: [{ sku: "LAMP", quantity: 1 }] };
export const parcelShipped: OrderParcelShipped = {
  type: "OrderParcelShipped", orderId, shipmentId: "p1",
  stock: [{ sku: "LAMP", onHandDelta: -1, reservedDelta: -1, onHand: 9, reserved: 1, version: 3 }],
};
export const delivered: OrderDelivered = { type: "OrderDelivered", orderId, shipmentId: "p1" };
export const cancelled: OrderCancelled = {
  type: "OrderCancelled", orderId, reason: "changed my mind", cause: "request", revertedMinor: 2_490, refundPaymentId: null, shipmentIds: [],
  stock: [{ sku: "LAMP", onHandDelta: 0, reservedDelta: -2, onHand: 10, reserved: 0, version: 3 }],
};
