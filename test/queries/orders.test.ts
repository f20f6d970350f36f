import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { confirmPayment } from "../../src/commands/orders/follow-order.js";
import { paymentIdOf, recordPayment } from "../../src/commands/payments/record-payment.js";
import { moveShipment, recordBooking } from "../../src/commands/shipping/shipment/record-shipment.js";
import { asking, bookingFacts } from "../support/booked-parcel.js";
import { newId } from "../../src/kernel/ids.js";
import { ShopApi } from "./shop-api.js";
import { cancelOrder, furnish, order, placeOrder, type Placed } from "./shop-life.js";

const one = `query ($id: ID!, $position: String) { order(id: $id, position: $position) {
  id customerId status paymentStatus reason version subtotal { amount } shipping { amount } tax { amount } total { amount currency } placedAt
  lines { sku name quantity unitPrice { amount } net { amount } tax { amount } product { name stock { available onHand reserved } } }
  customer { id name } payment { status captured { amount } refunded { amount } } shipments { courier trackingCode status lines { sku quantity } } } }`;
const list = `query ($filter: OrdersFilter, $first: Int, $after: String, $last: Int, $before: String, $position: String) {
  orders(filter: $filter, first: $first, after: $after, last: $last, before: $before, position: $position) {
    nodes { id customerId status lines { sku } } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;

describe("orders", () => {
  let shop: ShopApi;
  beforeAll(async () => {
    shop = await ShopApi.start();
    await furnish(shop);
  });
  afterAll(() => shop.stop());

  it("are read by those who placed them, at the position of the answer", async () => {
    const input = { lines: [{ sku: "LAMP", quantity: 2 }, { sku: "SHADE", quantity: 1 }], idempotencyKey: newId() };
    const { data } = await shop.ask("ann", placeOrder, { input });
    // 2 × 10.00 + 5.50; 4.90 and 0.50 for each of 2 kg begun; 19 % of the lines.
    const amounts = { subtotal: { amount: "25.50" }, shipping: { amount: "5.90" }, tax: { amount: "4.85" }, total: { amount: "36.25", currency: "EUR" } };
    expect(data.placeOrder).toMatchObject({ userErrors: [], replayed: false, order: { status: "PLACED", ...amounts } });

    const { orderId: id, position } = data.placeOrder as Placed;
    const answer = await shop.ask("ann", one, { id, position });
    expect(answer.errors).toBeUndefined();
    expect(answer.extensions?.stale).toBeUndefined();
    expect(answer.data.order).toMatchObject({
      id, customerId: "ann", status: "PLACED", paymentStatus: "PENDING", version: 1, ...amounts, placedAt: data.placeOrder.order.placedAt,
      customer: { id: "ann", name: "Ann" }, payment: null, shipments: [],
    });
    expect(answer.data.order.lines).toEqual([
      { sku: "LAMP", name: "Lamp", quantity: 2, unitPrice: { amount: "10.00" }, net: { amount: "20.00" }, tax: { amount: "3.80" }, product: { name: "Lamp", stock: { available: 98, onHand: 100, reserved: 2 } } },
      { sku: "SHADE", name: "Lamp shade", quantity: 1, unitPrice: { amount: "5.50" }, net: { amount: "5.50" }, tax: { amount: "1.05" }, product: { name: "Lamp shade", stock: { available: 99, onHand: 100, reserved: 1 } } },
    ]);

    const again = await shop.ask("ann", placeOrder, { input });
    expect(again.data.placeOrder).toMatchObject({ orderId: id, position, replayed: true, order: data.placeOrder.order });
  });

  it("show payment and parcels", async () => {
    const { orderId, raw } = await order(shop, "ann");
    const paymentId = paymentIdOf(raw);
    await shop.send(recordPayment, { type: "RecordCapture", paymentId, orderId: raw, attempt: 1, amountMinor: 2_870, currency: "EUR", provider: "test", providerReference: "pi_1", expected: { amountMinor: 2_870, currency: "EUR" }, newsId: null });
    await shop.send(confirmPayment, { orderId: raw, paymentId });
    const shipmentId = newId();
    await shop.send(moveShipment, { orderId: raw, shipmentId, step: asking({ orderId: raw, shipmentId }) });
    const position = await shop.send(recordBooking, {
      ...bookingFacts, shipmentId, orderId: raw, courierId: "swift", bookingReference: "b", trackingCode: `T-${raw}`, lines: [{ sku: "LAMP", quantity: 2 }], weightGrams: 1_600, parcelCount: 1,
    });
    const { data } = await shop.ask("ann", one, { id: orderId, position });
    expect(data.order).toMatchObject({
      status: "PAID", paymentStatus: "CAPTURED", payment: { status: "CAPTURED", captured: { amount: "28.70" }, refunded: { amount: "0.00" } },
      shipments: [{ courier: "swift", status: "pre_transit", lines: [{ sku: "LAMP", quantity: 2 }] }],
    });
  });

  it("are nobody else's business", async () => {
    const { orderId: id, position } = await order(shop, "ann");
    expect((await shop.ask("bob", one, { id, position })).data).toEqual({ order: null });
    expect((await shop.ask("operator", one, { id, position })).data.order).toMatchObject({ id, customerId: "ann" });
    expect((await shop.ask(null, one, { id })).errors?.[0]?.extensions.code).toBe("UNAUTHENTICATED");
    expect((await shop.ask(null, list, { first: 1 })).errors?.[0]?.extensions.code).toBe("UNAUTHENTICATED");
    expect((await shop.ask("bob", list, { first: 5, filter: { customerId: "ann" }, position })).data.orders.nodes).toEqual([]);
    const foreign = await shop.ask("bob", cancelOrder, { input: { orderId: id, reason: "mine now", idempotencyKey: newId() } });
    expect(foreign.data.cancelOrder).toMatchObject({ orderId: null, userErrors: [{ code: "ORDER_UNKNOWN", field: ["orderId"] }] });
  });

  it("are called off, with the reason", async () => {
    const { orderId } = await order(shop, "ann");
    const { data } = await shop.ask("ann", cancelOrder, { input: { orderId, reason: "changed my mind", idempotencyKey: newId() } });
    expect(data.cancelOrder).toMatchObject({ orderId, userErrors: [] });
    const after = await shop.ask("ann", one, { id: orderId, position: data.cancelOrder.position });
    expect(after.data.order).toMatchObject({ status: "CANCELLED", reason: "changed my mind", version: 2 });
  });

  it("come in pages, newest first, from both ends, each order once", async () => {
    const placed: Placed[] = [];
    for (let count = 0; count < 7; count += 1) placed.push(await order(shop, "bob"));
    const newestFirst = placed.map(({ orderId }) => orderId).reverse();
    const position = placed.at(-1)?.position;
    const pageThrough = async (size: "first" | "last", from: "after" | "before"): Promise<string[][]> => {
      const pages: string[][] = [];
      for (let cursor: string | null = null, more = true; more;) {
        const { data } = await shop.ask("bob", list, { [size]: 3, [from]: cursor, position });
        const { nodes, pageInfo } = data.orders;
        pages.push(nodes.map(({ id }: { id: string }) => id));
        cursor = from === "after" ? pageInfo.endCursor : pageInfo.startCursor;
        more = from === "after" ? pageInfo.hasNextPage : pageInfo.hasPreviousPage;
      }
      return pages;
    };
    expect(await pageThrough("first", "after")).toEqual([newestFirst.slice(0, 3), newestFirst.slice(3, 6), newestFirst.slice(6)]);
    expect((await pageThrough("last", "before")).reverse().flat()).toEqual(newestFirst);
  });

  it("are found by customer, status and time", async () => {
    const early = await order(shop, "ann");
    const { data } = await shop.ask("operator", one, { id: early.orderId, position: early.position });
    const placedAt = data.order.placedAt as string;
    const ids = async (filter: object): Promise<string[]> =>
      (await shop.ask("operator", list, { first: 100, filter })).data.orders.nodes.map(({ id }: { id: string }) => id);
    expect(await ids({ customerId: "ann", status: "PLACED", placedFrom: placedAt })).toContain(early.orderId);
    expect(await ids({ placedTo: placedAt })).not.toContain(early.orderId);
    expect(await ids({ customerId: "bob" })).not.toContain(early.orderId);
    expect(await ids({ status: "DELIVERED" })).toEqual([]);
  });

  it("say so when the projector is behind, and catch up", async () => {
    await shop.stopProjector();
    const { orderId: id, position } = await order(shop, "ann");
    const behind = await shop.ask("ann", one, { id, position });
    expect(behind).toMatchObject({ data: { order: null }, extensions: { stale: true, position } });
    await shop.startProjector();
    const after = await shop.ask("ann", one, { id, position });
    expect(after.data.order).toMatchObject({ id });
    expect(after.extensions?.stale).toBeUndefined();
  });
});
