import { describe, expect, it } from "@jest/globals";
import type { OrderEvent } from "../../src/events/orders.js";
import type { ReservationEvent } from "../../src/events/reservations.js";
import type { SaleEvent } from "../../src/events/sales.js";
import { reservationCard } from "../../src/projections/inventory/reservation-card.projection.js";
import { saleCard } from "../../src/projections/inventory/sale-card.projection.js";
import { saleLevel } from "../../src/projections/inventory/sale-level.projection.js";
import { foldBothWays, foldInBatches, minute, recorded } from "./in-memory.js";
import { orderId, paid, placed } from "./order-events.js";
import { cancelledInSale, claimed, ended, expired, made, placedInSale, reservationId, saleId, scheduled } from "./sale-events.js";

describe("the sale card", () => {
  const cardAfter = (...events: SaleEvent[]) => foldBothWays(saleCard, recorded("sale", () => saleId, events))[saleId];

  it("shows the terms, and how it was ended", () => {
    expect(cardAfter(scheduled)).toEqual({
      saleId, sku: "LAMP", priceMinor: 700, currency: "EUR", allocation: 10, startsAt: scheduled.startsAt, endsAt: scheduled.endsAt,
      limitPerCustomer: 2, holdSeconds: 600, waitingRoom: null, endReason: null, version: 1,
    });
    expect(cardAfter(scheduled, ended)).toMatchObject({ priceMinor: 700, endReason: "over", version: 2 });
    expect(cardAfter(scheduled, { ...ended, reason: "cancelled" })).toMatchObject({ endReason: "cancelled" });
  });

  it("keeps the rules of a waiting room", () => {
    expect(cardAfter({ ...scheduled, waitingRoom: { ratePerSecond: 50, passSeconds: 60 } })).toMatchObject({ waitingRoom: { ratePerSecond: 50, passSeconds: 60 } });
  });

  it("refuses an end without a beginning", () => {
    expect(() => foldInBatches(saleCard, recorded<SaleEvent>("sale", () => saleId, [ended]), 1)).toThrow(/before SaleScheduled/);
  });
});

describe("the sale level", () => {
  type Telling = SaleEvent | ReservationEvent | OrderEvent;
  const history = (...events: Telling[]) => recorded<Telling>("any", ({ type }) => type, events);
  const bought = history(scheduled, made, claimed, placedInSale, cancelledInSale, ended);

  it("follows the sale over reservations and orders", () => {
    expect(foldBothWays(saleLevel, history(scheduled))).toEqual({ [saleId]: { saleId, leftUnits: 10, held: 0, sold: 0, updatedAt: minute(1), version: 1 } });
    expect(foldBothWays(saleLevel, history(scheduled, made))[saleId]).toMatchObject({ leftUnits: 8, held: 2, sold: 0 });
    expect(foldBothWays(saleLevel, history(scheduled, made, expired))[saleId]).toMatchObject({ leftUnits: 10, held: 0, version: 3 });
    expect(foldBothWays(saleLevel, history(scheduled, made, claimed, placedInSale))[saleId]).toMatchObject({ leftUnits: 8, held: 0, sold: 2 });
    expect(foldBothWays(saleLevel, bought)[saleId]).toMatchObject({ leftUnits: 0, sold: 0, version: 5, updatedAt: minute(6) });
  });

  it("ends the same in every order of arrival, and does not mind orders without a sale", () => {
    expect(foldBothWays(saleLevel, [...bought].reverse())).toEqual(foldBothWays(saleLevel, bought));
    expect(foldBothWays(saleLevel, history(placed, paid))).toEqual({});
  });

  it("announces the sale whose counters changed", () => {
    const [first] = bought;
    expect(saleLevel.push?.(made, first!)).toEqual([`sale:${saleId}`]);
    expect(saleLevel.push?.(placed, first!)).toEqual([]);
    expect(saleCard.push?.(ended, first! as never)).toEqual([`sale:${saleId}`]);
  });
});

describe("the reservation card", () => {
  const cardAfter = (...events: ReservationEvent[]) => foldBothWays(reservationCard, recorded("reservation", () => reservationId, events))[reservationId];

  it("shows what is held, for whom and until when", () => {
    expect(cardAfter(made)).toEqual({
      reservationId, buyer: "customer:ann", lines: made.lines, status: "RESERVED", expiresAt: made.expiresAt, orderId: null, madeAt: minute(1), updatedAt: minute(1), version: 1,
    });
    const lines = [{ sku: "LAMP", quantity: 1, saleId: null }];
    expect(cardAfter(made, { type: "ReservationChanged", reservationId, lines, stock: [], sales: [] })).toMatchObject({ status: "RESERVED", lines, version: 2, updatedAt: minute(2) });
  });

  it("shows how it ended", () => {
    expect(cardAfter(made, claimed)).toMatchObject({ status: "CLAIMED", orderId, version: 2 });
    expect(cardAfter(made, { type: "ReservationReleased", reservationId, stock: [], sales: [] })).toMatchObject({ status: "RELEASED", orderId: null });
    expect(cardAfter(made, expired)).toMatchObject({ status: "EXPIRED" });
    expect(cardAfter(made, expired, claimed)).toMatchObject({ status: "CLAIMED", orderId, version: 3 });
  });

  it("refuses an event of a reservation that was never made", () => {
    expect(() => foldInBatches(reservationCard, recorded<ReservationEvent>("reservation", () => reservationId, [claimed]), 1)).toThrow(/before ReservationMade/);
  });
});
