import { describe, expect, it } from "@jest/globals";
import { productState } from "../../src/commands/catalog/product.write-state.js";
import { customerKeyState } from "../../src/commands/customers/personal.write-state.js";
import { releaseReservation } from "../../src/commands/inventory/change-reservation.js";
import { receiptDecider } from "../../src/commands/inventory/receipt.decider.js";
import { reserveUnitsWith } from "../../src/commands/inventory/reserve-units.js";
import { stockUnitState, unitKey, type StockUnit } from "../../src/commands/inventory/stock-unit.write-state.js";
import { byPlace, neighboursAmong } from "../../src/commands/inventory/unit-places.js";
import { unitShelfState } from "../../src/commands/inventory/unit-shelf.write-state.js";
import { orderDecider } from "../../src/commands/orders/order.decider.js";
import { bookedParcelLines, heldLines } from "../../src/commands/orders/order-units.js";
import { placeReservedOrderWith } from "../../src/commands/orders/place-order.js";
import type { UnitFact } from "../../src/events/inventory.js";
import type { OrderEvent } from "../../src/events/orders.js";
import { fold } from "../../src/kernel/decider.js";
import { Desk } from "../commands/desk.js";
import { specification } from "../support/specification.js";
import { named } from "./hall.js";

const seat = (unitId: string, changes: Partial<StockUnit> = {}): StockUnit => {
  const [rowLabel = "", place = ""] = unitId.split("-");
  return { id: unitKey("SEAT", unitId), sku: "SEAT", unitId, rowLabel, place: Number(place), state: "free", reservationId: null, orderId: null, heldUntil: null, version: 1, ...changes };
};

describe("neighbours", () => {
  const among = (quantity: number, ...unitIds: readonly string[]) => neighboursAmong(unitIds.map((id) => seat(id)).sort(byPlace), quantity)?.map(({ unitId }) => unitId) ?? null;
  it("stand side by side in one row, whatever their names", () => {
    expect(among(2, "A-10", "A-9", "A-1")).toEqual(["A-9", "A-10"]);
    expect(among(2, "A-10", "B-11", "A-8", "B-9")).toBeNull();
    expect(among(3, "A-1", "A-2", "B-3")).toBeNull();
    expect(among(1)).toBeNull();
  });
  it("are taken from where fewest are left, so that long rows stay whole", () => {
    expect(among(2, "A-1", "A-2", "A-3", "A-4", "B-1", "B-2", "C-1")).toEqual(["B-1", "B-2"]);
  });
  it("are only what has a place", () => {
    const nowhere = [seat("A-1", { rowLabel: null, place: null }), seat("A-2", { rowLabel: null, place: null })];
    expect(neighboursAmong(nowhere, 2)).toBeNull();
  });
});

describe("a named seat", () => {
  const reserve = reserveUnitsWith(600);
  const placeReserved = placeReservedOrderWith({ currency: "EUR", baseMinor: 0, perKilogramMinor: 0, taxBasisPoints: 0 });
  function desk(): Desk {
    const shop = new Desk();
    shop.put(productState, { sku: "SEAT", name: "Seat", priceMinor: 1_000, currency: "EUR", weightGrams: 0, taxBasisPoints: 0, sizeMm: null });
    shop.put(unitShelfState, { sku: "SEAT", tracked: true, moreElsewhere: false });
    for (const id of ["ada", "bob"]) shop.put(customerKeyState, { id });
    for (const unitId of ["A-1", "A-2"]) shop.put(stockUnitState, seat(unitId));
    return shop;
  }
  const hold = (shop: Desk, who: string, unitId: string, key?: string) => shop.send(reserve, { buyer: `customer:${who}`, lines: [named("SEAT", unitId)] }, { role: "customer", id: who }, key);

  it("is its holder's to the last millisecond, and anybody's from the next moment on", () => {
    const shop = desk();
    const { answer } = hold(shop, "ada", "A-1");
    expect(answer.expiresAt).toBe("2026-01-01T12:10:00.000Z");
    shop.later(599_999);
    expect(hold(shop, "bob", "A-1").refusal?.code).toBe("UNIT_TAKEN");
    shop.later(1);
    expect(hold(shop, "bob", "A-1").refusal).toBeNull();
    expect(shop.send(placeReserved, { customerId: "ada", reservationId: answer.reservationId, guest: null }).refusal?.code).toBe("RESERVATION_EXPIRED");
    expect(shop.send(releaseReservation, { reservationId: answer.reservationId, buyer: "customer:ada", guest: null }).refusal).toBeNull();
    expect(shop.row(stockUnitState, "SEAT/A-1")).toMatchObject({ state: "held", version: 3 });
  });

  it("is held once by one key, also when its answer is no longer kept", () => {
    const shop = desk();
    const first = hold(shop, "ada", "A-1", "one");
    const again = hold(shop, "ada", "A-1", "one");
    expect([again.answer, again.events]).toEqual([first.answer, []]);
    expect(() => hold(shop, "ada", "A-2", "one")).toThrow("made another reservation");
  });
});

describe("an order of numbered units", () => {
  const given = specification(orderDecider);
  const orderId = "o1";
  const fact = (unitId: string, state: UnitFact["state"], version: number): UnitFact => ({
    sku: "SEAT", unitId, row: null, place: null, state, reservationId: null, orderId: state === "free" ? null : orderId, heldUntil: null, version,
  });
  const line = { sku: "SEAT", name: "Seat", quantity: 3, unitPriceMinor: 100, unitWeightGrams: 0, taxBasisPoints: 0, netMinor: 300, taxMinor: 0, unitIds: ["x", "y", "z"] };
  const totals = { currency: "EUR", linesMinor: 300, shippingMinor: 0, taxMinor: 0, totalMinor: 300 };
  const sold = [fact("x", "sold", 2), fact("y", "sold", 2), fact("z", "sold", 2)];
  const placed: OrderEvent = { type: "OrderPlaced", orderId, customerId: "c1", lines: [line], totals, stock: [], units: sold, reservationId: "r1" };
  const booked = (shipmentId: string, quantity: number): OrderEvent => ({ type: "OrderParcelBooked", orderId, shipmentId, lines: [{ sku: "SEAT", quantity }] });
  const shipped = (shipmentId: string): OrderEvent => ({ type: "OrderParcelShipped", orderId, shipmentId, stock: [], units: [fact("x", "gone", 3)] });

  it("tells what became of them", () => {
    given().when({ type: "PlaceOrder", orderId, customerId: "c1", lines: [line], totals, stock: [], units: sold, reservationId: "r1" }).then(placed);
    const free = [fact("x", "free", 3)];
    given(placed).when({ type: "CancelOrder", orderId, reason: "", cause: "request", stock: [], units: free })
      .then({ type: "OrderCancelled", orderId, reason: "", cause: "request", revertedMinor: totals.totalMinor, refundPaymentId: null, shipmentIds: [], stock: [], units: free });
    given(placed, booked("s1", 1)).when({ type: "ConfirmParcelLeft", orderId, shipmentId: "s1", stock: [], units: [fact("x", "gone", 3)] }).then(shipped("s1"));
  });

  it("lets them leave in the order of their line, each once", () => {
    const before = fold(orderDecider, [placed, booked("s1", 2), booked("s2", 1)]);
    expect(bookedParcelLines(before, "s2")).toEqual([{ sku: "SEAT", quantity: 1, unitIds: ["x"] }]);
    const after = orderDecider.evolve(before, shipped("s2"));
    expect(heldLines(after)).toEqual([{ sku: "SEAT", quantity: 2, unitIds: ["y", "z"] }]);
    expect(bookedParcelLines(after, "s1")).toEqual([{ sku: "SEAT", quantity: 2, unitIds: ["y", "z"] }]);
  });
});

describe("a receipt of units", () => {
  const given = specification(receiptDecider);
  const units: readonly UnitFact[] = [{ sku: "SEAT", unitId: "x", row: null, place: null, state: "free", reservationId: null, orderId: null, heldUntil: null, version: 1 }];
  it("is told once", () => {
    given().when({ type: "ReceiveStock", receiptId: "r", stock: [], units }).then({ type: "StockReceived", receiptId: "r", stock: [], units });
    given({ type: "StockReceived", receiptId: "r", stock: [], units }).when({ type: "ReceiveStock", receiptId: "r", stock: [], units }).thenNothing();
  });
});
