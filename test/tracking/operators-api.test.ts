import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { moveShipment, recordBooking } from "../../src/commands/shipping/shipment/record-shipment.js";
import { newId } from "../../src/kernel/ids.js";
import { tokenFor } from "../http/sample-api.js";
import { ShopApi } from "../queries/shop-api.js";
import { furnish, order, type Placed } from "../queries/shop-life.js";
import { asking, bookingFacts } from "../support/booked-parcel.js";

const mark = `mutation ($ids: [ID!]!, $key: String) { markHandedOver(input: { shipmentIds: $ids, idempotencyKey: $key }) {
  parcels { shipmentId outcome } userErrors { code field } position replayed } }`;
const unscanned = `query ($hours: Float, $first: Int, $after: String, $last: Int, $before: String, $position: String) {
  unscannedLabels(hours: $hours, first: $first, after: $after, last: $last, before: $before, position: $position) { nodes { orderId handOverBy shipment { id } } pageInfo { hasNextPage endCursor startCursor } } }`;
const tracking = `query ($id: ID!, $position: String) { tracking(orderId: $id, position: $position) { shipments {
  service price { amount currency } labelPath expectedDelivery { earliest likely latest } handOverBy handedOverAt lostAt returning history { rawCode } } } }`;

const expectedDelivery = { earliest: "2026-02-01T09:00:00.000Z", likely: "2026-02-02T09:00:00.000Z", latest: "2026-02-04T09:00:00.000Z" };
const later = { earliest: "2026-02-03T09:00:00.000Z", likely: "2026-02-04T09:00:00.000Z", latest: "2026-02-06T09:00:00.000Z" };
const hoursAgo = (hours: number): string => new Date(Date.now() - hours * 3_600_000).toISOString();

let shop: ShopApi;
let placed: Placed;
beforeAll(async () => {
  shop = await ShopApi.start();
  await furnish(shop);
  placed = await order(shop, "ann");
});
afterAll(() => shop.stop());

const step = (shipmentId: string, what: Parameters<typeof moveShipment.decide>[0]["step"]): Promise<string> => shop.send(moveShipment, { orderId: placed.raw, shipmentId, step: what });
async function booked(handOverBy = hoursAgo(30)): Promise<string> {
  const ids = { shipmentId: newId(), orderId: placed.raw };
  await step(ids.shipmentId, asking(ids));
  await shop.send(recordBooking, {
    ...bookingFacts, ...ids, handOverBy, expectedDelivery, service: "express", priceMinor: 749, courierId: "swift", bookingReference: `b-${ids.shipmentId}`, trackingCode: `T-${ids.shipmentId}`,
    lines: [{ sku: "LAMP", quantity: 1 }], weightGrams: 800, parcelCount: 1,
  });
  return ids.shipmentId;
}
const scan = (shipmentId: string, status: "in_transit" | "delivered" | "unknown", rawCode: string, expected?: typeof later) => step(shipmentId, {
  type: "RecordScans", scans: [{ scanId: `${shipmentId}/${rawCode}`, rawCode, status, reasonCode: null, city: "Leeds", occurredAt: "2026-01-31T09:00:00.000Z" }], ...(expected ? { expectedDelivery: expected } : {}),
});
const idOf = (shipmentId: string): string => `shipment_${shipmentId}`;

describe("handing parcels over", () => {
  it("judges each by itself, once, for operators", async () => {
    const [one, calledOff, nobodys] = [await booked(), await booked(), newId()];
    await step(calledOff, { type: "RecordCancellation", reason: "changed" });
    const ids = [one, calledOff, nobodys].map(idOf);
    const key = newId();
    const { data } = await shop.ask("operator", mark, { ids, key });
    expect(data.markHandedOver).toMatchObject({
      parcels: [{ shipmentId: ids[0], outcome: "HANDED_OVER" }, { shipmentId: ids[1], outcome: "CALLED_OFF" }, { shipmentId: ids[2], outcome: "UNKNOWN" }],
      userErrors: [{ code: "SHIPMENT_CALLED_OFF", field: ["shipmentIds", "1"] }, { code: "SHIPMENT_UNKNOWN", field: ["shipmentIds", "2"] }], replayed: false,
    });
    expect((await shop.ask("operator", mark, { ids: [ids[0]], key })).data.markHandedOver).toMatchObject({ parcels: [{ outcome: "HANDED_OVER" }], replayed: true });
    expect((await shop.ask("operator", mark, { ids: [ids[0]], key: newId() })).data.markHandedOver).toMatchObject({ parcels: [{ outcome: "ALREADY_HANDED_OVER" }], userErrors: [], replayed: false });
    const shown = await shop.ask("ann", tracking, { id: placed.orderId, position: data.markHandedOver.position });
    expect((shown.data.tracking.shipments as { handedOverAt: string | null }[]).filter(({ handedOverAt }) => handedOverAt !== null)).toHaveLength(1);
  });

  it("refuses buyers, nonsense, and more than a pallet", async () => {
    expect((await shop.ask("ann", mark, { ids: [idOf(newId())], key: newId() })).errors?.[0]?.extensions["code"]).toBe("FORBIDDEN");
    for (const ids of [[], ["order_1"], Array.from({ length: 201 }, () => idOf(newId()))]) {
      expect((await shop.ask("operator", mark, { ids, key: newId() })).errors?.[0]?.extensions["code"]).toBe("BAD_USER_INPUT");
    }
  });
});

describe("a parcel", () => {
  it("shows when it is expected, as it moves; its price and label are the shop's own", async () => {
    placed = await order(shop, "ann");
    const shipmentId = await booked();
    const show = async (caller: string, position: string) => (await shop.ask(caller, tracking, { id: placed.orderId, position })).data.tracking.shipments[0];
    await step(shipmentId, { type: "KeepLabel", contentType: "application/pdf", sizeBytes: 9 });
    const moved = await scan(shipmentId, "in_transit", "PICKED_UP", later);
    expect(await show("operator", moved)).toMatchObject({ service: "express", price: { amount: "7.49", currency: "EUR" }, labelPath: `/labels/${idOf(shipmentId)}`, expectedDelivery: later, returning: false });
    expect(await show("ann", moved)).toMatchObject({ service: "express", price: null, labelPath: null, expectedDelivery: later });
    const lost = await step(shipmentId, { type: "DeclareLost", lastNewsAt: "2026-02-01T00:00:00.000Z", lostAt: "2026-02-20T00:00:00.000Z" });
    expect(await show("ann", lost)).toMatchObject({ lostAt: "2026-02-20T00:00:00.000Z", expectedDelivery: null });
    const arrived = await scan(shipmentId, "delivered", "DELIVERED", later);
    expect(await show("ann", arrived)).toMatchObject({ lostAt: null, expectedDelivery: null });
  });
});

describe("labels that are not scanned", () => {
  it("are listed by how long they wait, page by page, for operators", async () => {
    placed = await order(shop, "ann");
    const labels = [await booked(hoursAgo(300)), await booked(hoursAgo(200)), await booked(hoursAgo(101))];
    const [scanned, calledOff, givenAway] = [await booked(hoursAgo(300)), await booked(hoursAgo(300)), await booked(hoursAgo(300))];
    await shop.ask("operator", mark, { ids: [idOf(givenAway)], key: newId() });
    await scan(scanned, "in_transit", "PICKED_UP");
    const position = await step(calledOff, { type: "RecordCancellation", reason: "changed" });
    const page = async (variables: object) => (await shop.ask("operator", unscanned, { hours: 100, position, ...variables })).data.unscannedLabels;
    const idsOf = ({ nodes }: { nodes: { shipment: { id: string } }[] }): string[] => nodes.map(({ shipment }) => shipment.id);
    const first = await page({ first: 2 });
    expect(idsOf(first)).toEqual(labels.slice(0, 2).map(idOf));
    const second = await page({ first: 2, after: first.pageInfo.endCursor });
    expect(idsOf(second)).toEqual([idOf(labels[2]!)]);
    expect(idsOf(await page({ last: 2 }))).toEqual(labels.slice(1).map(idOf));
    expect(idsOf(await page({ first: 10, hours: 250 }))).toEqual([idOf(labels[0]!)]);
    expect((await shop.ask("ann", unscanned, { first: 1 })).errors?.[0]?.extensions["code"]).toBe("FORBIDDEN");
    expect((await shop.ask("operator", unscanned, { first: 1, hours: -1 })).errors?.[0]?.extensions["code"]).toBe("BAD_USER_INPUT");
  });
});

describe("what nobody can make sense of", () => {
  it("is listed: words without a meaning, and parcels that are nobody's", async () => {
    placed = await order(shop, "ann");
    const shipmentId = await booked();
    await scan(shipmentId, "unknown", "SORT-7F");
    const position = await scan(await booked(), "unknown", "SORT-7F");
    await shop.ask("operator", tracking, { id: placed.orderId, position });
    await shop.write.pool.query("INSERT INTO stray_news (code, times, first_at, last_at) VALUES ('swift/X/1', 3, now(), now())");
    const query = "{ unknownTrackingCodes { courier rawCode times orderId } strayTrackingCodes { courier trackingCode times } }";
    const until = async (): Promise<Record<string, readonly { times: number }[]>> => {
      const { data } = await shop.ask("operator", query);
      return data.unknownTrackingCodes[0]?.times === 2 ? data : until();
    };
    expect(await until()).toEqual({
      unknownTrackingCodes: [{ courier: "swift", rawCode: "SORT-7F", times: 2, orderId: placed.orderId }], strayTrackingCodes: [{ courier: "swift", trackingCode: "X/1", times: 3 }],
    });
    for (const field of ["unknownTrackingCodes", "strayTrackingCodes"]) {
      expect((await shop.ask("ann", `{ ${field} { courier } }`)).errors?.[0]?.extensions["code"]).toBe("FORBIDDEN");
      expect((await shop.ask("operator", `{ ${field}(first: 101) { courier } }`)).errors?.[0]?.extensions["code"]).toBe("BAD_USER_INPUT");
    }
  });
});

describe("GET /labels/<shipment id>", () => {
  const fetchLabel = async (id: string, caller: "operator" | "customer" | null = "operator") => fetch(`${shop.url}/labels/${id}`, {
    headers: caller === null ? {} : { authorization: `Bearer ${await tokenFor(caller, "someone")}` },
  });
  const keep = async (shipmentId: string): Promise<void> => {
    await shop.write.pool.query("INSERT INTO label (shipment_id, order_id, content_type, bytes, kept_at) VALUES ($1, 'o', 'image/png', $2, now())", [shipmentId, Buffer.from([0, 255, 13, 10])]);
    await step(shipmentId, { type: "KeepLabel", contentType: "image/png", sizeBytes: 4 });
  };

  it("gives the file as it came, to operators only", async () => {
    const shipmentId = await booked();
    expect((await fetchLabel(idOf(shipmentId))).status).toBe(404);
    await keep(shipmentId);
    const answer = await fetchLabel(idOf(shipmentId));
    expect([answer.status, answer.headers.get("content-type"), answer.headers.get("cache-control")]).toEqual([200, "image/png", "private, no-store"]);
    expect([...new Uint8Array(await answer.arrayBuffer())]).toEqual([0, 255, 13, 10]);
    expect((await fetchLabel(idOf(shipmentId), "customer")).status).toBe(403);
    expect((await fetchLabel(idOf(shipmentId), null)).status).toBe(401);
    for (const id of [idOf(newId()), "nonsense", `order_${shipmentId}`]) expect((await fetchLabel(id)).status).toBe(404);
  });

  it("does not hand out a label that was voided, nor what was removed long after", async () => {
    const [voided, old] = [await booked(), await booked()];
    await keep(voided);
    await keep(old);
    await step(voided, { type: "RequestVoid", reason: "changed" });
    expect((await fetchLabel(idOf(voided))).status).toBe(410);
    await step(voided, { type: "RecordCancellation", reason: "changed" });
    await shop.write.pool.query("DELETE FROM label WHERE shipment_id = $1", [old]);
    expect((await fetchLabel(idOf(voided))).status).toBe(410);
    expect((await fetchLabel(idOf(old))).status).toBe(410);
  });
});
