import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { newId } from "../../src/kernel/ids.js";
import { furnish, placeOrder, upsertProducts } from "../queries/shop-life.js";
import { ShopApi } from "../queries/shop-api.js";

const receiveUnits = "mutation ($input: ReceiveUnitsInput!) { receiveUnits(input: $input) { receiptId position userErrors { code field } } }";
const reserveUnits = "mutation ($input: ReserveUnitsInput!) { reserveUnits(input: $input) { reservationId expiresAt position lines { sku unitIds } userErrors { code field message } } }";
const updateReservedUnits = "mutation ($input: UpdateReservedUnitsInput!) { updateReservedUnits(input: $input) { lines { unitIds } position userErrors { code } } }";
const units = `query ($first: Int, $last: Int, $after: String, $onlyFree: Boolean, $position: String) { units(sku: "SEAT", first: $first, last: $last, after: $after, onlyFree: $onlyFree, position: $position) {
  nodes { unitId row place state heldUntil } pageInfo { hasNextPage endCursor } } }`;
const stock = `query ($position: String) { product(sku: "SEAT", position: $position) { stock { available onHand reserved version } } other: product(sku: "LAMP", position: $position) { stock { available } } }`;
const guestSecret = "a-secret-of-a-guest-0123456789-abcdefgh";

/** One story, in order. */
describe("numbered units over the API", () => {
  let shop: ShopApi;
  let position: string;
  let reservationId: string;
  beforeAll(async () => {
    shop = await ShopApi.start();
    await furnish(shop);
    await shop.ask("operator", upsertProducts, { input: { products: [{ sku: "SEAT", name: "Seat", price: "30.00", weightGrams: 0, taxBasisPoints: 0 }], idempotencyKey: newId() } });
  });
  afterAll(() => shop.stop());
  const mutate = async (caller: string | null, mutation: string, input: object) => {
    const answer = await shop.ask(caller, mutation, { input: { ...input, idempotencyKey: newId() } });
    return answer.errors ? answer.errors[0]?.extensions["code"] : Object.values(answer.data as object)[0];
  };
  const seatMap = async (variables: object) => (await shop.ask("ann", units, { position, ...variables })).data.units;

  it("are received by operators", async () => {
    const seats = ["A", "B"].flatMap((row) => [1, 2, 10].map((place) => ({ unitId: `${row}-${String(place)}`, row, place })));
    expect(await mutate("ann", receiveUnits, { sku: "SEAT", units: seats })).toBe("FORBIDDEN");
    const levels = await shop.watch("ann", 'subscription { stockUpdates(sku: "SEAT") { available version } }');
    expect((await levels.next()).value).toMatchObject({ data: { stockUpdates: { available: 0, version: 0 } } });
    ({ position } = await mutate("operator", receiveUnits, { sku: "SEAT", units: [...seats, { unitId: "S-1" }] }));
    expect((await levels.next()).value).toMatchObject({ data: { stockUpdates: { available: 7, version: 7 } } });
    await levels.return?.();
    expect((await shop.ask("ann", stock, { position })).data).toEqual({ product: { stock: { available: 7, onHand: 7, reserved: 0, version: 7 } }, other: { stock: { available: 100 } } });
  });

  it("are held by a guest, who sees which ones, and the map shows it", async () => {
    const reserved = await mutate(null, reserveUnits, { guestSecret, lines: [{ sku: "SEAT", quantity: 2, adjacent: true }] });
    expect(reserved).toMatchObject({ lines: [{ sku: "SEAT", unitIds: ["A-1", "A-2"] }], userErrors: [] });
    ({ reservationId, position } = reserved);
    const changed = await mutate(null, updateReservedUnits, { reservationId, guestSecret, lines: [{ sku: "SEAT", unitIds: ["A-2", "A-10"] }] });
    ({ position } = changed);
    const { nodes } = await seatMap({ first: 10 });
    expect(nodes.map(({ unitId, state }: { unitId: string; state: string }) => `${unitId} ${state}`)).toEqual(["A-1 FREE", "A-2 HELD", "A-10 HELD", "B-1 FREE", "B-2 FREE", "B-10 FREE", "S-1 FREE"]);
    expect(nodes[1]).toEqual({ unitId: "A-2", row: "A", place: 2, state: "HELD", heldUntil: reserved.expiresAt });
    const { nodes: free, pageInfo } = await seatMap({ first: 2, onlyFree: true });
    expect([free.map(({ unitId }: { unitId: string }) => unitId), pageInfo.hasNextPage]).toEqual([["A-1", "B-1"], true]);
    expect((await seatMap({ first: 2, onlyFree: true, after: pageInfo.endCursor })).nodes.map(({ unitId }: { unitId: string }) => unitId)).toEqual(["B-2", "B-10"]);
    expect((await seatMap({ last: 1 })).nodes).toMatchObject([{ unitId: "S-1", row: null, place: null }]);
  });

  it("are refused to others by name, and counted as gone", async () => {
    expect(await mutate("ann", reserveUnits, { lines: [{ sku: "SEAT", unitIds: ["A-1", "A-2"] }] })).toMatchObject({
      reservationId: null, userErrors: [{ code: "UNIT_TAKEN", field: ["lines", "0", "unitIds", "1"], message: "Taken already: A-2." }],
    });
    expect(await mutate("ann", reserveUnits, { lines: [{ sku: "SEAT", quantity: 3, adjacent: true }] })).toMatchObject({ userErrors: [{ code: "NOT_ADJACENT" }] });
    expect(await mutate("ann", reserveUnits, { lines: [{ sku: "LAMP", quantity: 1 }] })).toMatchObject({ userErrors: [{ code: "NOT_UNIT_TRACKED" }] });
    expect(await mutate("ann", placeOrder, { lines: [{ sku: "SEAT", quantity: 1 }] })).toMatchObject({ userErrors: [{ code: "UNITS_REQUIRED" }] });
    expect(await mutate("ann", reserveUnits, { lines: [{ sku: "SEAT", quantity: 1, unitIds: ["A-1"] }] })).toBe("BAD_USER_INPUT");
    expect(await mutate("ann", reserveUnits, { lines: [{ sku: "SE|1|x", quantity: 1 }] })).toMatchObject({ userErrors: [{ code: "UNKNOWN_PRODUCT" }] });
    expect((await shop.ask("ann", stock, { position })).data.product.stock).toMatchObject({ available: 5, onHand: 7, reserved: 2 });
  });

  it("are ordered with the reservation, and the order names them", async () => {
    const placed = await mutate("bob", placeOrder, { reservationId, guestSecret });
    ({ position } = placed);
    const { data } = await shop.ask("bob", "query ($id: ID!, $position: String) { order(id: $id, position: $position) { lines { sku quantity unitIds } total { amount } } }", { id: placed.orderId, position });
    expect(data.order).toEqual({ lines: [{ sku: "SEAT", quantity: 2, unitIds: ["A-2", "A-10"] }], total: { amount: "64.90" } });
    expect((await seatMap({ first: 3 })).nodes.map(({ state }: { state: string }) => state)).toEqual(["FREE", "SOLD", "SOLD"]);
  });
});
