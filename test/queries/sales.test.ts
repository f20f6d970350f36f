import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { newId } from "../../src/kernel/ids.js";
import { ShopApi } from "./shop-api.js";
import { cancelSale, endSale, fromNow, hourMs, mutate, reserveStock, schedule, watchStock, type Scheduled } from "./sale-life.js";
import { cancelOrder, furnish, placeOrder } from "./shop-life.js";

const saleFields = "id sku price { amount currency } status allocation left held sold limitPerCustomer holdSeconds waitingRoom { ratePerSecond passSeconds } startsAt endsAt version product { name }";
const sale = `query ($id: ID!, $position: String) { sale(id: $id, position: $position) { ${saleFields} } }`;
const sales = `query ($first: Int, $after: String, $last: Int, $sku: String, $status: SaleStatus, $position: String) {
  sales(first: $first, after: $after, last: $last, filter: { sku: $sku, status: $status }, position: $position) { nodes { id status left } pageInfo { hasNextPage endCursor } } }`;
const topDeals = "query ($first: Int!, $position: String) { topDeals(first: $first, position: $position) { id product { sku } } }";
const stock = "query ($sku: String!, $position: String) { product(sku: $sku, position: $position) { stock { available onHand reserved lowAt version } sales { id status left } } }";

describe("sales", () => {
  let shop: ShopApi;
  let open: Scheduled;
  let coming: Scheduled;
  let waiting: Scheduled;
  let cheap: Scheduled;
  const read = async (id: string, position?: string): Promise<Record<string, unknown>> => (await shop.ask(null, sale, { id, position })).data.sale;
  const ids = async (variables: object): Promise<string[]> => (await shop.ask(null, sales, { first: 10, ...variables })).data.sales.nodes.map(({ id }: { id: string }) => id);

  beforeAll(async () => {
    shop = await ShopApi.start();
    await furnish(shop);
    open = await schedule(shop);
    coming = await schedule(shop, { startsAt: fromNow(hourMs), endsAt: fromNow(2 * hourMs), limitPerCustomer: null, holdSeconds: 60 });
    waiting = await schedule(shop, { sku: "SHADE", price: { amount: "5.00", currency: "EUR" }, startsAt: fromNow(-2 * hourMs), waitingRoom: { ratePerSecond: 5, passSeconds: 90 } });
    cheap = await schedule(shop, { sku: "SHADE", price: { amount: "1.00", currency: "EUR" }, startsAt: fromNow(-3 * hourMs), endsAt: fromNow(3 * hourMs) });
  });
  afterAll(() => shop.stop());

  it("are public, with terms, status and counters", async () => {
    expect(await read(open.saleId, cheap.position)).toMatchObject({
      id: open.saleId, sku: "LAMP", price: { amount: "7.00", currency: "EUR" }, status: "OPEN", allocation: 10, left: 10, held: 0, sold: 0,
      limitPerCustomer: 4, holdSeconds: 600, waitingRoom: null, product: { name: "Lamp" },
    });
    expect(await read(coming.saleId)).toMatchObject({ status: "SCHEDULED", limitPerCustomer: null, holdSeconds: 60 });
    expect(await read(waiting.saleId)).toMatchObject({ waitingRoom: { ratePerSecond: 5, passSeconds: 90 } });
    expect(await read(`sale_${newId()}`)).toBeNull();
    expect((await shop.ask(null, sale, { id: "sale_1" })).errors?.[0]?.extensions.code).toBe("BAD_USER_INPUT");
  });

  it("come in pages, those that begin last first, and by product and status", async () => {
    const { data } = await shop.ask(null, sales, { first: 2, position: cheap.position });
    expect(data.sales.nodes.map(({ id }: { id: string }) => id)).toEqual([coming.saleId, open.saleId]);
    expect(await ids({ after: data.sales.pageInfo.endCursor })).toEqual([waiting.saleId, cheap.saleId]);
    expect(await ids({ first: null, last: 1 })).toEqual([cheap.saleId]);
    expect(await ids({ sku: "SHADE" })).toEqual([waiting.saleId, cheap.saleId]);
    expect(await ids({ status: "SCHEDULED" })).toEqual([coming.saleId]);
    expect(await ids({ status: "OPEN" })).toEqual([open.saleId, waiting.saleId, cheap.saleId]);
  });

  it("that are on and cheapest against the product's price are the top deals", async () => {
    const deals = async (first: number, position: string): Promise<unknown> => (await shop.ask(null, topDeals, { first, position })).data.topDeals;
    expect(await deals(2, cheap.position)).toEqual([{ id: cheap.saleId, product: { sku: "SHADE" } }, { id: open.saleId, product: { sku: "LAMP" } }]);
    const soldOut = await schedule(shop, { price: { amount: "0.10", currency: "EUR" }, allocation: 1 });
    expect(await deals(1, soldOut.position)).toMatchObject([{ id: soldOut.saleId }]);
    const { position } = await mutate(shop, "ann", reserveStock, { lines: [{ sku: "LAMP", quantity: 1, saleId: soldOut.saleId }] });
    expect(await deals(1, position)).toMatchObject([{ id: cheap.saleId }]);
    expect((await shop.ask(null, topDeals, { first: 0 })).errors?.[0]?.extensions.code).toBe("BAD_USER_INPUT");
  });

  it("count what is held, sold and given back; the order's line names its sale", async () => {
    const lines = [{ sku: "LAMP", quantity: 2, saleId: open.saleId }];
    const held = await mutate(shop, "ann", reserveStock, { lines });
    expect(await read(open.saleId, held.position)).toMatchObject({ left: 8, held: 2, sold: 0 });
    const placed = await mutate(shop, "ann", placeOrder, { reservationId: held.reservationId });
    expect(await read(open.saleId, placed.position)).toMatchObject({ left: 8, held: 0, sold: 2 });
    const { data } = await shop.ask("ann", "query ($id: ID!, $position: String) { order(id: $id, position: $position) { lines { sku saleId unitPrice { amount } } } }", { id: placed.orderId, position: placed.position });
    expect(data.order.lines).toEqual([{ sku: "LAMP", saleId: open.saleId, unitPrice: { amount: "7.00" } }]);
    const cancelled = await mutate(shop, "ann", cancelOrder, { orderId: placed.orderId, reason: "no" });
    expect(await read(open.saleId, cancelled.position)).toMatchObject({ left: 10, held: 0, sold: 0 });
  });

  it("stand with their product, as long as they are on or to come; its stock says what is set aside and from when on it is low", async () => {
    const { position } = await mutate(shop, "operator", watchStock, { sku: "SHADE", lowAt: 5 });
    const before = await shop.ask(null, stock, { sku: "SHADE", position });
    expect(before.data.product).toMatchObject({
      stock: { available: 80, onHand: 100, reserved: 20, lowAt: 5 }, sales: [{ id: cheap.saleId, status: "OPEN", left: 10 }, { id: waiting.saleId, left: 10 }],
    });
    await mutate(shop, "operator", endSale, { saleId: waiting.saleId });
    const ended = await mutate(shop, "operator", cancelSale, { saleId: cheap.saleId });
    const { data } = await shop.ask(null, stock, { sku: "SHADE", position: ended.position });
    expect(data.product).toMatchObject({ stock: { available: 100, reserved: 0 }, sales: [] });
    expect(await read(waiting.saleId)).toMatchObject({ status: "ENDED", left: 0 });
    expect(await ids({ status: "ENDED" })).toEqual([waiting.saleId]);
    expect(await ids({ status: "CANCELLED" })).toEqual([cheap.saleId]);
  });
});
