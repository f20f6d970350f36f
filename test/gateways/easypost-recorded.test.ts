import { afterEach, describe, expect, it } from "@jest/globals";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { BookingRequest } from "../../src/gateways/couriers/courier-port.js";
import { EasyPostCourier } from "../../src/gateways/couriers/easypost-courier.js";
import { EasyPostServer, notFound, type SeenCall } from "./easypost-server.js";

interface Exchange { readonly method: string; readonly url: string; readonly requestBody: unknown; readonly status: number; readonly responseBody: Record<string, unknown> }

const folder = join(process.env["MILLRACE_TEST_DATA"] ?? "../shared/data", "easypost");
const haveRecordings = existsSync(folder);
if (!haveRecordings) process.stderr.write(`SKIPPED: EasyPost's recorded exchanges and its signature, ${folder} is not there (MILLRACE_TEST_DATA)\n`);

const textOf = (name: string): string => readFileSync(join(folder, name), "utf8");
const exchangesOf = (name: string): readonly Exchange[] => (JSON.parse(textOf(`${name}.json`)) as { exchanges: readonly Exchange[] }).exchanges;

const from = { name: "Jack Sparrow", street: "388 Townsend St", city: "San Francisco", state: "CA", postalCode: "94107", country: "US", email: "test@example.com", phone: "5555555555" };
const destination = { name: "Elizabeth Swan", street: "179 N Harbor Dr", city: "Redondo Beach", postalCode: "90277", country: "US", email: "test@example.com", phone: "5555555555" };
const request: BookingRequest = { shipmentId: "123", orderId: "order-1", weightGrams: 436, destination, idempotencyKey: "book:123" };

const open: { close(): unknown }[] = [];
afterEach(async () => { for (const each of open.splice(0)) await each.close(); });

/** Answers as recorded what is asked in the recorded order, and everything that was not recorded with 404. */
async function play(exchanges: readonly Exchange[]): Promise<{ readonly courier: EasyPostCourier; readonly server: EasyPostServer }> {
  const waiting = [...exchanges];
  const server = await EasyPostServer.open(({ method, path }) => {
    const next = waiting[0];
    if (next?.method !== method || new URL(next.url).pathname !== path) return notFound;
    waiting.shift();
    return { status: next.status, body: next.responseBody };
  });
  const courier = new EasyPostCourier({ id: "easypost", baseUrl: server.url, apiKey: "EZTK-key", webhookSecrets: [], currency: "USD", from });
  open.push(server, courier);
  return { courier, server };
}

/** What we send and EasyPost's own client sent too must be the same; what only we send is told by its path. */
function differences(sent: unknown, recorded: unknown, path = ""): readonly string[] {
  if (typeof sent !== "object" || sent === null) return sent === recorded ? [] : [path];
  return Object.entries(sent).flatMap(([key, value]) => differences(value, (recorded as Record<string, unknown> | undefined)?.[key], `${path}.${key}`));
}

function sentTo(server: EasyPostServer, call: string): SeenCall {
  const found = server.seen.find(({ method, path }) => `${method} ${path}` === call);
  if (!found) throw new Error(`nobody asked ${call}, but ${server.calls.join(", ")}`);
  return found;
}

(haveRecordings ? describe : describe.skip)("EasyPost's recorded exchanges:", () => {
  it("the question for rates is asked as its own client does, and read cheapest first", async () => {
    const recorded = exchangesOf("create-shipment");
    const { courier, server } = await play(recorded);
    const rates = await courier.rate({ shipmentId: "123", parcel: { weightGrams: 436, sizeMm: [254, 203, 101] }, destination });
    const rateReference = "prcl_dd6a0cda990341648b2d44c46b8d6ad5";
    expect(rates).toEqual([
      { service: "USPS/GroundAdvantage", priceMinor: 593, currency: "USD", promisedDays: 3, rateReference },
      { service: "USPS/Priority", priceMinor: 690, currency: "USD", promisedDays: 2, rateReference },
      { service: "USPS/Express", priceMinor: 3_310, currency: "USD", promisedDays: 2, rateReference },
    ]);
    const { body, headers } = sentTo(server, "POST /v2/shipments");
    expect(differences(body, recorded[0]?.requestBody)).toEqual([".shipment.options.currency"]);
    expect(body).toMatchObject({ shipment: { parcel: { length: 10, width: 8, height: 4, weight: 15.4 } } });
    expect(headers).toMatchObject({ authorization: `Basic ${Buffer.from("EZTK-key:").toString("base64")}`, "content-type": "application/json" });
  });
  it("a label is bought at the cheapest rate", async () => {
    const recorded = exchangesOf("buy-shipment");
    const { courier, server } = await play(recorded);
    expect(await courier.book(request)).toEqual({
      bookingReference: "shp_c19ef39504854bdeb0647fe46d9aa6ae", trackingCode: "9400100110368068953228", service: "USPS/GroundAdvantage", priceMinor: 593,
      labelUrl: "https://easypost-files.s3.us-west-2.amazonaws.com/files/postage_label/20240730/e80af044eacbb34c648540530560435ed0.png",
    });
    const buy = "/v2/shipments/shp_c19ef39504854bdeb0647fe46d9aa6ae/buy";
    expect(server.calls).toEqual(["GET /v2/shipments/123", "POST /v2/shipments", `POST ${buy}`]);
    expect(differences(sentTo(server, "POST /v2/shipments").body, recorded[0]?.requestBody)).toEqual([".shipment.options.currency"]);
    expect(sentTo(server, `POST ${buy}`).body).toEqual(recorded[1]?.requestBody);
  });
  it("a service that was not offered is not bought, nor another in its place", async () => {
    const rates = (exchangesOf("rate-not-found")[0]?.responseBody["rates"] as object[]).map((rate, place) => ({ id: `rate_${String(place)}`, ...rate }));
    const [created] = exchangesOf("create-shipment") as [Exchange];
    const { courier, server } = await play([{ ...created, responseBody: { ...created.responseBody, rates } }]);
    await expect(courier.book({ ...request, rate: { service: "USPS/BadService", rateReference: null } })).rejects.toMatchObject({ kind: "rejected", code: "RATE_NOT_OFFERED", inDoubt: false });
    expect(server.calls).toEqual(["GET /v2/shipments/123", "POST /v2/shipments"]);
  });
  it("a label is voided", async () => {
    const refund = exchangesOf("refund-shipment").filter(({ url }) => url.endsWith("/refund"));
    const { courier, server } = await play(refund);
    const bookingReference = refund[0]?.responseBody["id"] as string;
    expect(await courier.cancel({ bookingReference, idempotencyKey: "cancel:123" })).toEqual({ kind: "cancelled" });
    expect(sentTo(server, `POST /v2/shipments/${bookingReference}/refund`).body).toEqual(refund[0]?.requestBody);
  });
  it("a bought label is found by our reference, its rating by days left alone", async () => {
    const [bought] = exchangesOf("smartrates") as [Exchange];
    const { courier } = await play([{ ...bought, method: "GET", url: "https://api.easypost.com/v2/shipments/ours", status: 200, responseBody: { ...bought.responseBody, reference: "ours" } }]);
    expect(await courier.find("ours")).toMatchObject({ bookingReference: bought.responseBody["id"], trackingCode: "9400100110368068953365", service: "USPS/GroundAdvantage", priceMinor: 593 });
    expect(await courier.find("others")).toBeNull();
  });
  it("a parcel is tracked by the one tracker that has its code", async () => {
    const { courier, server } = await play(exchangesOf("list-trackers"));
    const scans = await courier.track("9400100110368068953525");
    expect(scans).toEqual([
      { scanId: expect.stringMatching(/^[0-9a-f]{32}$/), rawCode: "pre_transit/status_update", status: "pre_transit", reasonCode: null, city: null, occurredAt: "2024-06-30T16:12:27.000Z" },
      { scanId: expect.stringMatching(/^[0-9a-f]{32}$/), rawCode: "pre_transit/status_update", status: "pre_transit", reasonCode: null, city: "HOUSTON", occurredAt: "2024-07-01T04:49:27.000Z" },
    ]);
    expect(server.seen[0]?.query.get("tracking_code")).toBe("9400100110368068953525");
  });
  it("a tracker that was made by hand is read, and an unknown code refused", async () => {
    const [{ responseBody }] = exchangesOf("create-tracker") as [Exchange];
    const page = { method: "GET", url: "https://api.easypost.com/v2/trackers", requestBody: null, status: 200, responseBody: { trackers: [responseBody], has_more: false } };
    const { courier } = await play([page, page]);
    expect(await courier.track("EZ1000000001")).toHaveLength(2);
    await expect(courier.track("EZ2")).rejects.toMatchObject({ name: "GatewayError", kind: "rejected", code: "TRACKER.NOT_FOUND" });
  });
});

(haveRecordings ? describe : describe.skip)("EasyPost's published webhook", () => {
  const { secret, value } = haveRecordings ? JSON.parse(textOf("webhook-signature.json")) as { secret: string; value: string } : { secret: "-", value: "" };
  const body = haveRecordings ? textOf("webhook-event-body.json") : "";
  const courierWith = (...webhookSecrets: string[]): EasyPostCourier => {
    const courier = new EasyPostCourier({ id: "easypost", apiKey: "k", webhookSecrets, currency: "USD", from });
    open.push(courier);
    return courier;
  };
  const signed = { "x-hmac-signature": value };

  it("is accepted by either of two secrets, however its letters are composed", () => {
    expect(courierWith(secret).verify(body, signed)).toEqual({ eventId: "evt_1" });
    expect(courierWith("new one", secret.normalize("NFD")).verify(body, signed)).toEqual({ eventId: "evt_1" });
    expect(courierWith(secret.normalize("NFC"), "old one").verify(body, signed)).toEqual({ eventId: "evt_1" });
  });
  it("is refused with another secret, body or header, and without any", () => {
    const courier = courierWith(secret);
    expect(courierWith("other").verify(body, signed)).toBeNull();
    expect(courierWith().verify(body, signed)).toBeNull();
    expect(courier.verify(body.replace("in_transit", "delivered"), signed)).toBeNull();
    expect(courier.verify(`${body}\n`, signed)).toBeNull();
    const headers = [{}, { "x-hmac-signature": "" }, { "x-hmac-signature": value.slice(0, -1) }, { "x-hmac-signature": value.slice("hmac-sha256-hex=".length) }, { "x-hmac-signature": [value, value] }];
    for (const each of headers) expect(courier.verify(body, each)).toBeNull();
  });
  it("tells of seven sightings, the same at every repetition", () => {
    const news = courierWith(secret).parseWebhook(body);
    expect(news).toMatchObject({ eventId: "evt_1", trackingCode: "1", bookingReference: "" });
    expect(news?.scans.map(({ status, reasonCode, rawCode, city, occurredAt }) => [status, reasonCode, rawCode, city, occurredAt])).toEqual([
      ["pre_transit", "label_created", "pre_transit/label_created/OC", null, "2024-07-31T15:00:00.000Z"],
      ["in_transit", "arrived_at_facility", "in_transit/arrived_at_facility/PU", "ORLANDO", "2024-07-31T19:27:00.000Z"],
      ["in_transit", "arrived_at_facility", "in_transit/arrived_at_facility/AR", "ORLANDO", "2024-07-31T22:35:00.000Z"],
      ["in_transit", "departed_facility", "in_transit/departed_facility/DP", "ORLANDO", "2024-08-01T14:42:13.000Z"],
      ["in_transit", null, "in_transit/unknown/IT", "KENLY", "2024-08-02T02:46:19.000Z"],
      ["in_transit", null, "in_transit/unknown/IT", "EDISON TWP", "2024-08-02T18:35:20.000Z"],
      ["in_transit", "arrived_at_facility", "in_transit/arrived_at_facility/AR", "EDISON", "2024-08-02T18:50:00.000Z"],
    ]);
    expect(new Set(news?.scans.map(({ scanId }) => scanId)).size).toBe(7);
    const later = body.replace('"evt_1"', '"evt_2"').replace('"updated_at":"2024-08-02T19:26:51Z"', '"updated_at":"2024-08-03T00:00:00Z"').replace('"source":"FedEx"', '"source":"other"');
    expect(courierWith(secret).parseWebhook(later)?.scans).toEqual(news?.scans);
  });
});
