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
