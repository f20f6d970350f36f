import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { newId } from "../../src/kernel/ids.js";
import { ShopApi, type Answer } from "./shop-api.js";
import { endSale, fromNow, mutate, releaseReservation, reserveStock, schedule, updateReservation, watchStock } from "./sale-life.js";
import { furnish, placeOrder, receiveStock, upsertProducts } from "./shop-life.js";

const saleUpdates = "subscription ($id: ID!) { saleUpdates(saleId: $id) { id status left held sold version product { name } } }";
const reservationUpdates = "subscription ($id: ID!, $guestSecret: String) { reservationUpdates(reservationId: $id, guestSecret: $guestSecret) { id status secondsLeft orderId lines { sku quantity } } }";
const stockAlerts = "subscription ($after: String) { stockAlerts(after: $after) { kind gap cursor alerts { sku level available product { name } } } }";
const guestSecret = "a-guest-who-made-this-up-0123456789";

/** The next answer's field; undefined at the end. The test's own time limit bounds the wait. */
async function next(updates: AsyncIterator<Answer>): Promise<Record<string, unknown> | undefined> {
  const { value, done } = await updates.next();
  if (done === true) return undefined;
  if (value.errors) throw new Error(String(value.errors[0]?.extensions.code));
  return Object.values<Record<string, unknown>>(value.data)[0];
}

describe("live updates of sales", () => {
  let shop: ShopApi;
  beforeAll(async () => {
    // Nothing is read again for a minute: what comes was pushed, or is the clock's doing.
    shop = await ShopApi.start({ LIVE_REFRESH_MS: "60000", POSITION_WAIT_MS: "1000", STOCK_PUSH_MS: "1", RESERVATION_SECONDS: "60" });
    await furnish(shop);
  });
  afterAll(() => shop.stop());

  const reserve = (caller: string | null, line: object = { sku: "SHADE", quantity: 1 }, more: object = {}) => mutate(shop, caller, reserveStock, { lines: [line], ...more });

  it("tell what is left, held and sold, and the end", async () => {
    const { saleId: id } = await schedule(shop);
    const updates = await shop.watch(null, saleUpdates, { id });
    expect(await next(updates)).toMatchObject({ id, status: "OPEN", left: 10, held: 0, product: { name: "Lamp" } });
    const { reservationId } = await reserve("ann", { sku: "LAMP", quantity: 2, saleId: id });
    expect(await next(updates)).toMatchObject({ left: 8, held: 2, sold: 0 });
    await mutate(shop, "ann", placeOrder, { reservationId });
    expect(await next(updates)).toMatchObject({ left: 8, held: 0, sold: 2 });
    await mutate(shop, "operator", endSale, { saleId: id });
    // The terms and the counters may come one after the other.
    let last = await next(updates);
    while (last?.["status"] !== "ENDED" || last["left"] !== 0) last = await next(updates);
    expect(last).toMatchObject({ held: 0, sold: 2 });
  });

  it("tell that a sale begins and ends, by the clock alone", async () => {
    const { saleId: id } = await schedule(shop, { startsAt: fromNow(1_000), endsAt: fromNow(1_500), allocation: 1 });
    const updates = await shop.watch(null, saleUpdates, { id });
    const statuses: unknown[] = [];
    while (statuses.at(-1) !== "ENDED") statuses.push((await next(updates))?.["status"]);
    expect(statuses.slice(-2)).toEqual(["OPEN", "ENDED"]);
  });

  it("refuse a sale that there is not", async () => {
    await expect(next(await shop.watch(null, saleUpdates, { id: `sale_${newId()}` }))).rejects.toThrow("NOT_FOUND");
  });

  it("of a reservation begin with how it is and end with its claim", async () => {
    const { reservationId: id } = await reserve("ann");
    const updates = await shop.watch("ann", reservationUpdates, { id });
    const first = await next(updates);
    expect(first).toMatchObject({ id, status: "RESERVED", lines: [{ sku: "SHADE", quantity: 1 }] });
    expect(first?.["secondsLeft"]).toBeGreaterThan(0);
    await mutate(shop, "ann", updateReservation, { reservationId: id, lines: [{ sku: "SHADE", quantity: 2 }] });
    expect(await next(updates)).toMatchObject({ status: "RESERVED", lines: [{ quantity: 2 }] });
    const { orderId } = await mutate(shop, "ann", placeOrder, { reservationId: id });
    expect(await next(updates)).toMatchObject({ status: "CLAIMED", orderId, secondsLeft: 0 });
    expect(await next(updates)).toBeUndefined();
  });

  it("of a reservation say that its time is over, with no event at all", async () => {
    const { saleId } = await schedule(shop, { holdSeconds: 1, allocation: 1 });
    const { reservationId: id } = await reserve(null, { sku: "LAMP", quantity: 1, saleId }, { guestSecret });
    const updates = await shop.watch(null, reservationUpdates, { id, guestSecret });
    expect(await next(updates)).toMatchObject({ status: "RESERVED", secondsLeft: 1 });
    expect(await next(updates)).toMatchObject({ status: "EXPIRED", secondsLeft: 0 });
    expect(await next(updates)).toBeUndefined();
  });

  it("of a reservation are for its buyer and operators; one that is over is told once", async () => {
    const { reservationId: id } = await reserve("ann");
    await mutate(shop, "ann", releaseReservation, { reservationId: id });
    const updates = await shop.watch("operator", reservationUpdates, { id });
    let told = await next(updates);
    if (told?.["status"] === "RESERVED") told = await next(updates);
    expect(told).toMatchObject({ status: "RELEASED" });
    expect(await next(updates)).toBeUndefined();
    await expect(next(await shop.watch("bob", reservationUpdates, { id }))).rejects.toThrow("NOT_FOUND");
    await expect(next(await shop.watch(null, reservationUpdates, { id }))).rejects.toThrow("UNAUTHENTICATED");
  });

  it("of stock that runs low or out are for operators: what is so, then what becomes so", async () => {
    const product = { sku: "RARE", name: "Rare", price: "10.00", weightGrams: 800, taxBasisPoints: 1_900 };
    await mutate(shop, "operator", upsertProducts, { products: [product] });
    await mutate(shop, "operator", receiveStock, { lines: [{ sku: "RARE", quantity: 3 }] });
    const { position } = await mutate(shop, "operator", watchStock, { sku: "RARE", lowAt: 2 });
    await shop.ask(null, "query ($position: String) { product(sku: \"RARE\", position: $position) { stock { lowAt } } }", { position });
    const updates = await shop.watch("operator", stockAlerts);
    const snapshot = await next(updates);
    expect(snapshot).toMatchObject({ kind: "snapshot", gap: false, alerts: [] });
    await reserve("ann", { sku: "RARE", quantity: 1 });
    expect(await next(updates)).toMatchObject({ kind: "tail", alerts: [{ sku: "RARE", level: "LOW", available: 2, product: { name: "Rare" } }] });
    await reserve("bob", { sku: "RARE", quantity: 2 });
    expect(await next(updates)).toMatchObject({ alerts: [{ sku: "RARE", level: "OUT", available: 0 }] });
    expect(await next(await shop.watch("operator", stockAlerts))).toMatchObject({ kind: "snapshot", alerts: [{ sku: "RARE", level: "OUT", available: 0 }] });
    const missed = await next(await shop.watch("operator", stockAlerts, { after: snapshot?.["cursor"] }));
    expect(missed).toMatchObject({ kind: "tail", alerts: [{ level: "LOW" }, { level: "OUT" }] });
    await expect(next(await shop.watch("ann", stockAlerts))).rejects.toThrow("FORBIDDEN");
  });
});
