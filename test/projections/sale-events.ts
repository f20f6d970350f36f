import type { SaleFact, StockFact } from "../../src/events/inventory.js";
import type { OrderCancelled, OrderPlaced } from "../../src/events/orders.js";
import type { ReservationClaimed, ReservationExpired, ReservationMade } from "../../src/events/reservations.js";
import type { SaleEnded, SaleScheduled } from "../../src/events/sales.js";
import { cancelled, orderId, placed } from "./order-events.js";

export const saleId = "22222222-2222-5222-8222-222222222222";
export const reservationId = "33333333-3333-5333-8333-333333333333";

const stock = (version: number, reservedDelta: number, reserved: number): StockFact => ({ sku: "LAMP", onHandDelta: 0, reservedDelta, onHand: 20, reserved, version });
const counted = (version: number, [leftDelta, heldDelta, soldDelta]: readonly [number, number, number], [left, held, sold]: readonly [number, number, number]): SaleFact =>
  ({ saleId, sku: "LAMP", leftDelta, heldDelta, soldDelta, left, held, sold, version });

/** Ten lamps go on sale; two are held, and two of the shelf besides. */
export const scheduled: SaleScheduled = {
  type: "SaleScheduled", saleId, sku: "LAMP", priceMinor: 700, currency: "EUR", allocation: 10, startsAt: "2026-01-31T09:00:00.000Z", endsAt: "2026-01-31T12:00:00.000Z",
  limitPerCustomer: 2, holdSeconds: 600, waitingRoom: null, stock: [stock(2, 10, 10)], sales: [counted(1, [10, 0, 0], [10, 0, 0])],
};
export const made: ReservationMade = {
  type: "ReservationMade", reservationId, buyer: "customer:ann", lines: [{ sku: "LAMP", quantity: 2, saleId }], expiresAt: "2026-01-31T09:12:00.000Z",
  stock: [stock(3, 2, 12)], sales: [counted(2, [-2, 2, 0], [8, 2, 0])],
};
export const claimed: ReservationClaimed = { type: "ReservationClaimed", reservationId, orderId };
export const placedInSale: OrderPlaced = { ...placed, stock: [], sales: [counted(3, [0, -2, 2], [8, 0, 2])], reservationId };
export const cancelledInSale: OrderCancelled = { ...cancelled, stock: [], sales: [counted(4, [2, 0, -2], [10, 0, 0])] };
export const expired: ReservationExpired = { type: "ReservationExpired", reservationId, stock: [stock(4, -2, 10)], sales: [counted(3, [2, -2, 0], [10, 0, 0])] };
export const ended: SaleEnded = { type: "SaleEnded", saleId, sku: "LAMP", reason: "over", stock: [stock(5, -10, 0)], sales: [counted(5, [-10, 0, 0], [0, 0, 0])] };
