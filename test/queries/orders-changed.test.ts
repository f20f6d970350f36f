import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { confirmParcelBooked, confirmPayment, holdOrder } from "../../src/commands/orders/follow-order.js";
import { advanceParcel } from "../../src/commands/orders/follow-parcel.js";
import { noteDecline } from "../../src/commands/orders/note-decline.js";
import { newId } from "../../src/kernel/ids.js";
import { ShopApi, type Answer } from "./shop-api.js";
import { cancelOrder, furnish, order } from "./shop-life.js";

const one = `query ($id: ID!, $position: String) { order(id: $id, position: $position) {
  status paymentStatus payBefore reason total { amount } reverted { amount } version
  lines { sku quantity cancelledQuantity returnedQuantity }
  returns { id state reason refund { amount } inspectedAt lines { sku quantity restocked scrapped refused } } } }`;
const updates = "subscription ($id: ID!) { orderUpdates(orderId: $id) { status version reverted { amount } } }";
const mutation = (name: string, Input: string, more = ""): string => `mutation ($input: ${Input}!) { ${name}(input: $input) { orderId ${more} position replayed userErrors { code field } } }`;
const cancelOrderLines = mutation("cancelOrderLines", "CancelOrderLinesInput");
const requestReturn = mutation("requestReturn", "RequestReturnInput", "returnId");
const inspectReturn = mutation("inspectReturn", "InspectReturnInput");
const resumeOrder = mutation("resumeOrder", "ResumeOrderInput");
const dashboard = "query ($from: DateTime!, $to: DateTime!) { salesDashboard(from: $from, to: $to, top: 5) { hours { orders cancelledOrders revenue { amount } } topProducts { sku units revenue { amount } } } }";

describe("what may happen to an order", () => {
  let shop: ShopApi;
  beforeAll(async () => {
    shop = await ShopApi.start();
    await furnish(shop);
  });
  afterAll(() => shop.stop());

  const did = async (caller: string, query: string, input: object) => {
    const { data, errors } = await shop.ask(caller, query, { input: { idempotencyKey: newId(), ...input } });
    if (errors) throw new Error(JSON.stringify(errors));
    return Object.values(data as Record<string, unknown>)[0] as { orderId: string; returnId?: string; position: string; userErrors: readonly { code: string; field: readonly string[] }[] };
  };
  const shown = async (id: string, position: string) => (await shop.ask("ann", one, { id, position })).data.order as Record<string, unknown>;
  const sent = async (raw: string, lines: readonly { sku: string; quantity: number }[]): Promise<void> => {
    await shop.send(confirmPayment, { orderId: raw, paymentId: newId() });
    const shipmentId = newId();
    await shop.send(confirmParcelBooked, { orderId: raw, shipmentId, lines, parcelCount: 1 });
    await shop.send(advanceParcel, { orderId: raw, shipmentId, milestone: "delivered" });
  };

  it("is seen line by line, and live", async () => {
    const { orderId, raw } = await order(shop, "ann", [{ sku: "LAMP", quantity: 3 }, { sku: "SHADE", quantity: 1 }]);
    const live = await shop.watch("ann", updates, { id: orderId });
    const next = async (): Promise<unknown> => ((await live.next()).value as Answer).data.orderUpdates;
    expect(await next()).toMatchObject({ version: 1, reverted: { amount: "0.00" } });
    const { position, userErrors } = await did("ann", cancelOrderLines, { orderId, lines: [{ sku: "LAMP", quantity: 1 }], reason: "two will do" });
    expect(userErrors).toEqual([]);
    expect(await shown(orderId, position)).toMatchObject({
      status: "PLACED", reverted: { amount: "11.90" }, lines: [{ sku: "LAMP", quantity: 3, cancelledQuantity: 1, returnedQuantity: 0 }, { sku: "SHADE", cancelledQuantity: 0 }],
    });
    expect(await next()).toMatchObject({ status: "PLACED", version: 2, reverted: { amount: "11.90" } });
    expect(await did("ann", cancelOrderLines, { orderId, lines: [{ sku: "LAMP", quantity: 9 }], reason: "" })).toMatchObject({ orderId: null, userErrors: [{ code: "INVALID_QUANTITY", field: ["lines", "0", "quantity"] }] });
    expect(await did("bob", cancelOrderLines, { orderId, lines: [{ sku: "LAMP", quantity: 1 }], reason: "" })).toMatchObject({ userErrors: [{ code: "ORDER_UNKNOWN" }] });
    await sent(raw, [{ sku: "LAMP", quantity: 2 }, { sku: "SHADE", quantity: 1 }]);
    expect(await did("ann", cancelOrderLines, { orderId, lines: [{ sku: "LAMP", quantity: 1 }], reason: "" })).toMatchObject({ userErrors: [{ code: "ORDER_NOT_CANCELLABLE" }] });
    await live.return?.();
  });

  it("comes back, is looked at by an operator, and counts in the reports", async () => {
    const { orderId, raw } = await order(shop, "ann", [{ sku: "LAMP", quantity: 2 }]);
    expect(await did("ann", requestReturn, { orderId, lines: [{ sku: "LAMP", quantity: 1 }], reason: "" })).toMatchObject({ userErrors: [{ code: "NOTHING_TO_RETURN" }] });
    await sent(raw, [{ sku: "LAMP", quantity: 2 }]);
    const { returnId, position } = await did("ann", requestReturn, { orderId, lines: [{ sku: "LAMP", quantity: 2 }], reason: "too bright" });
    expect(await shown(orderId, position)).toMatchObject({
      status: "DELIVERED", returns: [{ id: returnId, state: "REQUESTED", reason: "too bright", inspectedAt: null, lines: [{ sku: "LAMP", quantity: 2, restocked: 0 }] }],
    });
    const lines = [{ sku: "LAMP", restocked: 1, refused: 1 }];
    expect((await shop.ask("ann", inspectReturn, { input: { orderId, returnId, lines, idempotencyKey: newId() } })).errors?.[0]?.extensions.code).toBe("FORBIDDEN");
    const inspected = await did("operator", inspectReturn, { orderId, returnId, lines });
    expect(await shown(orderId, inspected.position)).toMatchObject({
      status: "DELIVERED", reverted: { amount: "11.90" }, lines: [{ returnedQuantity: 1 }],
      returns: [{ state: "INSPECTED", refund: { amount: "11.90" }, lines: [{ quantity: 2, restocked: 1, scrapped: 0, refused: 1 }] }],
    });
    expect(await did("operator", inspectReturn, { orderId, returnId, lines })).toMatchObject({ userErrors: [{ code: "RETURN_INSPECTED" }] });
    const cancelled = await order(shop, "ann", [{ sku: "SHADE", quantity: 4 }]);
    const { position: last } = await did("ann", cancelOrder, { orderId: cancelled.orderId, reason: "" });
    await shown(orderId, last);
    await shop.refreshViews();
    const { data } = await shop.ask("operator", dashboard, { from: new Date(Date.now() - 7_200_000).toISOString(), to: new Date(Date.now() + 7_200_000).toISOString() });
    const sum = (data.salesDashboard.hours as { revenue: { amount: string } }[]).reduce((all, { revenue }) => all + Number(revenue.amount), 0);
    // Of the first order 2 lamps and a shade with its shipping of 3 kg, of the second one lamp with its shipping of 2 kg.
    expect(sum).toBeCloseTo(20 * 1.19 + 6.55 + 4.9 + 1.5 + 11.9 + 4.9 + 1, 5);
    expect(data.salesDashboard.topProducts).toEqual([{ sku: "LAMP", units: 3, revenue: { amount: "30.00" } }, { sku: "SHADE", units: 1, revenue: { amount: "5.50" } }]);
  });

  it("waits until an operator lets it go on", async () => {
    const { orderId, raw } = await order(shop, "ann");
    const held = await shop.send(holdOrder, { orderId: raw, reason: "no courier" });
    expect(await shown(orderId, held)).toMatchObject({ status: "ON_HOLD", reason: "no courier" });
    expect((await shop.ask("ann", resumeOrder, { input: { orderId, reason: "", idempotencyKey: newId() } })).errors?.[0]?.extensions.code).toBe("FORBIDDEN");
    const { position } = await did("operator", resumeOrder, { orderId, reason: "found one" });
    expect(await shown(orderId, position)).toMatchObject({ status: "PLACED", reason: null });
    expect(await did("operator", resumeOrder, { orderId, reason: "" })).toMatchObject({ userErrors: [{ code: "ORDER_NOT_ON_HOLD" }] });
  });

  it("says until when it may be paid otherwise", async () => {
    const { orderId, raw } = await order(shop, "ann");
    const payBefore = new Date(Date.now() + 600_000).toISOString();
    const position = await shop.send(noteDecline, { orderId: raw, paymentId: "p", attempt: 1, code: "card_declined", payBefore });
    expect(await shown(orderId, position)).toMatchObject({ status: "PLACED", paymentStatus: "FAILED", payBefore });
  });
});
