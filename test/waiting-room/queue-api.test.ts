import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { lookOnce } from "../../src/commands/inventory/waiting-room.job.js";
import { eventually } from "../projector/teller.js";
import { examineReadRows } from "../../src/cli/doctor/check-read-rows.js";
import { readTables } from "../../src/cli/projections.js";
import { endSale, fromNow, hourMs, mutate, releaseReservation, reserveStock, schedule } from "../queries/sale-life.js";
import { ShopApi, type Answer } from "../queries/shop-api.js";
import { furnish } from "../queries/shop-life.js";

const fields = "saleId number state position expectedWaitSeconds passUntil";
const joinSaleQueue = "mutation ($input: JoinSaleQueueInput!) { joinSaleQueue(input: $input) { position ticket { number state position expectedWaitSeconds passUntil } userErrors { code field } } }";
const leaveSaleQueue = "mutation ($input: LeaveSaleQueueInput!) { leaveSaleQueue(input: $input) { saleId position userErrors { code } } }";
const saleTicket = `query ($saleId: ID!, $guestSecret: String, $position: String) { saleTicket(saleId: $saleId, guestSecret: $guestSecret, position: $position) { ${fields} } }`;
const saleQueueUpdates = `subscription ($saleId: ID!, $guestSecret: String) { saleQueueUpdates(saleId: $saleId, guestSecret: $guestSecret) { ${fields} } }`;
const guestSecret = "a-guest-that-nobody-can-guess-0123456789";

describe("the queue of a sale, over the API", () => {
  let shop: ShopApi;
  beforeAll(async () => {
    // Nothing is read again for a minute: what comes was pushed.
    shop = await ShopApi.start({ LIVE_REFRESH_MS: "60000" });
    await furnish(shop);
  });
  afterAll(() => shop.stop());

  const open = async (terms: object = {}): Promise<string> =>
    (await schedule(shop, { allocation: 1, limitPerCustomer: 1, waitingRoom: { ratePerSecond: 10_000, passSeconds: 600 }, ...terms })).saleId;
  const join = (who: string | null, saleId: string, input: object = {}) => mutate(shop, who, joinSaleQueue, { saleId, ...input });
  const look = () => lookOnce(shop.write.bus, shop.write.pool);
  const reserve = (who: string | null, saleId: string, input: object = {}) => mutate(shop, who, reserveStock, { lines: [{ sku: "LAMP", quantity: 1, saleId }], ...input });
  const follow = (who: string | null, saleId: string, variables: object = {}) => shop.watch(who, saleQueueUpdates, { saleId, ...variables });

  /** Reads on until the ticket stands so. The test's own time limit bounds the wait. */
  async function until(updates: AsyncIterator<Answer>, state: string): Promise<Record<string, unknown>> {
    for (;;) {
      const { value, done } = await updates.next();
      if (done === true || value.errors) throw new Error(`no update: ${JSON.stringify(value)}`);
      if (value.data.saleQueueUpdates.state === state) return value.data.saleQueueUpdates;
    }
  }

  it("gives a ticket, and says where it stands", async () => {
    const saleId = await open({ startsAt: fromNow(hourMs / 2) });
    expect((await join("ann", saleId)).ticket).toMatchObject({ number: 1, state: "WAITING", position: 1, passUntil: null });
    const { position, ticket } = await join("bob", saleId);
    expect(ticket).toMatchObject({ number: 2, position: 2 });
    expect(ticket.expectedWaitSeconds).toBeGreaterThan(1_700);
    const { data } = await shop.ask("bob", saleTicket, { saleId, position });
    expect(data.saleTicket).toMatchObject({ saleId, number: 2, state: "WAITING", position: 2 });
    expect((await shop.ask("eve", saleTicket, { saleId })).data.saleTicket).toBeNull();
    const left = await mutate(shop, "bob", leaveSaleQueue, { saleId });
    expect((await shop.ask("bob", saleTicket, { saleId, position: left.position })).data.saleTicket.state).toBe("LEFT");
  });

  it("goes on for the others when the first who followed hangs up", async () => {
    const saleId = await open();
    for (const who of ["ann", "bob"]) await join(who, saleId);
    const [first, second] = [await follow("ann", saleId), await follow("bob", saleId)];
    await until(first, "WAITING");
    await until(second, "WAITING");
    const sockets = async (): Promise<number> => Number(/^millrace_live_sockets (\d+)/m.exec(await (await fetch(`${shop.url}/metrics`)).text())?.[1]);
    const before = await sockets();
    await shop.hangUp(first);
    await eventually("the first has hung up", async () => await sockets() < before);
    await mutate(shop, "operator", endSale, { saleId });
    await until(second, "ENDED");
  });

  it("asks for a token or a guest's secret, and hides others' tickets", async () => {
    const saleId = await open();
    expect((await shop.ask(null, saleTicket, { saleId })).errors?.[0]?.extensions.code).toBe("UNAUTHENTICATED");
    expect((await shop.ask(null, saleTicket, { saleId, guestSecret: "short" })).errors?.[0]?.extensions.code).toBe("BAD_USER_INPUT");
    const updates = await follow("ann", saleId.replace(/.$/, (digit) => (digit === "0" ? "1" : "0")));
    expect(((await updates.next()).value as Answer).errors?.[0]?.extensions.code).toBe("NOT_FOUND");
  });

  it("lets a guest in, who reserves with the same secret", async () => {
    const saleId = await open();
    expect((await join(null, saleId, { guestSecret })).ticket.number).toBe(1);
    const updates = await follow(null, saleId, { guestSecret });
    await until(updates, "WAITING");
    await look();
    expect((await until(updates, "ADMITTED")).passUntil).not.toBeNull();
    await reserve(null, saleId, { guestSecret });
    await until(updates, "USED");
  });

  it("tells how the queue moves, and everybody at once when nothing is left", async () => {
    const saleId = await open({ allocation: 2 });
    const followers = new Map<string, AsyncIterableIterator<Answer>>();
    for (const who of ["ann", "bob", "kim", "lea"]) {
      await join(who, saleId);
      followers.set(who, await follow(who, saleId));
      await until(followers.get(who)!, "WAITING");
    }
    await look();
    await until(followers.get("ann")!, "ADMITTED");
    await until(followers.get("bob")!, "ADMITTED");
    expect(await until(followers.get("lea")!, "WAITING")).toMatchObject({ number: 4, position: 2 });
    const [held] = [await reserve("ann", saleId), await reserve("bob", saleId)];
    await look();
    expect(await until(followers.get("kim")!, "WAITING_FOR_RETURNS")).toMatchObject({ position: 1, expectedWaitSeconds: null });
    await until(followers.get("lea")!, "WAITING_FOR_RETURNS");
    await mutate(shop, "ann", releaseReservation, { reservationId: held.reservationId });
    await look();
    await until(followers.get("kim")!, "ADMITTED");
    await mutate(shop, "operator", endSale, { saleId });
    // The pass that was used stays used; the others hear of the end, and that nothing comes after it.
    await until(followers.get("ann")!, "USED");
    for (const who of ["kim", "lea"]) {
      await until(followers.get(who)!, "ENDED");
      expect((await followers.get(who)!.next()).done).toBe(true);
    }
  });

  it("says that all is sold once it is", async () => {
    const saleId = await open();
    for (const who of ["ann", "bob", "kim"]) await join(who, saleId);
    const waiting = [await follow("bob", saleId), await follow("kim", saleId)];
    await look();
    await mutate(shop, "ann", "mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { orderId userErrors { code } } }", { lines: [{ sku: "LAMP", quantity: 1, saleId }] });
    await look();
    for (const updates of waiting) expect(await until(updates, "SOLD_OUT")).toMatchObject({ position: null });
    expect((await shop.ask("lea", joinSaleQueue, { input: { saleId, idempotencyKey: "late" } })).data.joinSaleQueue.userErrors).toEqual([{ code: "SOLD_OUT", field: ["saleId"] }]);
  });

  it("leaves read rows that equal a fold of the log", async () => {
    const { position } = await join("zoe", await open());
    await shop.ask("zoe", saleTicket, { saleId: await open(), position });
    const findings = await examineReadRows(shop.node, readTables.filter(({ projection }) => projection.name.startsWith("sale_")));
    expect(findings.filter(({ verdict }) => verdict === "FAIL")).toEqual([]);
  });
});
