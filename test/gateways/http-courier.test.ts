import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { BookingRequest } from "../../src/gateways/couriers/courier-port.js";
import { HttpCourier } from "../../src/gateways/couriers/http-courier.js";
import { meaningOf } from "../../src/gateways/couriers/tracking-codes.js";
import { GatewayError } from "../../src/platform/http-client/gateway-error.js";

/** A courier that answers what a test tells it to. */
let server: Server;
let courier: HttpCourier;
let answer: { status: number; body: string | Buffer; headers?: Record<string, string> };
let asked: { readonly incoming: IncomingMessage; readonly body: string }[];

beforeEach(async () => {
  asked = [];
  answer = { status: 200, body: "{}" };
  server = createServer((incoming, outgoing) => {
    let body = "";
    incoming.setEncoding("utf8").on("data", (chunk: string) => { body += chunk; }).on("end", () => {
      asked.push({ incoming, body });
      outgoing.writeHead(answer.status, answer.headers).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, "127.0.0.1", resolve); });
  courier = new HttpCourier({ id: "acme", baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, apiKey: "key", webhookSecrets: ["c2VjcmV0"] });
});
afterEach(async () => {
  courier.close();
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
});

const destination = { name: "Ada", street: "1 Mill Lane", city: "Leeds", postalCode: "LS1 4AP", country: "GB" };
const booking: BookingRequest = { shipmentId: "s 1&2", orderId: "o", weightGrams: 1, destination, idempotencyKey: "k" };
const minimal = { booking_id: "b", tracking_code: "t" };

function says(body: unknown, status = 200): void {
  answer = { status, body: typeof body === "string" ? body : JSON.stringify(body) };
}

async function failureOf(call: Promise<unknown>): Promise<GatewayError> {
  const outcome = await call.then(() => null, (error: unknown) => error);
  expect(outcome).toBeInstanceOf(GatewayError);
  return outcome as GatewayError;
}

describe("rates", () => {
  const rate = { service: "s", price_minor: 100, currency: "EUR" };
  it("are asked for by place and parcel only, without a key, and read with what may be absent", async () => {
    says({ rates: [{ ...rate, price_minor: 200, promised_days: 1.5, rate_id: "r", more: 1 }, { ...rate, promised_days: null }] });
    const request = { shipmentId: "s", parcel: { weightGrams: 5, sizeMm: [3, 2, 1] as const }, destination, cashOnDeliveryMinor: 7 };
    expect(await courier.rate(request)).toEqual([
      { service: "s", priceMinor: 100, currency: "EUR", promisedDays: null, rateReference: null },
      { service: "s", priceMinor: 200, currency: "EUR", promisedDays: 1.5, rateReference: "r" },
    ]);
    const [{ incoming, body }] = asked as [typeof asked[0]];
    expect([incoming.method, incoming.url, incoming.headers["idempotency-key"], incoming.headers.authorization]).toEqual(["POST", "/v1/rates", undefined, "Bearer key"]);
    expect(JSON.parse(body)).toEqual({
      shipment_id: "s", parcel: { weight_grams: 5, size_mm: [3, 2, 1] }, cash_on_delivery_minor: 7,
      destination: { city: "Leeds", postal_code: "LS1 4AP", country: "GB" },
    });
  });
  it.each([
    ["a page", "<p>back soon"], ["nothing", {}], ["half a cent", { rates: [{ ...rate, price_minor: 1.5 }] }], ["a gift", { rates: [{ ...rate, price_minor: -1 }] }],
    ["no currency", { rates: [{ ...rate, currency: "euro" }] }], ["yesterday", { rates: [{ ...rate, promised_days: -1 }] }], ["doomsday", { rates: [{ ...rate, promised_days: 1e300 }] }],
    ["more than there is", { rates: [{ ...rate, price_minor: 1e15 }] }], ["a name that cannot be kept", { rates: [{ ...rate, service: "s\0" }] }],
    ["51 services", { rates: Array.from({ length: 51 }, () => rate) }],
  ])("that make no sense are none: %s", async (_name, body) => {
    says(body);
    expect(await failureOf(courier.rate({ shipmentId: "s", parcel: { weightGrams: 5 }, destination }))).toMatchObject({ kind: "unavailable", inDoubt: false });
  });
  it("that fail leave nothing in doubt, since nothing was to be changed", async () => {
    says("{}", 500);
    expect(await failureOf(courier.rate({ shipmentId: "s", parcel: { weightGrams: 5 }, destination }))).toMatchObject({ kind: "unavailable", status: 500, inDoubt: false });
  });
});

describe("a booking", () => {
  it("names the rate, and reads a label's address that has no host", async () => {
    says({ ...minimal, service: "s", price_minor: 5, label_url: "/v1/labels/b", currency: "EUR" }, 201);
    const booked = await courier.book({ ...booking, rate: { service: "s", rateReference: "r" }, cashOnDeliveryMinor: 9 });
    expect(booked).toEqual({ bookingReference: "b", trackingCode: "t", service: "s", priceMinor: 5, labelUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/v1\/labels\/b$/) });
    expect(JSON.parse(asked[0]!.body)).toMatchObject({ service: "s", rate_id: "r", cash_on_delivery_minor: 9, shipment_id: "s 1&2", order_id: "o", weight_grams: 1 });
    expect(asked[0]!.incoming.headers["idempotency-key"]).toBe("k");
  });
  it("of the contract's first version says no more than it knows, both ways", async () => {
    says(minimal, 201);
    expect(await courier.book(booking)).toEqual({ bookingReference: "b", trackingCode: "t" });
    expect(Object.keys(JSON.parse(asked[0]!.body) as object)).toEqual(["shipment_id", "order_id", "weight_grams", "destination"]);
  });
  it.each([
    { price_minor: "5" }, { price_minor: -5 }, { price_minor: 1e15 }, { price_minor: 5, currency: "USD" }, { label_url: "http://[" }, { service: "" },
  ])("is known by its names, whatever nonsense stands beside them: %j", async (nonsense) => {
    courier.close();
    courier = new HttpCourier({ id: "acme", currency: "EUR", baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, apiKey: "key", webhookSecrets: ["c2VjcmV0"] });
    says({ ...minimal, ...nonsense }, 201);
    expect(await courier.book(booking)).toEqual({ bookingReference: "b", trackingCode: "t" });
    says({ bookings: [{ ...minimal, ...nonsense, shipment_id: "s 1&2", status: "booked" }] });
    expect(await courier.find("s 1&2")).toEqual({ bookingReference: "b", trackingCode: "t" });
  });
  it.each(["garbage", {}, { ...minimal, tracking_code: "t\0" }])("whose answer makes no sense is in doubt: %j", async (body) => {
    says(body, 201);
    expect(await failureOf(courier.book(booking))).toMatchObject({ kind: "unavailable", inDoubt: true });
  });
});

describe("asking after a booking", () => {
  const found = { ...minimal, shipment_id: "s 1&2" };
  it("finds what is not called off", async () => {
    says({ bookings: [{ ...found, status: "cancelled" }, { ...found, booking_id: "b2", status: "some later state" }] });
    expect(await courier.find("s 1&2")).toEqual({ bookingReference: "b2", trackingCode: "t" });
    expect(asked[0]!.incoming.url).toBe("/v1/bookings?shipment_id=s%201%262");
  });
  it("is certain of none only where an empty list says so", async () => {
    says({ bookings: [] });
    expect(await courier.find("s 1&2")).toBeNull();
    says({ bookings: [{ ...found, status: "cancelled" }] });
    expect(await courier.find("s 1&2")).toBeNull();
  });
  it("takes no other shipment's booking for ours, and no silence for none", async () => {
    says({ bookings: [{ ...found, status: "booked" }, { ...found, shipment_id: "another", status: "booked" }] });
    expect(await failureOf(courier.find("s 1&2"))).toMatchObject({ kind: "unavailable", inDoubt: false });
    for (const [body, status] of [["[]", 200], ["{}", 200], ["<p>", 200], ["{}", 500], ['{"error":{"code":"booking_in_progress"}}', 409]] as const) {
      says(body, status);
      expect(await failureOf(courier.find("s 1&2"))).toMatchObject({ kind: "unavailable", inDoubt: false });
    }
    says("not found", 404);
    expect(await failureOf(courier.find("s 1&2"))).toMatchObject({ kind: "rejected", status: 404 });
  });
});

describe("calling off", () => {
  it("is believed only where the answer says so", async () => {
    const cancel = { bookingReference: "b", idempotencyKey: "c" };
    says({ booking_id: "b", status: "cancelled" });
    expect(await courier.cancel(cancel)).toEqual({ kind: "cancelled" });
    says({ error: { code: "too_late" } }, 409);
    expect(await courier.cancel(cancel)).toEqual({ kind: "too_late" });
    for (const body of ["<p>back soon", {}, { status: "booked" }]) {
      says(body);
      expect(await failureOf(courier.cancel(cancel))).toMatchObject({ kind: "unavailable", inDoubt: true });
    }
    says({ error: { code: "not_cancellable" } }, 422);
    expect(await failureOf(courier.cancel(cancel))).toMatchObject({ kind: "rejected", code: "not_cancellable", inDoubt: false });
  });
});

describe("a label", () => {
  it("comes byte for byte", async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    answer = { status: 200, body: bytes, headers: { "content-type": "image/png; charset=binary" } };
    expect(await courier.label("b/1")).toEqual({ contentType: "image/png", bytes });
    expect(asked[0]!.incoming.url).toBe("/v1/labels/b%2F1");
  });
  it("is no page that tells of a trouble, and not nothing", async () => {
    answer = { status: 200, body: "<p>back soon", headers: { "content-type": "text/html" } };
    expect(await failureOf(courier.label("b"))).toMatchObject({ kind: "unavailable", inDoubt: false });
    answer = { status: 200, body: "", headers: { "content-type": "application/pdf" } };
    expect(await failureOf(courier.label("b"))).toMatchObject({ kind: "unavailable" });
  });
});

describe("an instruction", () => {
  const request = { bookingReference: "b/1", instruction: "return", idempotencyKey: "k" } as const;
  it("is followed only where the answer says so", async () => {
    says({ booking_id: "b/1", instruction: "return" });
    expect(await courier.instruct(request)).toEqual({ kind: "accepted" });
    expect(asked[0]!.incoming).toMatchObject({ method: "POST", url: "/v1/bookings/b%2F1/instructions", headers: { "idempotency-key": "k" } });
    says({ error: { code: "too_late" } }, 409);
    expect(await courier.instruct(request)).toEqual({ kind: "too_late" });
    says("not found", 404);
    expect(await courier.instruct(request)).toEqual({ kind: "unsupported" });
    for (const body of ["<p>back soon", {}]) {
      says(body);
      expect(await failureOf(courier.instruct(request))).toMatchObject({ kind: "unavailable", inDoubt: true });
    }
  });
});

describe("scans", () => {
  const scan = { id: "s1", code: "PICKED_UP", city: "Leeds", at: "2026-03-01T09:00:00+01:00" };
  const scansOf = async (...scans: readonly (object | null)[]) => {
    says({ tracking_code: "T", booking_id: "b", scans });
    return courier.track("T");
  };
  it("have the courier's id, or without one an id that is the same at every repetition", async () => {
    const nameless = { ...scan, id: undefined };
    const [named, first, again, other] = await scansOf(scan, nameless, { ...nameless, id: "", at: "2026-03-01T08:00:00.000Z" }, { ...nameless, city: "York" });
    expect(named).toEqual({ scanId: "s1", rawCode: "PICKED_UP", status: "in_transit", reasonCode: null, city: "Leeds", occurredAt: "2026-03-01T08:00:00.000Z" });
    expect(again?.scanId).toBe(first?.scanId);
    expect(other?.scanId).not.toBe(first?.scanId);
  });
  it("hold nothing that could not be kept, however the courier words it", async () => {
    const [odd] = await scansOf({ ...scan, code: "A\0B", city: `\ud800${"x".repeat(500)}`, reason: "why\0" });
    expect(odd).toMatchObject({ rawCode: "A\ufffdB", reasonCode: null, status: "unknown" });
    expect(odd?.city).toMatch(/^\ufffdx{199}$/);
  });
  it("have the courier's reason, if it is a word and not what somebody wrote, but where the code says why by itself", async () => {
    const reasons = (await scansOf(
      { ...scan, code: "ATTEMPT_FAILED", reason: "address_unknown" }, { ...scan, code: "ATTEMPT_FAILED", reason: "Mrs Lovelace was not in" },
      { ...scan, code: "RETURNED", reason: "refused_by_recipient" }, { ...scan, code: "LOST", reason: "stolen" },
    )).map(({ reasonCode }) => reasonCode);
    expect(reasons).toEqual(["address_unknown", "recipient_absent", "returned", "lost"]);
  });
  it("that nobody can place are left out, the others stay: the newest 500", async () => {
    const placeless = [{ ...scan, at: "2026-03-01T09:00:00" }, { ...scan, at: "0000-01-01T00:00:00Z" }, { ...scan, at: "9999-12-31T23:59:59-14:00" }, { ...scan, at: 7 }, null, { at: scan.at }];
    expect(await scansOf(...placeless, scan)).toHaveLength(1);
    const many = await scansOf(...Array.from({ length: 501 }, (_, number) => ({ ...scan, id: `s${String(number)}` })));
    expect([many.length, many[0]?.scanId]).toEqual([500, "s1"]);
    expect(await scansOf()).toEqual([]);
    expect(await failureOf(scansOf(...placeless))).toMatchObject({ kind: "unavailable", inDoubt: false });
  });
  it("of a webhook that cannot be read are not forgotten in silence; what is no parcel's is", () => {
    const body = (data: object, type = "tracking.updated"): string => JSON.stringify({ id: "e", type, data: { tracking_code: "T", booking_id: "b", scans: [scan], ...data } });
    expect(courier.parseWebhook(body({}))).toMatchObject({ trackingCode: "T", scans: [{ rawCode: "PICKED_UP" }] });
    for (const data of [{ scans: [{ ...scan, at: "yesterday" }] }, { scans: null }, { tracking_code: "T\0" }, { tracking_code: "T".repeat(201) }]) {
      expect(() => courier.parseWebhook(body(data))).toThrow(/contract/);
    }
    for (const other of [body({}, "invoice.created"), "[]", "null", "no"]) expect(courier.parseWebhook(other)).toBeNull();
  });
});

describe("tracking codes", () => {
  it.each([
    ["LABEL_CREATED", "pre_transit", null], ["DELAYED", "in_transit", "delayed"], ["LOST", "failure", "lost"], ["RETURNED", "return_to_sender", "returned"],
    ["delivered", "unknown", null], ["toString", "unknown", null], ["", "unknown", null], ["EVT_0042", "unknown", null],
  ])("%j means %s", (code, status, reasonCode) => {
    expect(meaningOf(code)).toEqual({ status, reasonCode });
  });
});
