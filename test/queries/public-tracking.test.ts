import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { WebSocket } from "ws";
import { eraseCustomer } from "../../src/commands/customers/erase-customer.js";
import { moveShipment, recordBooking } from "../../src/commands/shipping/shipment/record-shipment.js";
import { newId } from "../../src/kernel/ids.js";
import { asking, bookingFacts } from "../support/booked-parcel.js";
import { ShopApi, type Answer } from "./shop-api.js";
import { address, cancelOrder, furnish, order, upsertCustomer, type Placed } from "./shop-life.js";

const tokenOf = "query ($id: ID!, $position: String) { order(id: $id, position: $position) { trackingToken } }";
const fields = "status version parcels { status courier city expectedDelivery { earliest likely latest } updatedAt history { status city occurredAt } }";
const publicTracking = `query ($token: ID!) { publicTracking(token: $token) { ${fields} } }`;
const publicUpdates = `subscription ($token: ID!, $after: Int) { publicTrackingUpdates(token: $token, after: $after) { ${fields} } }`;
const trackingUpdates = "subscription ($id: ID!, $after: Int) { trackingUpdates(orderId: $id, after: $after) { version shipments { status trackingCode history { city } } } }";

const expectedDelivery = { earliest: "2026-02-01T09:00:00.000Z", likely: "2026-02-02T09:00:00.000Z", latest: "2026-02-04T09:00:00.000Z" };
/** What is said of a parcel until it has a label: its row's first version. */
const labelled = 3;

describe("public tracking", () => {
  let shop: ShopApi;
  beforeAll(async () => {
    // Nothing is read again for a minute: what comes was pushed.
    shop = await ShopApi.start({ LIVE_REFRESH_MS: "60000" });
    await furnish(shop);
  });
  afterAll(() => shop.stop());

  const linkOf = async ({ orderId: id, position }: Placed, caller: string | null = "ann"): Promise<string> => {
    const answer = await shop.ask(caller, tokenOf, { id, position });
    return answer.data?.order?.trackingToken;
  };
  const send = async ({ raw: orderId }: Placed): Promise<string> => {
    const shipmentId = newId();
    await shop.send(moveShipment, { orderId, shipmentId, step: asking({ orderId, shipmentId }) });
    await shop.send(recordBooking, {
      ...bookingFacts, expectedDelivery, shipmentId, orderId, courierId: "swift", bookingReference: `b-${shipmentId}`, trackingCode: `SECRET-${shipmentId}`, lines: [{ sku: "LAMP", quantity: 1 }], weightGrams: 800, parcelCount: 1,
    });
    return shipmentId;
  };
  const scan = ({ raw: orderId }: Placed, shipmentId: string, city: string, minute: number, scanId = city) => shop.send(moveShipment, { orderId, shipmentId, step: {
    type: "RecordScans", scans: [{ scanId, rawCode: "IT", status: "in_transit", reasonCode: null, city, occurredAt: `2026-01-31T09:${String(minute).padStart(2, "0")}:00.000Z` }],
  } });
  /** The next answer's field. The test's own time limit bounds the wait. */
  const next = async (updates: AsyncIterator<Answer>, field = "publicTrackingUpdates"): Promise<{ version: number } & Record<string, unknown>> => {
    const { value, done } = await updates.next();
    if (done === true || value.errors) throw new Error(`no update: ${JSON.stringify(value)}`);
    return value.data[field];
  };

  it("is opened by a token that the buyer and operators are given, and nobody else", async () => {
    const placed = await order(shop, "ann");
    const token = await linkOf(placed);
    expect(token).toMatch(/^track_[\w-]{48}$/);
    expect(await linkOf(placed, "operator")).toBe(token);
    expect(await linkOf(placed, "bob")).toBeUndefined();
    expect(await linkOf(placed, null)).toBeUndefined();
    expect((await shop.ask(null, publicTracking, { token })).data).toEqual({ publicTracking: { status: "PLACED", version: 1, parcels: [] } });
  });

  it("shows where the parcels are, when, and with whom: nothing of who ordered what", async () => {
    const placed = await order(shop, "ann");
    const token = await linkOf(placed);
    const shipmentId = await send(placed);
    const updates = await shop.watch(null, publicUpdates, { token, after: 1 });
    expect(await next(updates)).toMatchObject({ version: 1 + labelled, parcels: [{ status: "pre_transit", city: null, history: [] }] });
    await scan(placed, shipmentId, "Ulm", 5);
    await next(updates);
    const answer = await shop.ask(null, publicTracking, { token });
    expect(answer.data.publicTracking).toEqual({ status: "PLACED", version: 2 + labelled, parcels: [{
      status: "in_transit", courier: "swift", city: "Ulm", expectedDelivery, updatedAt: expect.any(String), history: [{ status: "in_transit", city: "Ulm", occurredAt: "2026-01-31T09:05:00.000Z" }],
    }] });
    const { data: { __schema: { types } } } = await shop.ask(null, "{ __schema { types { name fields { name } } } }");
    const shown = (types as { name: string; fields: { name: string }[] }[]).filter(({ name }) => name.startsWith("Public")).flatMap((type) => type.fields.map(({ name }) => name));
    expect([...new Set(shown)].sort()).toEqual(["city", "courier", "expectedDelivery", "history", "occurredAt", "parcels", "status", "updatedAt", "version"]);
  });

  it("shows no more of an order that was called off than that it was", async () => {
    const placed = await order(shop, "ann");
    const token = await linkOf(placed);
    const updates = await shop.watch(null, publicUpdates, { token });
    expect(await next(updates)).toEqual({ status: "PLACED", version: 1, parcels: [] });
    await shop.ask("ann", cancelOrder, { input: { orderId: placed.orderId, reason: "my own affair", idempotencyKey: newId() } });
    expect(await next(updates)).toEqual({ status: "CANCELLED", version: 2, parcels: [] });
  });

  it("shows the order of a customer who was erased as before", async () => {
    await shop.ask("eve", upsertCustomer, { input: { name: "Eve", email: "eve@example.com", address, idempotencyKey: newId() } });
    const placed = await order(shop, "eve");
    const token = await linkOf(placed, "eve");
    await shop.send(eraseCustomer, { customerId: "eve" });
    expect((await shop.ask(null, publicTracking, { token })).data).toEqual({ publicTracking: { status: "PLACED", version: 1, parcels: [] } });
  });

  it("is not opened by anything else, and says the same to all of it", async () => {
    const [token, other] = [await linkOf(await order(shop, "ann")), await linkOf(await order(shop, "ann"))];
    const wrong = ["", "track_", token.slice(0, -1), `${token}A`, token.slice(0, 27) + other.slice(27), token.slice(0, -1) + (token.endsWith("A") ? "B" : "A"), `order_${newId()}`];
    for (const each of wrong) {
      expect((await shop.ask(null, publicTracking, { token: each })).data).toEqual({ publicTracking: null });
      const { value } = await (await shop.watch(null, publicUpdates, { token: each })).next();
      expect((value as Answer).errors).toEqual([expect.objectContaining({ message: "This link opens nothing.", extensions: { code: "NOT_FOUND", requestId: expect.any(String) } })]);
    }
  });

  it.each([
    ["by its link", null, publicUpdates, "publicTrackingUpdates", 1],
    ["by its buyer", "ann", trackingUpdates, "trackingUpdates", 0],
  ])("follows all parcels %s, each piece of news once, and takes up where it was left", async (_by, caller, query, field, versionBefore) => {
    const placed = await order(shop, "ann");
    const variables = { id: placed.orderId, token: await linkOf(placed) };
    const updates = await shop.watch(caller, query, variables);
    expect(await next(updates, field)).toMatchObject({ version: versionBefore });
    const [one, two] = [await send(placed), await send(placed)];
    await scan(placed, one, "Ulm", 5);
    await scan(placed, one, "Ulm", 5);
    await scan(placed, two, "Bonn", 7);
    let last = await next(updates, field);
    const seen = [last.version];
    while (last.version < versionBefore + 2 * labelled + 2) seen.push((last = await next(updates, field)).version);
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
    await scan(placed, one, "Trier", 9);
    expect(await next(updates, field)).toMatchObject({ version: last.version + 1 });
    await updates.return?.();

    const resumed = await shop.watch(caller, query, { ...variables, after: last.version });
    expect(await next(resumed, field)).toMatchObject({ version: last.version + 1 });
    await scan(placed, one, "Kiel", 4);
    expect(await next(resumed, field)).toMatchObject({ version: last.version + 2 });
  });

  /** A socket that speaks the protocol by hand: a client of a library each would take longer than what is tested. */
  function openSocket(variables: object): { readonly heard: { version: number }[]; readonly socket: WebSocket } {
    const heard: { version: number }[] = [];
    const socket = new WebSocket(`${shop.url.replace("http", "ws")}/graphql`, ["graphql-transport-ws"]);
    socket.on("open", () => { socket.send(JSON.stringify({ type: "connection_init" })); });
    socket.on("message", (data: Buffer) => {
      const { type, payload } = JSON.parse(data.toString()) as { type: string; payload: Answer };
      if (type === "connection_ack") socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query: publicUpdates, variables } }));
      else heard.push(payload.data.publicTrackingUpdates);
    });
    return { heard, socket };
  }
  const until = async (holds: () => boolean): Promise<void> => { while (!holds()) await new Promise((resolve) => { setImmediate(resolve); }); };
  /** How often the order was read by the API. */
  const countReads = (): { of: (orderId: string) => number; end: () => void } => {
    const spy = jest.spyOn(shop.reader, "query");
    return {
      of: (orderId) => spy.mock.calls.filter(([{ name, values }]) => name === "shipments_of_orders" && (values?.[0] as string[]).includes(orderId)).length,
      end: () => { spy.mockRestore(); },
    };
  };

  it("of ten orders by 500 sockets reads an order once for each piece of news, and a storm of a thousand is told what it missed", async () => {
    const orders = await Promise.all(Array.from({ length: 11 }, () => order(shop, "ann")));
    const tokens = await Promise.all(orders.map((placed) => linkOf(placed)));
    const [placed, shipmentIds] = [orders[0]!, await Promise.all(orders.map(send))];
    const reads = countReads();
    const sockets = Array.from({ length: 500 }, (_, index) => openSocket({ token: tokens[index % 10], after: 0 }));
    await until(() => sockets.every(({ heard }) => heard.at(-1)?.version === 1 + labelled));
    // Orders are read in turn: when the last has been, nobody waits for the others any more.
    const { heard: last, socket: lastSocket } = openSocket({ token: tokens[10], after: 0 });
    await until(() => last.length === 1);
    lastSocket.terminate();
    const before = reads.of(placed.raw);
    await scan(placed, shipmentIds[0]!, "Ulm", 5);
    await until(() => sockets.every(({ heard }, index) => index % 10 !== 0 || heard.at(-1)?.version === 2 + labelled));
    expect(reads.of(placed.raw)).toBe(before + 1);
    expect(sockets.filter(({ heard }) => heard.at(-1)?.version === 2 + labelled)).toHaveLength(50);
    for (const { socket } of sockets) socket.terminate();

    await Promise.all(orders.map((each, index) => scan(each, shipmentIds[index]!, "Bonn", 6)));
    const again = Array.from({ length: 1_000 }, (_, index) => openSocket({ token: tokens[index % 10], after: labelled + (index % 10 === 0 ? 2 : 1) }));
    await until(() => again.every(({ heard }, index) => heard.at(-1)?.version === labelled + (index % 10 === 0 ? 3 : 2)));
    expect(again.every(({ heard }) => heard.length === 1)).toBe(true);
    expect(reads.of(placed.raw)).toBeLessThan(before + 200);
    reads.end();
    for (const { socket } of again) socket.terminate();
  });
});
