import { describe, expect, it } from "@jest/globals";
import type { OrderEvent } from "../../src/events/orders.js";
import { orderCard } from "../../src/projections/orders/order-card.projection.js";
import { foldBothWays, foldInBatches, minute, recorded } from "./in-memory.js";
import { allocated, cancelled, delivered, orderId, paid, parcelBooked, parcelShipped, placed } from "./order-events.js";

const history = (...events: OrderEvent[]) => recorded("order", (event: OrderEvent) => event.orderId, events);
const cardAfter = (...events: OrderEvent[]) => foldBothWays(orderCard, history(...events))[orderId];

describe("the order card", () => {
  it("shows what was placed", () => {
    expect(cardAfter(placed)).toMatchObject({
      orderId, customerId: "ann", status: "PLACED", paymentStatus: "PENDING", currency: "EUR", totalMinor: 2_490, reason: null,
      lines: placed.lines, shipmentIds: [], placedAt: minute(1), placedPosition: 1, updatedAt: minute(1), version: 1,
    });
  });

  it("follows the order to the door", () => {
    expect(cardAfter(placed, paid)).toMatchObject({ status: "PAID", paymentStatus: "CAPTURED", version: 2 });
    expect(cardAfter(placed, paid, parcelBooked, allocated)).toMatchObject({ status: "ALLOCATED", shipmentIds: ["p1", "p2"], version: 4 });
    expect(cardAfter(placed, paid, parcelBooked, allocated, parcelShipped)).toMatchObject({ status: "SHIPPED" });
    expect(cardAfter(placed, paid, parcelBooked, allocated, parcelShipped, delivered)).toMatchObject({ status: "DELIVERED", version: 6, updatedAt: minute(6), placedAt: minute(1) });
  });

  it("is not drawn back by a parcel that is booked after another has left", () => {
    expect(cardAfter(placed, paid, parcelBooked, parcelShipped, allocated)).toMatchObject({ status: "SHIPPED", shipmentIds: ["p1", "p2"] });
  });

  it("says why it was called off, and that money came nevertheless", () => {
    expect(cardAfter(placed, cancelled)).toMatchObject({ status: "CANCELLED", reason: "changed my mind", paymentStatus: "PENDING" });
    expect(cardAfter(placed, cancelled, { type: "OrderPaymentUnwanted", orderId, paymentId: "pay" }))
      .toMatchObject({ status: "CANCELLED", paymentStatus: "CAPTURED", version: 3 });
    expect(cardAfter(placed, { type: "OrderPutOnHold", orderId, reason: "no courier" })).toMatchObject({ status: "ON_HOLD", reason: "no courier" });
  });

  it("carries the stream's version after every event, so that live updates can drop what is old", () => {
    const events = history(placed, cancelled, { type: "OrderShipmentUnwanted", orderId, shipmentId: "p1" });
    for (const [index, { version }] of events.entries()) {
      expect(foldInBatches(orderCard, events.slice(0, index + 1), 10).get(orderId)?.version).toBe(version);
    }
  });

  it("gives the same rows when it is folded a second time from nothing", () => {
    const events = history(placed, paid, parcelBooked, allocated, parcelShipped, delivered);
    expect(foldInBatches(orderCard, events, 2)).toEqual(foldInBatches(orderCard, events, 4));
  });

  it("refuses an event of an order that was never placed", () => {
    expect(() => foldInBatches(orderCard, history(paid), 1)).toThrow(/before OrderPlaced/);
  });

  it("announces the order and the feed of all orders", () => {
    const [first] = history(placed);
    expect(orderCard.push?.(placed, first!)).toEqual([`order:${orderId}`, "orders"]);
  });
});

describe("the order card of an order whose payment or parcels went another way", () => {
  const declined: OrderEvent = { type: "OrderPaymentDeclined", orderId, paymentId: "pay", code: "card_declined", payBefore: minute(30) };
  const held: OrderEvent = { type: "OrderPutOnHold", orderId, reason: "no courier" };
  const resumed: OrderEvent = { type: "OrderResumed", orderId, customerId: "ann", reason: "there is one", packing: 1 };
  const lineOff: OrderEvent = {
    type: "OrderLinesCancelled", orderId, customerId: "ann", reason: "one is enough", cancelled: [{ sku: "LAMP", quantity: 1 }], revertedMinor: 1_000, refundPaymentId: "pay",
    shipmentIds: ["p1", "p2"], lines: [{ sku: "LAMP", quantity: 1, unitWeightGrams: 800 }], packing: 2, stock: [],
  };

  it("says until when the buyer may try again", () => {
    expect(cardAfter(placed, declined)).toMatchObject({ status: "PLACED", paymentStatus: "FAILED", payBefore: minute(30) });
    expect(cardAfter(placed, declined, paid)).toMatchObject({ status: "PAID", paymentStatus: "CAPTURED", payBefore: null });
    expect(cardAfter(placed, declined, { ...cancelled, cause: "payment" })).toMatchObject({ status: "CANCELLED", paymentStatus: "FAILED", payBefore: null });
  });

  it("tells money that is set aside from money that is taken", () => {
    expect(cardAfter(placed, { ...paid, authorized: true })).toMatchObject({ paymentStatus: "AUTHORIZED" });
    expect(cardAfter(placed, { ...paid, authorized: true }, { type: "OrderPaymentCaptured", orderId, paymentId: "pay" })).toMatchObject({ paymentStatus: "CAPTURED" });
  });

  it("comes back with what it owes", () => {
    expect(cardAfter(placed, cancelled)).toMatchObject({ revertedMinor: 2_490 });
    expect(cardAfter(placed, cancelled, { type: "OrderReinstated", orderId, customerId: "ann", paymentId: "pay", lines: [], owedMinor: 2_490, stock: [] }))
      .toMatchObject({ status: "PAID", paymentStatus: "CAPTURED", revertedMinor: 0, reason: null });
  });

  it("goes on where it stood, also where it moved while it was on hold", () => {
    expect(cardAfter(placed, paid, parcelBooked, held, allocated)).toMatchObject({ status: "ON_HOLD", stage: "ALLOCATED", reason: "no courier" });
    expect(cardAfter(placed, paid, parcelBooked, held, allocated, resumed)).toMatchObject({ status: "ALLOCATED", reason: null });
    expect(cardAfter(placed, held, paid, resumed)).toMatchObject({ status: "PAID" });
  });

  it("counts what was called off, and is to be booked again", () => {
    expect(cardAfter(placed, paid, parcelBooked, allocated, lineOff)).toMatchObject({ status: "PAID", shipmentIds: [], revertedMinor: 1_000, lines: [{ quantity: 2, cancelled: 1 }] });
    const { lines: _unpaid, ...unpaid } = lineOff;
    expect(cardAfter(placed, unpaid)).toMatchObject({ status: "PLACED", lines: [{ cancelled: 1 }] });
  });

  it("shows what comes back, and what became of it", () => {
    const asked: OrderEvent = { type: "OrderReturnRequested", orderId, returnId: "r1", reason: "too bright", lines: [{ sku: "LAMP", quantity: 2 }] };
    const inspected: OrderEvent = {
      type: "OrderReturnInspected", orderId, returnId: "r1", inspected: [{ sku: "LAMP", restocked: 1, scrapped: 1, refused: 0 }], revertedMinor: 2_490, refundPaymentId: "pay", complete: true, stock: [],
    };
    const sent = [placed, paid, allocated, parcelShipped] as const;
    expect(cardAfter(...sent, asked)).toMatchObject({ status: "SHIPPED", returns: [{ returnId: "r1", requestedAt: minute(5), inspected: null, inspectedAt: null }] });
    expect(cardAfter(...sent, asked, inspected)).toMatchObject({
      status: "RETURNED", revertedMinor: 2_490, lines: [{ quantity: 2, returned: 2 }],
      returns: [{ returnId: "r1", reason: "too bright", inspected: [{ sku: "LAMP", restocked: 1 }], inspectedAt: minute(6), revertedMinor: 2_490 }],
    });
  });
});
