import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { expireReservations, releaseReservation, updateReservation } from "../../src/commands/inventory/change-reservation.js";
import { receiveStock } from "../../src/commands/inventory/receive-stock.js";
import { receiveUnits } from "../../src/commands/inventory/receive-units.js";
import { updateReservedUnits } from "../../src/commands/inventory/reserve-units.js";
import { cancelOrder } from "../../src/commands/orders/cancel-order.js";
import { confirmParcelBooked } from "../../src/commands/orders/follow-order.js";
import { advanceParcel } from "../../src/commands/orders/follow-parcel.js";
import { placeReservedOrderWith } from "../../src/commands/orders/place-order.js";
import { by, customer, operator, order } from "../bus/shop.js";
import { any, buyer, Hall, named, unitsOf, type Reserved } from "./hall.js";

const placeReserved = placeReservedOrderWith({ currency: "EUR", baseMinor: 490, perKilogramMinor: 50, taxBasisPoints: 0 });
let hall: Hall;
beforeAll(async () => { hall = await Hall.open(); });
afterAll(() => hall.close());

const idOf = ({ answer }: Reserved): string => answer?.reservationId ?? "";
const claim = (reservationId: string) => hall.bus.execute(placeReserved, { customerId: "c1", reservationId, guest: null }, by(customer));
const release = (reservationId: string) => hall.bus.execute(releaseReservation, { reservationId, buyer, guest: null }, by(customer));
const cancel = (orderId: string) => hall.bus.execute(cancelOrder, { orderId, reason: "" }, by(customer));
const lastEvent = async (streamId: string): Promise<unknown> => (await hall.shop.pool.query<{ data: object }>(
  "SELECT data FROM event_log WHERE stream_id = $1 ORDER BY version DESC LIMIT 1", [streamId])).rows[0]?.data;

describe("a reservation of seats", () => {
  it("names the seats, and no counter of the product moves", async () => {
    await hall.furnish("HALL", { A: 4 });
    const held = await hall.reserve([named("HALL", "A-1", "A-2")]);
    expect(held.answer?.lines).toEqual([{ sku: "HALL", quantity: 2, saleId: null, unitIds: ["A-1", "A-2"] }]);
    expect(await lastEvent(`reservation-${idOf(held)}`)).toMatchObject({ stock: [], units: [{ unitId: "A-1", state: "held", version: 2 }, { unitId: "A-2", row: "A", place: 2 }] });
    expect(await hall.shop.stockOf("HALL")).toEqual({ onHand: 0, reserved: 0, version: 0 });
    expect(await release(idOf(held))).toMatchObject({ refusal: null });
    expect(await hall.seats("HALL")).toMatchObject(Array.from({ length: 4 }, () => ({ state: "free", reservationId: null })));
  });

  it("is all or nothing, over several products too", async () => {
    await hall.furnish("LEFT", { A: 2 });
    await hall.furnish("RIGHT", { A: 2 });
    await hall.reserve([named("RIGHT", "A-2")]);
    const before = await hall.seats("LEFT");
    for (const [wish, code] of [
      [named("RIGHT", "A-1", "A-2"), "UNIT_TAKEN"], [named("RIGHT", "A-1", "B-7"), "UNIT_UNKNOWN"], [any("RIGHT", 2), "NOT_ENOUGH_UNITS"], [named("RIGHT", "A-1", "A-1"), "DUPLICATE_UNIT"],
    ] as const) {
      expect((await hall.reserve([any("LEFT", 1), wish])).refusal?.code).toBe(code);
    }
    expect((await hall.reserve([named("RIGHT", "A-1", "A-2")])).refusal).toEqual({ code: "UNIT_TAKEN", message: "Taken already: A-2.", field: "lines.0.unitIds.1" });
    expect(await hall.seats("LEFT")).toEqual(before);
    expect(await hall.seat("RIGHT", "A-1")).toMatchObject({ state: "free" });
  });

  it("can be exchanged for others, which may be some of its own", async () => {
    await hall.furnish("SWAP", { A: 4 });
    const held = await hall.reserve([named("SWAP", "A-1", "A-2")]);
    const swap = (wish: ReturnType<typeof any>) => hall.bus.execute(updateReservedUnits, { reservationId: idOf(held), buyer, guest: null, lines: [wish] }, by(customer));
    expect(unitsOf(await swap(named("SWAP", "A-2", "A-3")))).toEqual(["A-2", "A-3"]);
    expect((await hall.seats("SWAP")).map(({ state, version }) => `${state} ${String(version)}`)).toEqual(["free 3", "held 2", "held 2", "free 1"]);
    expect(unitsOf(await swap(any("SWAP", 4)))).toEqual(["A-1", "A-2", "A-3", "A-4"]);
    expect((await swap(any("SWAP", 5))).refusal?.code).toBe("NOT_ENOUGH_UNITS");
    await hall.shop.stock({ POSTER: 5 });
    const counted = [{ sku: "POSTER", quantity: 1, saleId: null }];
    await hall.bus.execute(updateReservation, { reservationId: idOf(held), buyer, guest: null, lines: counted }, by(customer));
    expect((await hall.seats("SWAP")).every(({ state }) => state === "free")).toBe(true);
    await swap(any("SWAP", 1));
    expect(await hall.shop.stockOf("POSTER")).toMatchObject({ onHand: 5, reserved: 0 });
  });
});

describe("a reservation whose time is over", () => {
  it("gives its seats to whoever needs them, at that moment", async () => {
    await hall.furnish("OVER", { A: 2 });
    const slow = await hall.reserve([named("OVER", "A-1")]);
    const slower = await hall.reserve([any("OVER", 1)]);
    for (const one of [slow, slower]) await hall.letExpire(idOf(one));
    expect(unitsOf(await hall.reserve([named("OVER", "A-1")]))).toEqual(["A-1"]);
    expect(unitsOf(await hall.reserve([any("OVER", 1)]))).toEqual(["A-2"]);
    expect((await claim(idOf(slow))).refusal).toMatchObject({ code: "RESERVATION_EXPIRED" });
    expect(await release(idOf(slower))).toMatchObject({ refusal: null });
    expect((await hall.seats("OVER")).map(({ state, version }) => `${state} ${String(version)}`)).toEqual(["held 3", "held 3"]);
  });

  it("can be claimed while nobody has needed the seats", async () => {
    await hall.furnish("LATE", { A: 2 });
    const [one, other] = [await hall.reserve([named("LATE", "A-1")]), await hall.reserve([named("LATE", "A-2")])];
    for (const each of [one, other]) await hall.letExpire(idOf(each));
    expect(await claim(idOf(one))).toMatchObject({ refusal: null });
    expect(await claim(idOf(other))).toMatchObject({ refusal: null });
    expect((await hall.seats("LATE")).every(({ state }) => state === "sold")).toBe(true);
  });

  it("is claimed and taken by somebody else at once: one of the two has the seat", async () => {
    await hall.furnish("TIE", { A: 20 });
    const held = await Promise.all(Array.from({ length: 20 }, (_, nth) => hall.reserve([named("TIE", `A-${String(nth + 1)}`)])));
    for (const one of held) await hall.letExpire(idOf(one));
    const other = hall.shop.process();
    const races = await Promise.all(held.map(async (one) => Promise.all([claim(idOf(one)), hall.reserve([named("TIE", ...unitsOf(one))], { bus: other })])));
    const words = races.map(([claimed, taken]) => `${claimed.refusal?.code ?? "SOLD"} ${taken.refusal?.code ?? "HELD"}`);
    expect(words.filter((word) => word !== "SOLD UNIT_TAKEN" && word !== "RESERVATION_EXPIRED HELD")).toEqual([]);
    const states = (await hall.seats("TIE")).map(({ state }) => state);
    expect(states).toEqual(words.map((word) => (word.startsWith("SOLD") ? "sold" : "held")));
  });
});

describe("release and claim at once", () => {
  it("leaves each seat sold or free, and both callers know which", async () => {
    await hall.furnish("BOTH", { A: 20 });
    const held = await Promise.all(Array.from({ length: 20 }, () => hall.reserve([any("BOTH", 1)])));
    const races = await Promise.all(held.map(async (one) => Promise.all([claim(idOf(one)), release(idOf(one))])));
    for (const [index, [claimed, released]] of races.entries()) {
      const { state } = await hall.seat("BOTH", unitsOf(held[index]!)[0]!);
      expect([claimed.refusal?.code ?? null, released.refusal?.code ?? null, state])
        .toEqual(state === "sold" ? [null, "RESERVATION_CLAIMED", "sold"] : ["RESERVATION_RELEASED", null, "free"]);
    }
  });
});

describe("an order of seats", () => {
  it("names them, and gives them back when it is called off", async () => {
    await hall.furnish("SHOW", { A: 2 });
    const placed = await claim(idOf(await hall.reserve([any("SHOW", 2)])));
    const orderId = placed.commandId;
    expect(await lastEvent(`order-${orderId}`)).toMatchObject({ lines: [{ sku: "SHOW", quantity: 2, unitIds: ["A-1", "A-2"] }], stock: [], units: [{ state: "sold", orderId }, { version: 3 }] });
    expect((await hall.reserve([any("SHOW", 1)])).refusal?.code).toBe("NOT_ENOUGH_UNITS");
    await cancel(orderId);
    await cancel(orderId);
    expect(await hall.seats("SHOW")).toMatchObject([{ state: "free", orderId: null, version: 4 }, { state: "free", version: 4 }]);
    expect((await hall.reserve([named("SHOW", "A-2")])).refusal).toBeNull();
  });

  it("sends them off parcel by parcel; what is gone can come back in", async () => {
    await hall.furnish("BIKE", { A: 3 });
    const { commandId: orderId } = await claim(idOf(await hall.reserve([any("BIKE", 3)])));
    const parcel = (shipmentId: string, quantity: number) => hall.bus.execute(confirmParcelBooked, { orderId, shipmentId, lines: [{ sku: "BIKE", quantity }], parcelCount: 2 }, by(operator));
    const leave = (shipmentId: string) => hall.bus.execute(advanceParcel, { orderId, shipmentId, milestone: "left" }, by(operator));
    await parcel("s1", 2);
    await parcel("s2", 1);
    await leave("s2");
    expect((await hall.seats("BIKE")).map(({ state }) => state)).toEqual(["gone", "sold", "sold"]);
    await leave("s1");
    expect((await hall.seats("BIKE")).map(({ state }) => state)).toEqual(["gone", "gone", "gone"]);
    const back = await hall.bus.execute(receiveUnits, { sku: "BIKE", units: [{ unitId: "A-1", row: "A", place: 1 }] }, by(operator));
    expect(back.refusal).toBeNull();
    expect(await hall.seat("BIKE", "A-1")).toMatchObject({ state: "free", orderId: null, version: 5 });
  });
});

describe("counted and numbered products", () => {
  it("are not taken for one another", async () => {
    await hall.furnish("SEAT", { A: 1 });
    await hall.shop.stock({ TEA: 3 });
    const before = await hall.shop.written();
    expect((await order(hall.shop.process(), { SEAT: 1 })).refusal?.code).toBe("UNITS_REQUIRED");
    expect((await hall.reserve([any("TEA", 1)])).refusal?.code).toBe("NOT_UNIT_TRACKED");
    expect((await hall.bus.execute(receiveStock, { lines: [{ sku: "SEAT", quantity: 1 }] }, by(operator))).refusal?.code).toBe("UNITS_REQUIRED");
    expect((await hall.bus.execute(receiveUnits, { sku: "TEA", units: [{ unitId: "1", row: null, place: null }] }, by(operator))).refusal?.code).toBe("NOT_UNIT_TRACKED");
    expect((await hall.shop.written()).events).toBe(before.events);
  });
});

describe("receiving units", () => {
  const receive = (sku: string, ...units: readonly (readonly [unitId: string, row?: string, place?: number])[]) =>
    hall.bus.execute(receiveUnits, { sku, units: units.map(([unitId, row = null, place = null]) => ({ unitId, row, place })) }, by(operator));
  it("refuses what is there, what is nowhere and what is no unit", async () => {
    await hall.furnish("BOX", { A: 2 });
    for (const [units, code] of [
      [[["A-1"]], "DUPLICATE_UNIT"], [[["B-1"], ["B-1"]], "DUPLICATE_UNIT"], [[["B-1", "A", 2]], "PLACE_TAKEN"], [[["B-1", "B", 1], ["B-2", "B", 1]], "PLACE_TAKEN"],
      [[["B-1", "B"]], "INVALID_PLACE"], [[["B-1", "B", 1.5]], "INVALID_PLACE"], [[["B/1"]], "INVALID_UNIT"], [[], "NO_UNITS"],
    ] as const) {
      expect((await receive("BOX", ...units)).refusal?.code).toBe(code);
    }
    expect((await receive("NOWHERE", ["1"])).refusal?.code).toBe("UNKNOWN_PRODUCT");
    expect(await hall.seats("BOX")).toHaveLength(2);
  });
  it("of the same place at once, through two processes, gives it to one", async () => {
    await hall.furnish("SPOT", { A: 1 });
    const other = hall.shop.process();
    const put = (bus: typeof other, unitId: string) => bus.execute(receiveUnits, { sku: "SPOT", units: [{ unitId, row: "B", place: 1 }] }, by(operator));
    const codes = (await Promise.all([put(hall.shop.process(), "X"), put(other, "Y"), put(other, "Z")])).map(({ refusal }) => refusal?.code ?? "RECEIVED");
    expect(codes.sort()).toEqual(["PLACE_TAKEN", "PLACE_TAKEN", "RECEIVED"]);
  });
});

describe("the sweeper's command", () => {
  it("gives seats back whose time is over, once", async () => {
    await hall.furnish("SWEEP", { A: 2 });
    const held = await hall.bus.execute(hall.shortReservation, { buyer, lines: [any("SWEEP", 2)] }, by(customer));
    await hall.clockPasses(held.answer?.expiresAt ?? "");
    const sweep = () => hall.bus.execute(expireReservations, { reservationIds: [idOf(held)] }, by(operator));
    expect((await sweep()).answer).toEqual({ expired: 1 });
    expect((await sweep()).answer).toEqual({ expired: 0 });
    expect(await hall.seats("SWEEP")).toMatchObject([{ state: "free", version: 3 }, { state: "free", version: 3 }]);
    expect((await hall.shop.pool.query("SELECT FROM hold_line WHERE reservation_id = $1", [idOf(held)])).rowCount).toBe(0);
    expect(await claim(idOf(held))).toMatchObject({ refusal: null });
  });
});
