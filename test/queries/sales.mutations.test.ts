import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { newId } from "../../src/kernel/ids.js";
import { ShopApi, type Answer } from "./shop-api.js";
import { cancelOrder, furnish, placeOrder } from "./shop-life.js";

const scheduleSale = "mutation ($input: ScheduleSaleInput!) { scheduleSale(input: $input) { saleId position replayed userErrors { code field message } } }";
const endSale = "mutation ($input: EndSaleInput!) { endSale(input: $input) { saleId userErrors { code } } }";
const cancelSale = "mutation ($input: EndSaleInput!) { cancelSale(input: $input) { saleId userErrors { code } } }";
const reserveStock = "mutation ($input: ReserveStockInput!) { reserveStock(input: $input) { reservationId expiresAt replayed userErrors { code field message } } }";
const updateReservation = "mutation ($input: UpdateReservationInput!) { updateReservation(input: $input) { reservationId expiresAt userErrors { code } } }";
const releaseReservation = "mutation ($input: ReleaseReservationInput!) { releaseReservation(input: $input) { reservationId userErrors { code } } }";
const watchStock = "mutation ($input: WatchStockInput!) { watchStock(input: $input) { sku userErrors { code } } }";

const secret = "a-guest-made-this-up-0123456789-abcdef";
const hour = 3_600_000;

describe("sales and reservations over HTTP", () => {
  let shop: ShopApi;
  beforeAll(async () => {
    shop = await ShopApi.start({ RESERVATION_SECONDS: "300" });
    await furnish(shop);
  });
  afterAll(() => shop.stop());

  const send = (caller: string | null, mutation: string, input: object): Promise<Answer> => shop.ask(caller, mutation, { input: { idempotencyKey: newId(), ...input } });
  const codesOf = ({ data }: Answer): unknown => Object.values(data as Record<string, { userErrors: { code: string }[] }>).flatMap(({ userErrors }) => userErrors.map(({ code }) => code));
  const sale = async (terms: object = {}): Promise<string> => {
    const { data } = await send("operator", scheduleSale, {
      sku: "LAMP", price: { amount: "4.00", currency: "EUR" }, allocation: 10,
      startsAt: new Date(Date.now() - hour).toISOString(), endsAt: new Date(Date.now() + hour).toISOString(), ...terms,
    });
    return data.scheduleSale.saleId as string;
  };
  const reserved = async (sku: string): Promise<number> =>
    (await shop.write.pool.query<{ reserved: number }>("SELECT reserved::int FROM stock_item WHERE sku = $1", [sku])).rows[0]!.reserved;

  it("an order in a sale has its price and is bounded by its limit", async () => {
    const saleId = await sale({ limitPerCustomer: 3 });
    const placed = await send("ann", placeOrder, { lines: [{ sku: "LAMP", quantity: 2, saleId }] });
    expect(placed.data.placeOrder.order).toMatchObject({ subtotal: { amount: "8.00", currency: "EUR" } });
    expect(codesOf(await send("ann", placeOrder, { lines: [{ sku: "LAMP", quantity: 2, saleId }] }))).toEqual(["LIMIT_REACHED"]);
    expect(codesOf(await send("ann", cancelOrder, { orderId: placed.data.placeOrder.orderId, reason: "" }))).toEqual([]);
    expect(codesOf(await send("ann", placeOrder, { lines: [{ sku: "LAMP", quantity: 3, saleId }] }))).toEqual([]);
    expect(codesOf(await send("operator", endSale, { saleId }))).toEqual([]);
    expect(codesOf(await send("bob", placeOrder, { lines: [{ sku: "LAMP", quantity: 1, saleId }] }))).toEqual(["SALE_ENDED"]);
    expect(codesOf(await send("operator", cancelSale, { saleId }))).toEqual([]);
  });

  it("a reservation is held, changed and ordered", async () => {
    const before = await reserved("SHADE");
    const made = (await send("ann", reserveStock, { lines: [{ sku: "SHADE", quantity: 5 }, { sku: "LAMP", quantity: 1 }] })).data.reserveStock;
    const { reservationId, expiresAt } = made;
    expect(Date.parse(expiresAt as string) - Date.now()).toBeGreaterThan(200_000);
    expect((await send("ann", updateReservation, { reservationId, lines: [{ sku: "SHADE", quantity: 7 }] })).data.updateReservation).toEqual({ reservationId, expiresAt, userErrors: [] });
    expect(codesOf(await send("bob", placeOrder, { reservationId }))).toEqual(["RESERVATION_UNKNOWN"]);
    const ordered = await send("ann", placeOrder, { reservationId });
    expect(ordered.data.placeOrder.order).toMatchObject({ subtotal: { amount: "38.50" } });
    expect(codesOf(await send("ann", placeOrder, { reservationId }))).toEqual(["RESERVATION_CLAIMED"]);
    expect(codesOf(await send("ann", releaseReservation, { reservationId }))).toEqual(["RESERVATION_CLAIMED"]);
    expect(await reserved("SHADE")).toBe(before + 7);
  });

  it("a guest reserves without a token, and orders after signing in", async () => {
    const guest = (await send(null, reserveStock, { guestSecret: secret, lines: [{ sku: "SHADE", quantity: 1 }] })).data.reserveStock;
    expect(codesOf(await send(null, updateReservation, { reservationId: guest.reservationId, guestSecret: secret, lines: [{ sku: "SHADE", quantity: 2 }] }))).toEqual([]);
    expect(codesOf(await send("bob", placeOrder, { reservationId: guest.reservationId }))).toEqual(["RESERVATION_UNKNOWN"]);
    expect(codesOf(await send("bob", placeOrder, { reservationId: guest.reservationId, guestSecret: secret }))).toEqual([]);
    const other = (await send(null, reserveStock, { guestSecret: secret, lines: [{ sku: "SHADE", quantity: 1 }] })).data.reserveStock;
    expect(codesOf(await send(null, releaseReservation, { reservationId: other.reservationId, guestSecret: secret.toUpperCase() }))).toEqual(["RESERVATION_UNKNOWN"]);
    expect(codesOf(await send(null, releaseReservation, { reservationId: other.reservationId, guestSecret: secret }))).toEqual([]);
  });

  it("a wish sent twice is done once", async () => {
    const idempotencyKey = newId();
    const [one, other] = await Promise.all([0, 1].map(() => send("ann", reserveStock, { idempotencyKey, lines: [{ sku: "SHADE", quantity: 1 }] })));
    expect(one!.data.reserveStock.reservationId).toBe(other!.data.reserveStock.reservationId);
    expect([one!.data.reserveStock.replayed, other!.data.reserveStock.replayed].sort()).toEqual([false, true]);
    const reused = await send("ann", reserveStock, { idempotencyKey, lines: [{ sku: "SHADE", quantity: 2 }] });
    expect(reused.errors?.[0]?.extensions.code).toBe("IDEMPOTENCY_KEY_REUSED");
  });

  it.each([
    ["nobody at all", null, reserveStock, { lines: [{ sku: "LAMP", quantity: 1 }] }, "UNAUTHENTICATED"],
    ["a secret that could be guessed", null, reserveStock, { guestSecret: "secret", lines: [] }, "BAD_USER_INPUT"],
    ["no reservation's id", "ann", releaseReservation, { reservationId: "order_x" }, "BAD_USER_INPUT"],
    ["lines and a reservation", "ann", placeOrder, { reservationId: "reservation_0192", lines: [{ sku: "LAMP", quantity: 1 }] }, "BAD_USER_INPUT"],
    ["a customer who would schedule a sale", "ann", scheduleSale, { sku: "LAMP", price: { amount: "1.00", currency: "EUR" }, allocation: 1, startsAt: "2030-01-01T00:00:00Z", endsAt: "2030-01-02T00:00:00Z" }, "FORBIDDEN"],
    ["a customer who would end one", "ann", endSale, { saleId: "sale_x" }, "FORBIDDEN"],
    ["a price with half cents", "operator", scheduleSale, { sku: "LAMP", price: { amount: "1.005", currency: "EUR" }, allocation: 1, startsAt: "2030-01-01T00:00:00Z", endsAt: "2030-01-02T00:00:00Z" }, "BAD_USER_INPUT"],
  ])("refuses %s", async (_what, caller, mutation, input, code) => {
    expect((await send(caller, mutation, input)).errors?.[0]?.extensions.code).toBe(code);
  });

  it.each([
    ["no line", reserveStock, { lines: [] }, ["NO_LINES"]],
    ["a product twice", reserveStock, { lines: [{ sku: "LAMP", quantity: 1 }, { sku: "LAMP", quantity: 1 }] }, ["DUPLICATE_SKU"]],
    ["101 lines", reserveStock, { lines: Array.from({ length: 101 }, (_, index) => ({ sku: `S${String(index)}`, quantity: 1 })) }, ["TOO_MANY_LINES"]],
    ["quantity 0", reserveStock, { lines: [{ sku: "LAMP", quantity: 0 }] }, ["INVALID_QUANTITY"]],
    ["an unknown product", reserveStock, { lines: [{ sku: "NOPE", quantity: 1 }] }, ["UNKNOWN_PRODUCT"]],
    ["more than there are", reserveStock, { lines: [{ sku: "LAMP", quantity: 10_000 }] }, ["OUT_OF_STOCK"]],
    ["an order of nothing", placeOrder, {}, ["NO_LINES"]],
  ])("refuses to reserve %s", async (_what, mutation, input, codes) => {
    expect(codesOf(await send("ann", mutation, input))).toEqual(codes);
  });

  it("refuses sales that make no sense, and a threshold of nothing", async () => {
    const price = { amount: "1.00", currency: "EUR" };
    const window = { startsAt: "2030-01-01T00:00:00Z", endsAt: "2030-01-02T00:00:00Z" };
    const terms = { sku: "LAMP", price, allocation: 1, ...window };
    const cases: readonly [object, string][] = [
      [{ ...terms, sku: "NOPE" }, "UNKNOWN_PRODUCT"], [{ ...terms, price: { amount: "1.00", currency: "USD" } }, "CURRENCY_MISMATCH"],
      [{ ...terms, allocation: 0 }, "INVALID_ALLOCATION"], [{ ...terms, allocation: 100_000 }, "OUT_OF_STOCK"], [{ ...terms, endsAt: window.startsAt }, "INVALID_WINDOW"],
      [{ ...terms, endsAt: "2040-01-01T00:00:00Z" }, "INVALID_WINDOW"], [{ ...terms, limitPerCustomer: 0 }, "INVALID_LIMIT"], [{ ...terms, holdSeconds: 0 }, "INVALID_HOLD_TIME"],
      [{ ...terms, waitingRoom: { ratePerSecond: 1, passSeconds: 60 } }, "INVALID_WAITING_ROOM"],
    ];
    for (const [input, code] of cases) expect([input, codesOf(await send("operator", scheduleSale, input))]).toEqual([input, [code]]);
    expect(codesOf(await send("operator", watchStock, { sku: "LAMP", lowAt: 0 }))).toEqual(["INVALID_THRESHOLD"]);
    expect(codesOf(await send("operator", watchStock, { sku: "NOPE", lowAt: 5 }))).toEqual(["UNKNOWN_PRODUCT"]);
    expect(codesOf(await send("operator", watchStock, { sku: "LAMP", lowAt: 5 }))).toEqual([]);
  });

  it("tells once that a product ran low, and once that it ran out", async () => {
    await send("operator", watchStock, { sku: "SHADE", lowAt: 10 });
    const told = async (): Promise<string[]> =>
      (await shop.write.pool.query<{ type: string }>("SELECT type FROM event_log WHERE type IN ('StockRanLow', 'StockRanOut') AND data->>'sku' = 'SHADE' ORDER BY position")).rows.map(({ type }) => type);
    const free = async (): Promise<number> => 100 - await reserved("SHADE");
    await send("ann", reserveStock, { lines: [{ sku: "SHADE", quantity: await free() - 8 }] });
    await send("ann", reserveStock, { lines: [{ sku: "SHADE", quantity: 1 }] });
    expect(await told()).toEqual(["StockRanLow"]);
    const last = (await send("ann", reserveStock, { lines: [{ sku: "SHADE", quantity: 7 }] })).data.reserveStock;
    expect(await told()).toEqual(["StockRanLow", "StockRanOut"]);
    await send("ann", releaseReservation, { reservationId: last.reservationId });
    await send("ann", reserveStock, { lines: [{ sku: "SHADE", quantity: 7 }] });
    expect(await told()).toEqual(["StockRanLow", "StockRanOut"]);
  });
});
