import { describe, expect, it } from "@jest/globals";
import type { PaymentEvent } from "../../src/events/payments.js";
import type { AlertEvent } from "../../src/events/operations.js";
import type { OrderEvent } from "../../src/events/orders.js";
import { productCard } from "../../src/projections/catalog/product-card.projection.js";
import { alertCard } from "../../src/projections/operations/alert-card.projection.js";
import { paymentCard } from "../../src/projections/payments/payment-card.projection.js";
import { orderFact } from "../../src/projections/reports/order-fact.projection.js";
import type { ProductEvent } from "../../src/events/catalog.js";
import { foldBothWays, minute, recorded } from "./in-memory.js";
import { cancelled, orderId, paid, placed } from "./order-events.js";

describe("the payment card", () => {
  const paymentsOf = (...events: PaymentEvent[]) => foldBothWays(paymentCard, recorded("payment", ({ paymentId }: PaymentEvent) => paymentId, events));
  const captured: PaymentEvent = { type: "PaymentCaptured", paymentId: "pay", orderId, amountMinor: 2_490, currency: "EUR", provider: "simulator", providerReference: "pi_1" };
  const refunded = (amountMinor: number, refundReference: string): PaymentEvent =>
    ({ type: "PaymentRefunded", paymentId: "pay", orderId, amountMinor, currency: "EUR", refundReference, reason: "cancelled", provider: "simulator", refundId: refundReference, cause: "ORDER_CANCELLED" });

  it("adds up what went back", () => {
    expect(paymentsOf(captured)).toMatchObject({ pay: { status: "CAPTURED", capturedMinor: 2_490, refundedMinor: 0 } });
    expect(paymentsOf(captured, refunded(1_000, "re_1"))).toMatchObject({ pay: { status: "PARTIALLY_REFUNDED", refundedMinor: 1_000 } });
    expect(paymentsOf(captured, refunded(1_000, "re_1"), refunded(1_490, "re_2"))).toMatchObject({ pay: { status: "REFUNDED", version: 3 } });
  });

  it("takes back what came back", () => {
    const reversed: PaymentEvent = { type: "RefundReversed", paymentId: "pay", orderId, amountMinor: 1_000, currency: "EUR", refundReference: "re_1", refundId: "re_1", provider: "simulator", code: "lost_card", cause: "ORDER_CANCELLED" };
    expect(paymentsOf(captured, refunded(1_000, "re_1"), refunded(1_490, "re_2"), reversed)).toMatchObject({
      pay: { status: "PARTIALLY_REFUNDED", refundedMinor: 1_490, refunds: [{ refundId: "re_1", state: "FAILED", code: "lost_card" }, { refundId: "re_2", state: "DONE", code: null }] },
    });
  });

  it("keeps the provider's no", () => {
    expect(paymentsOf({ type: "PaymentFailed", paymentId: "pay", orderId, code: "card_declined" }))
      .toMatchObject({ pay: { status: "FAILED", failureCode: "card_declined", capturedMinor: 0, currency: null } });
  });
});

describe("the product card", () => {
  it("is what was said of the product last", () => {
    const lamp: ProductEvent = { type: "ProductUpserted", sku: "LAMP", name: "Lamp", priceMinor: 1_000, currency: "EUR", weightGrams: 800, taxBasisPoints: 1_900 };
    const events = recorded("product", ({ sku }: ProductEvent) => sku, [lamp, { ...lamp, priceMinor: 900 }]);
    expect(foldBothWays(productCard, events)).toMatchObject({ LAMP: { priceMinor: 900, sizeMm: null, version: 2, updatedAt: minute(2) } });
    const measured = recorded("product", ({ sku }: ProductEvent) => sku, [lamp, { ...lamp, sizeMm: [400, 300, 200] }]);
    expect(foldBothWays(productCard, measured)).toMatchObject({ LAMP: { sizeMm: [400, 300, 200] } });
  });
});

describe("the order fact", () => {
  const factAfter = (...events: OrderEvent[]) => foldBothWays(orderFact, recorded("order", () => orderId, events))[orderId];

  it("counts an order in the hour in which it was placed", () => {
    expect(factAfter(placed, paid)).toEqual({
      orderId, hour: "2026-01-31T09:00:00.000Z", currency: "EUR", totalMinor: 2_490, revertedMinor: 0, cancelled: false, lines: [{ sku: "LAMP", quantity: 2, netMinor: 2_000 }],
    });
  });

  it("tells a cancelled one apart", () => {
    expect(factAfter(placed, cancelled)).toMatchObject({ cancelled: true, revertedMinor: 2_490, hour: "2026-01-31T09:00:00.000Z" });
  });
});

describe("the order fact of what comes to nothing", () => {
  const factAfter = (...events: OrderEvent[]) => foldBothWays(orderFact, recorded("order", () => orderId, events))[orderId];
  const lineOff: OrderEvent = { type: "OrderLinesCancelled", orderId, customerId: "ann", reason: "", cancelled: [{ sku: "LAMP", quantity: 1 }], revertedMinor: 1_000, refundPaymentId: null, shipmentIds: [], packing: 1, stock: [] };
  const back: OrderEvent = { type: "OrderReturnInspected", orderId, returnId: "r", inspected: [{ sku: "LAMP", restocked: 0, scrapped: 1, refused: 1 }], revertedMinor: 1_000, refundPaymentId: "pay", complete: false, stock: [] };
  it("is less of it, line by line, and whole again where it came back", () => {
    expect(factAfter(placed, lineOff)).toMatchObject({ cancelled: false, revertedMinor: 1_000, lines: [{ quantity: 2, back: 1 }] });
    expect(factAfter(placed, paid, back)).toMatchObject({ revertedMinor: 1_000, lines: [{ back: 1 }] });
    const cancelledThen: OrderEvent[] = [placed, lineOff, { ...cancelled, revertedMinor: 1_490 }];
    expect(factAfter(...cancelledThen)).toMatchObject({ cancelled: true, revertedMinor: 2_490 });
    expect(factAfter(...cancelledThen, { type: "OrderReinstated", orderId, customerId: "ann", paymentId: "pay", lines: [], owedMinor: 1_490, stock: [] }))
      .toMatchObject({ cancelled: false, revertedMinor: 1_000, lines: [{ back: 1 }] });
  });
});

describe("the alert card", () => {
  const raised: AlertEvent = { type: "AlertRaised", alertId: "a1", key: "courier_down:swift", severity: "critical", message: "Swift is down.", details: { orders: 3 }, at: minute(1) };
  const cardsOf = (...events: AlertEvent[]) => foldBothWays(alertCard, recorded("alert", () => "courier_down:swift", events));

  it("opens, counts, is seen and ends", () => {
    expect(cardsOf(raised)).toMatchObject({ a1: { status: "OPEN", open: true, count: 1, details: { orders: 3 }, raisedAt: minute(1), version: 1 } });
    expect(cardsOf(raised, { type: "AlertRepeated", alertId: "a1", count: 2, at: minute(2) }, { type: "AlertAcknowledged", alertId: "a1", by: "olga" }))
      .toMatchObject({ a1: { status: "ACKNOWLEDGED", open: true, count: 2, acknowledgedBy: "olga", version: 3 } });
    expect(cardsOf(raised, { type: "AlertResolved", alertId: "a1", by: "olga" })).toMatchObject({ a1: { status: "RESOLVED", open: false, resolvedBy: "olga" } });
  });

  it("begins anew when the same thing goes wrong again", () => {
    const again = cardsOf(raised, { type: "AlertResolved", alertId: "a1", by: "olga" }, { ...raised, alertId: "a2" });
    expect(again).toMatchObject({ a1: { open: false }, a2: { open: true, version: 3 } });
  });
});
