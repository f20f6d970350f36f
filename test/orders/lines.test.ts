import { describe, expect, it } from "@jest/globals";
import { stockUnitState } from "../../src/commands/inventory/stock-unit.write-state.js";
import { cancelOrderLines } from "../../src/commands/orders/cancel-order-lines.js";
import { bookedParcelLines, heldLines, knowsParcel } from "../../src/commands/orders/order-units.js";
import { orderDecider } from "../../src/commands/orders/order.decider.js";
import type { OrderEvent } from "../../src/events/orders.js";
import { fold } from "../../src/kernel/decider.js";
import { OrderDesk } from "./order-desk.js";
import { allocated, book, booked, callOff, cancelled, cup, given, held, left, linesOff, orderId, pack, paid, placed, sent, tea } from "./order-story.js";

describe("calling single lines off", () => {
  const withMoney = (revertedMinor: number, teaLeft: number, more = {}) => linesOff([tea(1)], revertedMinor, { refundPaymentId: "p1", lines: pack(teaLeft), packing: 2, ...more });

  it("reverts their share of the fixed total, and packs the rest anew", () =>
    given(placed, paid).when(callOff(tea(1))).then(withMoney(107, 2)));
  it("packs nothing before there is money", () => given(placed).when(callOff(tea(1))).then(linesOff([tea(1)], 107)));
  it("calls off what couriers have", () =>
    given(placed, paid, booked("s1", [tea(2)]), allocated("s2", [tea(1), cup])).when(callOff(tea(1))).then(withMoney(107, 2, { shipmentIds: ["s1", "s2"] })));
  it("shares a line so that its parts add up to it", () => {
    // A line of 3.20: 1.07 + 1.06 + 1.07.
    const first = withMoney(107, 2);
    const second = withMoney(106, 1, { packing: 3 });
    given(placed, paid, first).when(callOff(tea(1))).then(second);
    given(placed, paid, first, second).when(callOff(tea(1))).then(withMoney(107, 0, { packing: 4 }));
    given(placed, paid).when(callOff(tea(3))).then(withMoney(320, 0, { cancelled: [tea(3)] }));
  });
  it("is refused for what is not there, and for all that is left", () => {
    for (const [off, code] of [
      [[], "NO_LINES"], [[tea(1), tea(1)], "DUPLICATE_SKU"], [[{ sku: "POT", quantity: 1 }], "UNKNOWN_LINE"], [[tea(4)], "INVALID_QUANTITY"],
      [[tea(0)], "INVALID_QUANTITY"], [[tea(0.5)], "INVALID_QUANTITY"], [[tea(3), cup], "WHOLE_ORDER"],
    ] as const) given(placed, paid).when(callOff(...off)).refuses(code);
    given(placed, paid, withMoney(107, 2)).when(callOff(tea(3))).refuses("INVALID_QUANTITY");
    given(placed, paid, withMoney(107, 2)).when(callOff(tea(2), cup)).refuses("WHOLE_ORDER");
    given(placed, cancelled).when(callOff(tea(1))).refuses("ORDER_NOT_CANCELLABLE");
    given(...sent).when(callOff(tea(1))).refuses("ORDER_NOT_CANCELLABLE");
  });
  it("holds no more of them", () => {
    const order = fold(orderDecider, [placed, paid, withMoney(107, 2)]);
    expect(heldLines(order)).toEqual([tea(2), cup]);
    expect(order).toMatchObject({ status: "PAID", packing: 2, allocated: false, revertedMinor: 107 });
  });
  it("frees the numbered units that were given up, and no others", () => {
    const seat = (unitId: string) => ({ sku: "SEAT", unitId, row: null, place: null, state: "free", reservationId: null, orderId: null, heldUntil: null, version: 4 }) as const;
    const seats = { sku: "SEAT", name: "Seat", quantity: 3, unitPriceMinor: 100, unitWeightGrams: 0, taxBasisPoints: 0, netMinor: 300, taxMinor: 0, unitIds: ["x", "y", "z"] };
    const order = fold(orderDecider, [
      { ...placed, lines: [seats] }, paid, linesOff([{ sku: "SEAT", quantity: 1 }], 100, { lines: [], packing: 2, units: [seat("y")] }), booked("s1", [{ sku: "SEAT", quantity: 1 }]),
    ]);
    expect(heldLines(order)).toEqual([{ sku: "SEAT", quantity: 2, unitIds: ["x", "z"] }]);
    expect(bookedParcelLines(order, "s1")).toEqual([{ sku: "SEAT", quantity: 1, unitIds: ["x"] }]);
  });
});

describe("numbered units of a line that is called off", () => {
  const soldAfter = (unitIds?: readonly string[]): readonly string[] => {
    const desk = new OrderDesk({ TEA: 1 });
    const seatOrder = desk.orderSeats("ada", ["x", "y", "z"]);
    expect(desk.tell(cancelOrderLines, { orderId: seatOrder ?? "", lines: [{ sku: "SEAT", quantity: 1, ...(unitIds ? { unitIds } : {}) }], reason: "" })).toBe(unitIds?.includes("q") ? "UNIT_UNKNOWN" : "yes");
    desk.checkLaws();
    return desk.all(stockUnitState).filter(({ state }) => state === "sold").map(({ unitId }) => unitId);
  };
  it("are those that are named, else the last ones", () => {
    expect(soldAfter()).toEqual(["x", "y"]);
    expect(soldAfter(["x"])).toEqual(["y", "z"]);
    expect(soldAfter(["q"])).toEqual(["x", "y", "z"]);
  });
});

describe("parcels of a former packing", () => {
  const again = [placed, paid, booked("s1", [tea(1)]), linesOff([tea(1)], 107, { refundPaymentId: "p1", lines: pack(2), packing: 2, shipmentIds: ["s1"] })] as const;
  const unwanted = { type: "OrderShipmentUnwanted", orderId, shipmentId: "old", lines: [] } as const satisfies OrderEvent;
  it("are not wanted when they are told later, once", () => {
    given(...again).when(book("old", 1)).then(unwanted);
    given(...again, unwanted).when(book("old", 1)).thenNothing();
  });
  it("are known, and their news moves nothing", () => {
    given(...again).when(book("s1", 1)).thenNothing();
    given(...again).when({ type: "ConfirmParcelLeft", orderId, shipmentId: "s1", stock: [] }).thenNothing();
    given(...again).when({ type: "ConfirmParcelDelivered", orderId, shipmentId: "s1" }).thenNothing();
    const order = fold(orderDecider, [...again, unwanted]);
    expect([knowsParcel(order, "s1"), knowsParcel(order, "old"), knowsParcel(order, "new")]).toEqual([true, true, false]);
    expect(bookedParcelLines(order, "s1")).toEqual([]);
  });
  it("give way to those of the present one", () => {
    given(...again).when(book("n1", 2, 2, [tea(2)])).then(booked("n1", [tea(2)]));
    given(...again, booked("n1", [tea(2)])).when(book("n2", 2, 2, [cup])).then(allocated("n2", [cup]));
  });
  it("of an order that waits are packed again under the next number", () =>
    given(...again, held).when({ type: "ResumeOrder", orderId, reason: "r" }).then({ type: "OrderResumed", orderId, customerId: "c1", reason: "r", lines: pack(2), packing: 3 }));
  it("may leave for good under the next number", () =>
    given(...again, allocated("n1", [tea(2), cup]), left("n1")).when(callOff(tea(1))).refuses("ORDER_NOT_CANCELLABLE"));
});
