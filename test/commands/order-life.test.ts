import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { cancelOrder } from "../../src/commands/orders/cancel-order.js";
import { confirmParcelBooked, confirmPayment, holdOrder } from "../../src/commands/orders/follow-order.js";
import { advanceParcel } from "../../src/commands/orders/follow-parcel.js";
import { orderStream } from "../../src/commands/orders/order.decider.js";
import type { Actor } from "../../src/kernel/command.js";
import { readState } from "../../src/platform/jobs/event-reader.js";
import { by, customer, failureOf, openShop, operator, order, type Shop, type TestBus } from "../bus/shop.js";

const system: Actor = { role: "system", id: "orders.process" };
const tea = [{ sku: "TEA", quantity: 2 }];
const cup = [{ sku: "CUP", quantity: 1 }];

describe("the life of an order", () => {
  let shop: Shop;
  let bus: TestBus;
  beforeAll(async () => {
    shop = await openShop();
    bus = shop.process();
  });
  afterAll(() => shop.close());

  const stock = () => Promise.all([shop.stockOf("TEA"), shop.stockOf("CUP")]);
  const begin = async (): Promise<string> => {
    await shop.stock({ TEA: 10, CUP: 10 });
    const { commandId: orderId } = await order(bus, { TEA: 2, CUP: 1 });
    await bus.execute(confirmPayment, { orderId, paymentId: "p1" }, by(system));
    return orderId;
  };
  const book = (orderId: string, shipmentId: string, lines = tea) => bus.execute(confirmParcelBooked, { orderId, shipmentId, lines, parcelCount: 2 }, by(system));
  const advance = (orderId: string, shipmentId: string, milestone: "left" | "delivered", key?: string) =>
    bus.execute(advanceParcel, { orderId, shipmentId, milestone }, by(system, key));
  const statusOf = async (orderId: string) => (await readState(shop.pool, orderStream, orderId)).status;

  it("goes parcel by parcel, and its units leave with them", async () => {
    const orderId = await begin();
    const [{ onHand }] = await stock();
    await book(orderId, "s1");
    await book(orderId, "s2", cup);
    expect(await statusOf(orderId)).toBe("ALLOCATED");
    await advance(orderId, "s1", "left");
    await advance(orderId, "s1", "left"); // the courier says it twice
    expect((await stock())[0]).toMatchObject({ onHand: onHand - 2, reserved: 0 });
    await advance(orderId, "s1", "delivered");
    expect(await statusOf(orderId)).toBe("SHIPPED");
    await advance(orderId, "s2", "delivered"); // nobody saw it leave
    expect(await statusOf(orderId)).toBe("DELIVERED");
    expect((await stock())[1]).toMatchObject({ reserved: 0 });
    expect(await bus.execute(cancelOrder, { orderId, reason: "" }, by(customer))).toMatchObject({ refusal: { code: "ORDER_NOT_CANCELLABLE" } });
  });

  it("loses no news that overtook the booking", async () => {
    const orderId = await begin();
    const before = { ...await shop.written(), stock: await stock() };
    expect(await failureOf(advance(orderId, "early", "delivered", "overtaken"))).toBe("UNAVAILABLE");
    expect({ ...await shop.written(), stock: await stock() }).toEqual(before); // not answered: the job comes again
    await book(orderId, "early");
    expect(await advance(orderId, "early", "delivered", "overtaken")).toMatchObject({ refusal: null, replayed: false });
    expect((await readState(shop.pool, orderStream, orderId))).toMatchObject({ status: "SHIPPED" });
    await book(orderId, "late", cup);
    await advance(orderId, "late", "delivered");
    expect(await statusOf(orderId)).toBe("DELIVERED");
  });

  it("gives its units back when it is called off, and wants no parcel any more", async () => {
    const orderId = await begin();
    const before = await stock();
    await book(orderId, "s1");
    expect(await bus.execute(cancelOrder, { orderId, reason: "changed my mind" }, by(customer))).toMatchObject({ refusal: null });
    expect((await stock()).map(({ reserved }) => reserved)).toEqual([before[0].reserved - 2, before[1].reserved - 1]);
    const after = { ...await shop.written(), stock: await stock() };
    expect(await failureOf(advance(orderId, "unbooked", "left"))).toBe("UNAVAILABLE");
    expect({ ...await shop.written(), stock: await stock() }).toEqual(after);
    await book(orderId, "s2", cup);
    expect((await shop.pool.query("SELECT type FROM event_log WHERE stream_id = $1 ORDER BY version DESC LIMIT 1", [`order-${orderId}`])).rows).toEqual([{ type: "OrderShipmentUnwanted" }]);
  });

  it("is nobody else's, and a long reason is refused", async () => {
    const orderId = await begin();
    const before = { ...await shop.written(), stock: await stock() };
    const cancel = (actor: Actor, id: string, reason = "") => bus.execute(cancelOrder, { orderId: id, reason }, by(actor));
    expect(await cancel({ role: "customer", id: "c2" }, orderId)).toMatchObject({ refusal: { code: "ORDER_UNKNOWN" } });
    expect(await cancel(operator, "00000000-0000-5000-8000-000000000000")).toMatchObject({ refusal: { code: "ORDER_UNKNOWN" } });
    expect(await cancel(customer, orderId, "x".repeat(501))).toMatchObject({ refusal: { code: "INVALID_REASON" } });
    expect({ ...await shop.written(), stock: await stock() }).toEqual({ ...before, answers: before.answers + 3 });
    expect(await cancel(operator, orderId)).toMatchObject({ refusal: null });
  });

  it("on hold can be called off, with its units and its money", async () => {
    const orderId = await begin();
    const before = await stock();
    await bus.execute(holdOrder, { orderId, reason: "no address" }, by(system));
    await bus.execute(cancelOrder, { orderId, reason: "" }, by(operator));
    expect((await stock())[0].reserved).toBe(before[0].reserved - 2);
    const { rows } = await shop.pool.query("SELECT DISTINCT name FROM pgboss.job WHERE data->>'correlationId' = $1 ORDER BY name", [orderId]);
    expect(rows.map(({ name }) => name as string)).toEqual(["invoices.issue", "notices.record", "payments.charge", "payments.give-back", "shipping.book"]);
  });
});
