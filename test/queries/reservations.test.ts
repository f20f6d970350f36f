import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { newId } from "../../src/kernel/ids.js";
import { ShopApi } from "./shop-api.js";
import { mutate, releaseReservation, reserveStock, schedule, updateReservation } from "./sale-life.js";
import { furnish, placeOrder } from "./shop-life.js";

const reservation = `query ($id: ID!, $guestSecret: String, $position: String) { reservation(id: $id, guestSecret: $guestSecret, position: $position) {
  id status expiresAt secondsLeft orderId version lines { sku quantity saleId product { name } sale { left held } } } }`;
const guestSecret = "a-guest-who-made-this-up-0123456789";

describe("reservations", () => {
  let shop: ShopApi;
  beforeAll(async () => {
    shop = await ShopApi.start();
    await furnish(shop);
  });
  afterAll(() => shop.stop());
  const read = async (caller: string | null, id: string, variables: object = {}): Promise<Record<string, unknown> | null> => {
    const { data, errors } = await shop.ask(caller, reservation, { id, ...variables });
    if (errors) throw new Error(String(errors[0]?.extensions.code));
    return data.reservation;
  };

  it("show what is held, in which sale, and for how long", async () => {
    const { saleId } = await schedule(shop, { holdSeconds: 120 });
    const lines = [{ sku: "LAMP", quantity: 2, saleId }, { sku: "SHADE", quantity: 1 }];
    const { reservationId: id, expiresAt, position } = await mutate(shop, "ann", reserveStock, { lines });
    const held = await read("ann", id, { position });
    expect(held).toEqual({
      id, status: "RESERVED", expiresAt, secondsLeft: expect.any(Number), orderId: null, version: 1,
      lines: [
        { sku: "LAMP", quantity: 2, saleId, product: { name: "Lamp" }, sale: { left: 8, held: 2 } },
        { sku: "SHADE", quantity: 1, saleId: null, product: { name: "Lamp shade" }, sale: null },
      ],
    });
    expect(held?.secondsLeft).toBeGreaterThan(0);
    expect(held?.secondsLeft).toBeLessThanOrEqual(120);
  });

  it("change, are claimed and are released", async () => {
    const made = await mutate(shop, "ann", reserveStock, { lines: [{ sku: "SHADE", quantity: 1 }] });
    const changed = await mutate(shop, "ann", updateReservation, { reservationId: made.reservationId, lines: [{ sku: "LAMP", quantity: 3 }] });
    expect(await read("ann", made.reservationId, { position: changed.position })).toMatchObject({ status: "RESERVED", expiresAt: made.expiresAt, version: 2, lines: [{ sku: "LAMP", quantity: 3 }] });
    const placed = await mutate(shop, "ann", placeOrder, { reservationId: made.reservationId });
    expect(await read("ann", made.reservationId, { position: placed.position })).toMatchObject({ status: "CLAIMED", orderId: placed.orderId, secondsLeft: 0, version: 3 });
    const other = await mutate(shop, "ann", reserveStock, { lines: [{ sku: "SHADE", quantity: 1 }] });
    const released = await mutate(shop, "ann", releaseReservation, { reservationId: other.reservationId });
    expect(await read("ann", other.reservationId, { position: released.position })).toMatchObject({ status: "RELEASED", secondsLeft: 0 });
  });

  it("are seen by their buyer and by operators, by others as if they were not there", async () => {
    const { reservationId: id, position } = await mutate(shop, "ann", reserveStock, { lines: [{ sku: "SHADE", quantity: 1 }] });
    expect(await read("ann", id, { position })).toMatchObject({ id });
    expect(await read("operator", id)).toMatchObject({ id });
    expect(await read("bob", id)).toBeNull();
    expect(await read(null, id, { guestSecret })).toBeNull();
    expect(await read("ann", `reservation_${newId()}`)).toBeNull();
    await expect(read(null, id)).rejects.toThrow("UNAUTHENTICATED");
    await expect(read("ann", "reservation_1")).rejects.toThrow("BAD_USER_INPUT");
  });

  it("of a guest are seen with the guest's secret, signed in or not", async () => {
    const { reservationId: id, position } = await mutate(shop, null, reserveStock, { lines: [{ sku: "SHADE", quantity: 1 }], guestSecret });
    expect(await read(null, id, { guestSecret, position })).toMatchObject({ id });
    expect(await read("bob", id, { guestSecret })).toMatchObject({ id });
    expect(await read("bob", id)).toBeNull();
    expect(await read(null, id, { guestSecret: "another-guest-who-made-this-up-01234" })).toBeNull();
    await expect(read(null, id, { guestSecret: "short" })).rejects.toThrow("BAD_USER_INPUT");
  });
});
