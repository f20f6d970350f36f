import { describe, expect, it } from "@jest/globals";
import type { StockReceived, UnitFact } from "../../src/events/inventory.js";
import type { OrderPlaced } from "../../src/events/orders.js";
import type { ReservationMade } from "../../src/events/reservations.js";
import { unitCard } from "../../src/projections/inventory/unit-card.projection.js";
import { foldBothWays, recorded } from "../projections/in-memory.js";

const fact = (version: number, state: UnitFact["state"], changes: Partial<UnitFact> = {}): UnitFact => ({
  sku: "SEAT", unitId: "A-2", row: "A", place: 2, state, reservationId: null, orderId: null, heldUntil: null, version, ...changes,
});
const heldUntil = "2026-01-31T10:00:00.000Z";
const received: StockReceived = { type: "StockReceived", receiptId: "r1", stock: [], units: [fact(1, "free")] };
const made: ReservationMade = {
  type: "ReservationMade", reservationId: "v1", buyer: "customer:c1", lines: [], expiresAt: heldUntil, stock: [], sales: [], units: [fact(2, "held", { reservationId: "v1", heldUntil })],
};
const placed: OrderPlaced = {
  type: "OrderPlaced", orderId: "o1", customerId: "c1", lines: [], totals: { currency: "EUR", linesMinor: 0, shippingMinor: 0, taxMinor: 0, totalMinor: 0 }, stock: [], units: [fact(3, "sold", { orderId: "o1" })],
};
const [receipt] = recorded("receipt", () => "r1", [received]);
const [reservation] = recorded("reservation", () => "v1", [made]);
const [order] = recorded("order", () => "o1", [placed]);

describe("the card of a unit", () => {
  it("is what the newest fact says, in whatever order they come, and names nobody", () => {
    const inOrder = foldBothWays(unitCard, [receipt!, reservation!, order!]);
    expect(inOrder["SEAT/A-2"]).toEqual({
      id: "SEAT/A-2", sku: "SEAT", unitId: "A-2", rowLabel: "A", place: 2, sortKey: "A/0000002/A-2", state: "sold", heldUntil: null, updatedAt: order!.recordedAt, version: 3,
    });
    expect(foldBothWays(unitCard, [order!, receipt!, reservation!])).toEqual(inOrder);
    expect(foldBothWays(unitCard, [receipt!, reservation!])["SEAT/A-2"]).toMatchObject({ state: "held", heldUntil });
  });

  it("is told to those who follow the product, and not by events without units", () => {
    expect(unitCard.push?.(made, reservation!)).toEqual(["stock:SEAT"]);
    expect(unitCard.push?.({ type: "StockReceived", receiptId: "r2", stock: [] }, receipt!)).toEqual([]);
  });
});
