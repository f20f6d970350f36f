import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { receiveUnits } from "../../src/commands/inventory/receive-units.js";
import { reserveUnitsWith } from "../../src/commands/inventory/reserve-units.js";
import { placeReservedOrderWith } from "../../src/commands/orders/place-order.js";
import { inspectReturn, requestReturn, type InspectionLine } from "../../src/commands/orders/return-order.js";
import type { OrderReturnInspected } from "../../src/events/orders.js";
import type { Actor } from "../../src/kernel/command.js";
import { by, customer, operator } from "../bus/shop.js";
import { Dispatch } from "./dispatch.js";

let desk: Dispatch;
beforeAll(async () => {
  desk = await Dispatch.open();
  await desk.shop.stock({ TEA: 100, CUP: 100, SEAT: 0 });
});
afterAll(() => desk.shop.close());

const ask = (orderId: string, lines: Readonly<Record<string, number>>, actor: Actor = customer) =>
  desk.bus.execute(requestReturn, { orderId, lines: Object.entries(lines).map(([sku, quantity]) => ({ sku, quantity })), reason: "does not fit" }, by(actor));
const inspect = (orderId: string, returnId: string, ...lines: readonly InspectionLine[]) => desk.bus.execute(inspectReturn, { orderId, returnId, lines }, by(operator));
const found = (sku: string, restocked: number, scrapped = 0, refused = 0, unitIds?: readonly string[]): InspectionLine => ({ sku, restocked, scrapped, refused, ...(unitIds ? { unitIds } : {}) });
const askedFor = async (orderId: string, lines: Readonly<Record<string, number>>): Promise<string> => (await ask(orderId, lines)).answer?.returnId ?? "refused";

describe("goods that come back", () => {
  it("are stock again when somebody found them good, and not before", async () => {
    const orderId = await desk.place({ TEA: 4, CUP: 1 });
    await desk.send(orderId);
    const [tea, cup] = [await desk.shop.stockOf("TEA"), await desk.shop.stockOf("CUP")];
    const first = await askedFor(orderId, { TEA: 3 });
    expect(await desk.shop.stockOf("TEA")).toEqual(tea);
    expect(await inspect(orderId, first, found("TEA", 1, 1, 1))).toMatchObject({ refusal: null });
    expect(await desk.shop.stockOf("TEA")).toMatchObject({ onHand: tea.onHand + 1, reserved: tea.reserved });
    expect(await desk.last<OrderReturnInspected>(orderId, "OrderReturnInspected")).toMatchObject({ revertedMinor: 2_380, complete: false, refundPaymentId: `p-${orderId}` });
    expect((await inspect(orderId, first, found("TEA", 1))).refusal?.code).toBe("RETURN_INSPECTED");
    expect(await inspect(orderId, await askedFor(orderId, { TEA: 1, CUP: 1 }), found("TEA", 1), found("CUP", 0, 1))).toMatchObject({ refusal: null });
    expect(await desk.shop.stockOf("CUP")).toEqual(cup);
    expect(await desk.order(orderId)).toMatchObject({ status: "DELIVERED", revertedMinor: 4_760 });
  });

  it("make the order RETURNED when all of them have, with its shipping", async () => {
    const orderId = await desk.place({ TEA: 2 });
    await desk.send(orderId);
    await inspect(orderId, await askedFor(orderId, { TEA: 2 }), found("TEA", 0, 2));
    const { status, revertedMinor, totals } = await desk.order(orderId);
    expect([status, revertedMinor]).toEqual(["RETURNED", totals.totalMinor]);
    expect((await ask(orderId, { TEA: 1 })).refusal?.code).toBe("NOTHING_TO_RETURN");
  });

  it("are refused as a whole where anything is wrong, and nothing changes", async () => {
    const orderId = await desk.place({ TEA: 2, CUP: 1 });
    expect((await ask(orderId, { TEA: 1 })).refusal?.code).toBe("NOTHING_TO_RETURN");
    await desk.send(orderId);
    const returnId = await askedFor(orderId, { TEA: 1, CUP: 1 });
    const before = { ...await desk.shop.written(), tea: await desk.shop.stockOf("TEA") };
    expect((await ask(orderId, { TEA: 1 }, { role: "customer", id: "c2" })).refusal?.code).toBe("ORDER_UNKNOWN");
    expect((await ask(orderId, { TEA: 2 })).refusal?.code).toBe("INVALID_QUANTITY");
    expect((await inspect(orderId, returnId, found("TEA", 1), found("CUP", 1, 1))).refusal?.code).toBe("INVALID_QUANTITY");
    expect((await inspect(orderId, returnId, found("POT", 1))).refusal?.code).toBe("UNKNOWN_LINE");
    expect((await inspect(orderId, "00000000-0000-5000-8000-000000000000", found("TEA", 1))).refusal?.code).toBe("RETURN_UNKNOWN");
    expect({ ...await desk.shop.written(), tea: await desk.shop.stockOf("TEA") }).toEqual({ ...before, answers: before.answers + 5 });
  });

  it("are counted once, whoever inspects them at the same time", async () => {
    const orderId = await desk.place({ TEA: 3 });
    await desk.send(orderId);
    const before = await desk.shop.stockOf("TEA");
    const returnId = await askedFor(orderId, { TEA: 3 });
    const other = desk.shop.process();
    const outcomes = await Promise.all(Array.from({ length: 12 }, (_, index) =>
      (index % 2 === 0 ? desk.bus : other).execute(inspectReturn, { orderId, returnId, lines: [found("TEA", 3)] }, by(operator))));
    expect(outcomes.filter(({ refusal }) => refusal === null)).toHaveLength(1);
    expect(await desk.shop.stockOf("TEA")).toMatchObject({ onHand: before.onHand + 3, reserved: before.reserved });
  });
});

describe("numbered units that come back", () => {
  const seat = async (unitId: string) => {
    const { rows: [row] } = await desk.shop.pool.query(`SELECT state, row_label AS "row", place, order_id AS "orderId" FROM stock_unit WHERE sku = 'SEAT' AND unit_id = $1`, [unitId]);
    return row as object;
  };
  const receive = (...units: readonly (readonly [string, number])[]) =>
    desk.bus.execute(receiveUnits, { sku: "SEAT", units: units.map(([unitId, place]) => ({ unitId, row: "A", place })) }, by(operator));

  it("are free again, the very ones, each at its place unless that is another's by now", async () => {
    await receive(["a", 1], ["b", 2], ["c", 3]);
    const reserved = await desk.bus.execute(reserveUnitsWith(600), { buyer: "customer:c1", lines: [{ sku: "SEAT", quantity: 3, unitIds: ["a", "b", "c"], adjacent: false }] }, by(customer));
    const tariff = { currency: "EUR", baseMinor: 0, perKilogramMinor: 0, taxBasisPoints: 0 };
    const { commandId: orderId } = await desk.bus.execute(placeReservedOrderWith(tariff), { customerId: "c1", reservationId: reserved.answer?.reservationId ?? "", guest: null }, by(customer));
    await desk.send(orderId);
    expect(await seat("b")).toEqual({ state: "gone", row: "A", place: 2, orderId });
    expect(await receive(["d", 3])).toMatchObject({ refusal: null }); // a new one in place of c

    const returnId = await askedFor(orderId, { SEAT: 2 });
    expect((await inspect(orderId, returnId, found("SEAT", 1, 0, 0, ["d"]))).refusal?.code).toBe("UNIT_UNKNOWN");
    expect((await inspect(orderId, returnId, found("SEAT", 1, 0, 0, ["b", "c"]))).refusal?.code).toBe("UNIT_UNKNOWN");
    expect(await inspect(orderId, returnId, found("SEAT", 2, 0, 0, ["b", "c"]))).toMatchObject({ refusal: null });
    expect(await Promise.all(["a", "b", "c", "d"].map(seat))).toEqual([
      { state: "gone", row: "A", place: 1, orderId }, { state: "free", row: "A", place: 2, orderId: null }, { state: "free", row: null, place: null, orderId: null },
      { state: "free", row: "A", place: 3, orderId: null },
    ]);
    await inspect(orderId, await askedFor(orderId, { SEAT: 1 }), found("SEAT", 1));
    expect(await seat("a")).toEqual({ state: "free", row: "A", place: 1, orderId: null });
    expect(await desk.order(orderId)).toMatchObject({ status: "RETURNED" });
  });
});
