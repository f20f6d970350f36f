import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { confirmPayment } from "../../src/commands/orders/follow-order.js";
import { raiseAlert } from "../../src/commands/operations/raise-alert.js";
import { moveShipment, recordBooking } from "../../src/commands/shipping/shipment/record-shipment.js";
import { asking, bookingFacts } from "../support/booked-parcel.js";
import { newId } from "../../src/kernel/ids.js";
import { ShopApi, type Answer } from "./shop-api.js";
import { cancelOrder, furnish, order, receiveStock, upsertProducts } from "./shop-life.js";

const orderUpdates = "subscription ($id: ID!, $after: Int) { orderUpdates(orderId: $id, after: $after) { id status version customer { name } } }";
const trackingUpdates = "subscription ($id: ID!, $after: Int) { trackingUpdates(orderId: $id, after: $after) { orderId version shipments { status history { city status } } } }";
const stockUpdates = "subscription ($sku: String!, $after: Int) { stockUpdates(sku: $sku, after: $after) { sku available version } }";
const liveOrders = "subscription ($after: String) { liveOrders(after: $after) { kind gap cursor orders { id status } } }";
const alertRaised = "subscription { alertRaised { kind gap cursor alerts { key severity details { name value } } } }";

/** The next answer's field. The test's own time limit bounds the wait. */
async function next(updates: AsyncIterator<Answer>, field: string): Promise<Record<string, unknown>> {
  const { value, done } = await updates.next();
  if (done === true || value.errors) throw new Error(`no update: ${JSON.stringify(value)}`);
  return value.data[field];
}

describe("live updates", () => {
  let shop: ShopApi;
  beforeAll(async () => {
    // Nothing is read again for a minute: what comes was pushed.
    shop = await ShopApi.start({ LIVE_REFRESH_MS: "60000", POSITION_WAIT_MS: "1000" });
    await furnish(shop);
  });
  afterAll(() => shop.stop());

  const refusalOf = async (caller: string | null, query: string, variables: Record<string, unknown> = {}): Promise<unknown> => {
    const { value } = await (await shop.watch(caller, query, variables)).next();
    return (value as Answer).errors?.[0]?.extensions.code;
  };

  it("of an order: as it is, then every change; with a cursor only what is newer", async () => {
    const { orderId: id, raw } = await order(shop, "ann");
    const updates = await shop.watch("ann", orderUpdates, { id });
    expect(await next(updates, "orderUpdates")).toEqual({ id, status: "PLACED", version: 1, customer: { name: "Ann" } });
    await shop.send(confirmPayment, { orderId: raw, paymentId: newId() });
    expect(await next(updates, "orderUpdates")).toMatchObject({ status: "PAID", version: 2 });
    await shop.ask("ann", cancelOrder, { input: { orderId: id, reason: "no", idempotencyKey: newId() } });
    expect(await next(updates, "orderUpdates")).toMatchObject({ status: "CANCELLED", version: 3 });
    await updates.return?.();

    const resumed = await shop.watch("ann", orderUpdates, { id, after: 2 });
    expect(await next(resumed, "orderUpdates")).toMatchObject({ status: "CANCELLED", version: 3 });
  });

  it("can be asked for before the node has the order", async () => {
    await shop.stopProjector();
    const { orderId: id } = await order(shop, "ann");
    const updates = await shop.watch("ann", orderUpdates, { id });
    const first = next(updates, "orderUpdates");
    await shop.startProjector();
    expect(await first).toMatchObject({ id, version: 1 });
  });

  it("of an order are refused to others as if it were not there", async () => {
    const { orderId: id } = await order(shop, "ann");
    expect(await refusalOf("bob", orderUpdates, { id })).toBe("NOT_FOUND");
    expect(await refusalOf("bob", orderUpdates, { id: `order_${newId()}` })).toBe("NOT_FOUND");
    expect(await refusalOf(null, orderUpdates, { id })).toBe("UNAUTHENTICATED");
    expect(await refusalOf("ann", orderUpdates, { id: "order_1" })).toBe("BAD_USER_INPUT");
  });

  it("of parcels: from none, through the first label, to each scan", async () => {
    const { orderId: id, raw } = await order(shop, "ann");
    const updates = await shop.watch("ann", trackingUpdates, { id });
    expect(await next(updates, "trackingUpdates")).toEqual({ orderId: id, version: 0, shipments: [] });
    const shipmentId = newId();
    await shop.send(moveShipment, { orderId: raw, shipmentId, step: asking({ orderId: raw, shipmentId }) });
    await shop.send(recordBooking, {
      ...bookingFacts, shipmentId, orderId: raw, courierId: "swift", bookingReference: "b", trackingCode: `T-${raw}`, lines: [{ sku: "LAMP", quantity: 2 }], weightGrams: 1_600, parcelCount: 1,
    });
    expect(await next(updates, "trackingUpdates")).toMatchObject({ version: 3, shipments: [{ status: "pre_transit", history: [] }] });
    const scan = { scanId: "s1", rawCode: "IT", status: "in_transit" as const, reasonCode: null, city: "Ulm", occurredAt: "2026-01-31T09:05:00.000Z" };
    await shop.send(moveShipment, { orderId: raw, shipmentId, step: { type: "RecordScans", scans: [scan] } });
    expect(await next(updates, "trackingUpdates")).toMatchObject({ version: 4, shipments: [{ status: "in_transit", history: [{ city: "Ulm", status: "in_transit" }] }] });
    expect((await shop.ask("ann", "query ($id: ID!) { tracking(orderId: $id) { version shipments { courier } } }", { id })).data.tracking)
      .toEqual({ version: 4, shipments: [{ courier: "swift" }] });
    expect((await shop.ask("bob", "query ($id: ID!) { tracking(orderId: $id) { version } }", { id })).data.tracking).toBeNull();
  });

  it("of stock are for everybody, and begin at nothing", async () => {
    const products = [{ sku: "NEW", name: "New", price: "1.00", weightGrams: 1, taxBasisPoints: 0 }];
    await shop.ask("operator", upsertProducts, { input: { products, idempotencyKey: newId() } });
    const updates = await shop.watch(null, stockUpdates, { sku: "NEW" });
    expect(await next(updates, "stockUpdates")).toEqual({ sku: "NEW", available: 0, version: 0 });
    await shop.ask("operator", receiveStock, { input: { lines: [{ sku: "NEW", quantity: 5 }], idempotencyKey: newId() } });
    expect(await next(updates, "stockUpdates")).toEqual({ sku: "NEW", available: 5, version: 1 });
    await order(shop, "ann", [{ sku: "NEW", quantity: 2 }]);
    expect(await next(updates, "stockUpdates")).toEqual({ sku: "NEW", available: 3, version: 2 });
    expect(await refusalOf(null, stockUpdates, { sku: "NOPE" })).toBe("NOT_FOUND");
  });

  it("of all orders: a snapshot, the tail, and on from a cursor without a gap", async () => {
    const before = await order(shop, "bob");
    await shop.ask("bob", "query ($id: ID!, $position: String) { order(id: $id, position: $position) { id } }", { id: before.orderId, position: before.position });
    const updates = await shop.watch("operator", liveOrders);
    const snapshot = await next(updates, "liveOrders");
    expect(snapshot).toMatchObject({ kind: "snapshot", gap: false, orders: expect.arrayContaining([{ id: before.orderId, status: "PLACED" }]) });
    const [first, second] = [await order(shop, "ann"), await order(shop, "bob")];
    const seen: string[] = [];
    while (seen.length < 2) {
      const page = await next(updates, "liveOrders");
      expect(page).toMatchObject({ kind: "tail", gap: false });
      seen.push(...(page.orders as { id: string }[]).map(({ id }) => id).filter((id) => id !== before.orderId));
    }
    expect(seen).toEqual([first.orderId, second.orderId]);
    await updates.return?.();

    const resumed = await shop.watch("operator", liveOrders, { after: snapshot.cursor });
    const missed = await next(resumed, "liveOrders");
    expect(missed).toMatchObject({ kind: "tail", gap: false });
    expect((missed.orders as { id: string }[]).map(({ id }) => id)).toEqual(expect.arrayContaining([first.orderId, second.orderId]));
    const lost = await shop.watch("operator", liveOrders, { after: "999999999999" });
    expect(await next(lost, "liveOrders")).toMatchObject({ kind: "snapshot", gap: true });
    expect(await refusalOf("ann", liveOrders)).toBe("FORBIDDEN");
  });

  it("of alerts, for operators", async () => {
    const updates = await shop.watch("operator", alertRaised);
    expect(await next(updates, "alertRaised")).toMatchObject({ kind: "snapshot", gap: false, alerts: [] });
    await shop.send(raiseAlert, { key: "courier_down:swift", severity: "critical", message: "Swift is down.", details: { orders: 3 } });
    expect(await next(updates, "alertRaised")).toMatchObject({
      kind: "tail", alerts: [{ key: "courier_down:swift", severity: "critical", details: [{ name: "orders", value: "3" }] }],
    });
  });
});
