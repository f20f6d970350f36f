import { describe, expect, it } from "@jest/globals";
import type { StockEvent, StockFact, StockWatchEvent } from "../../src/events/inventory.js";
import type { OrderEvent } from "../../src/events/orders.js";
import type { ReservationEvent } from "../../src/events/reservations.js";
import type { SaleEvent } from "../../src/events/sales.js";
import { stockLevel } from "../../src/projections/inventory/stock-level.projection.js";
import { foldBothWays, foldInBatches, minute, recorded } from "./in-memory.js";
import { cancelled, orderId, paid, parcelShipped, placed } from "./order-events.js";
import { ended, expired, made, scheduled } from "./sale-events.js";

type Telling = OrderEvent | StockEvent | StockWatchEvent | ReservationEvent | SaleEvent;

const lamp: StockFact = { sku: "LAMP", onHandDelta: 10, reservedDelta: 0, onHand: 10, reserved: 0, version: 1 };
const received: StockEvent = { type: "StockReceived", receiptId: "r1", stock: [lamp] };
const watched = (lowAt: number | null): StockWatchEvent => ({ type: "StockWatched", sku: "LAMP", lowAt });
const history = (...events: Telling[]) => recorded<Telling>("any", ({ type }) => type, events);
const all = history(received, placed, paid, parcelShipped);

describe("the stock level", () => {
  it("follows the SKU over receipts, orders and parcels", () => {
    expect(foldBothWays(stockLevel, all)).toEqual({ LAMP: { sku: "LAMP", onHand: 9, reserved: 1, lowAt: null, lowAtPosition: 0, updatedAt: minute(4), version: 3 } });
    expect(foldInBatches(stockLevel, recorded<OrderEvent>("order", () => orderId, [placed, cancelled]), 5).get("LAMP")).toMatchObject({ onHand: 10, reserved: 0, version: 3 });
  });

  it("follows it into sales and reservations, and back", () => {
    expect(foldBothWays(stockLevel, history(scheduled, made))["LAMP"]).toMatchObject({ reserved: 12, version: 3 });
    expect(foldBothWays(stockLevel, history(scheduled, made, expired, ended))["LAMP"]).toMatchObject({ reserved: 0, version: 5 });
  });

  it("takes the newest of several facts in one event: of holds that it ended, and of its own", () => {
    const reclaiming: OrderEvent = { ...placed, stock: [
      { ...lamp, onHandDelta: 0, reservedDelta: -3, reserved: 7, version: 6, expired: { reservationId: "r", quantity: 3 } },
      { ...lamp, onHandDelta: 0, reservedDelta: 2, reserved: 9, version: 7 },
    ] };
    const [event] = history(reclaiming);
    expect(foldBothWays(stockLevel, [event!])["LAMP"]).toMatchObject({ reserved: 9, version: 7 });
    expect(stockLevel.touches(reclaiming, event!)).toEqual(["LAMP"]);
    expect(stockLevel.push?.(reclaiming, event!)).toEqual(["stock:LAMP"]);
  });

  it("keeps the threshold that was set last, also of a product of which nothing has come in", () => {
    expect(foldBothWays(stockLevel, history(watched(5)))["LAMP"]).toEqual({ sku: "LAMP", onHand: 0, reserved: 0, lowAt: 5, lowAtPosition: 1, updatedAt: null, version: 0 });
    expect(foldBothWays(stockLevel, history(watched(5), received, watched(3)))["LAMP"]).toMatchObject({ onHand: 10, lowAt: 3, version: 1 });
    expect(foldBothWays(stockLevel, history(watched(5), watched(null)))["LAMP"]).toMatchObject({ lowAt: null, lowAtPosition: 2 });
  });

  it("ends the same in every order of arrival: the newer fact wins", () => {
    const lively = history(received, watched(5), scheduled, made, watched(2), expired, ended);
    for (const events of [all, lively]) expect(foldBothWays(stockLevel, [...events].reverse())).toEqual(foldBothWays(stockLevel, events));
  });

  it("touches and announces the SKUs of the event, and nothing for others", () => {
    expect(stockLevel.touches(placed, all[1]!)).toEqual(["LAMP"]);
    expect(stockLevel.push?.(placed, all[1]!)).toEqual(["stock:LAMP"]);
    expect(stockLevel.touches(paid, all[2]!)).toEqual([]);
  });

  it("announces what runs low or out to those who follow that", () => {
    const events = history({ type: "StockRanLow", sku: "LAMP", available: 2, lowAt: 2, stockVersion: 7 }, { type: "StockRanOut", sku: "LAMP", stockVersion: 8 });
    for (const { event } of events) expect(stockLevel.push?.(event, events[0]!)).toEqual(["stock-alerts"]);
    expect(foldBothWays(stockLevel, events)).toEqual({});
  });
});
