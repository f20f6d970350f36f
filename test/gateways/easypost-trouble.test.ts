import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { inspect } from "node:util";
import { ratesByPrice, shipment } from "../../src/gateways/couriers/easypost-answers.js";
import { EasyPostCourier, type EasyPostSettings } from "../../src/gateways/couriers/easypost-courier.js";
import { GatewayError } from "../../src/platform/http-client/gateway-error.js";
import { EasyPostLedger } from "./easypost-ledger.js";
import { EasyPostServer, type Answer } from "./easypost-server.js";

const apiKey = "EZAK_planted_key";
const from = { name: "Mill", street: "Planted Quay 1", city: "Rotterdam", postalCode: "3011", country: "NL" };
const destination = { name: "Ada Planted", street: "Planted Lane 7", city: "Plantedham", postalCode: "PL4 7ED", country: "NL", phone: "+31 planted", email: "ada@planted.test" };
const cancelled = { bookingReference: "shp_1", idempotencyKey: "c" };

let ledger: EasyPostLedger;
let server: EasyPostServer;
let easypost: EasyPostCourier;

function courier(settings: Partial<EasyPostSettings> = {}): EasyPostCourier {
  return new EasyPostCourier({ id: "easypost", baseUrl: server.url, apiKey, webhookSecrets: ["planted secret"], currency: "EUR", from, timeoutMs: 300, nowMs: () => ledger.nowMs, ...settings });
}

beforeEach(async () => {
  ledger = new EasyPostLedger();
  server = await EasyPostServer.open(ledger.answer);
  easypost = courier();
});
afterEach(async () => {
  easypost.close();
  await server.close();
});

const rateRequest = { shipmentId: "parcel-1", parcel: { weightGrams: 900 }, destination };
const bookRequest = { shipmentId: "parcel-1", orderId: "order-1", weightGrams: 900, destination, idempotencyKey: "k" };

/** Each of the courier's calls, EasyPost's call that it stands on, and whether the outcome of that one binds. */
const calls: readonly (readonly [string, RegExp, boolean, () => Promise<unknown>])[] = [
  ["rate", /POST \/v2\/shipments$/, false, () => easypost.rate(rateRequest)],
  ["find", /GET \/v2\/shipments\//, false, () => easypost.find("parcel-1")],
  ["book, looking", /GET \/v2\/shipments\//, true, () => easypost.book(bookRequest)],
  ["book, preparing", /POST \/v2\/shipments$/, false, () => easypost.book(bookRequest)],
  ["book, buying", /POST .*\/buy$/, true, () => easypost.book(bookRequest)],
  ["cancel", /POST .*\/refund$/, true, () => easypost.cancel(cancelled)],
  ["track", /GET \/v2\/trackers$/, false, () => easypost.track("T1")],
];

async function failureOf(call: Promise<unknown>): Promise<GatewayError> {
  const error = await call.then((value) => { throw new Error(`it gave ${inspect(value)}`); }, (thrown: unknown) => thrown);
  if (!(error instanceof GatewayError)) throw error;
  expect(`${error.message} ${inspect(error, { depth: 9 })}`.toLowerCase()).not.toContain("planted");
  expect(inspect(error, { depth: 9 })).not.toContain(Buffer.from(`${apiKey}:`).toString("base64"));
  return error;
}

/** What EasyPost says, repeating what it was sent. */
const says = (status: number, code: string, headers: Record<string, string> = {}): Answer => ({
  status, headers, body: { error: { code, message: `wrong: ${apiKey} ${destination.street}`, errors: [{ field: destination.name, message: destination.email }] } },
});

describe.each(calls)("%s", (_name, route, binds, call) => {
  it("that gets no answer times out", async () => {
    server.next(route, "hang");
    expect(await failureOf(call())).toMatchObject({ kind: "timeout", inDoubt: binds });
  });
  it("that is cut off says so", async () => {
    server.next(route, "reset");
    server.next(route, "reset");
    expect(await failureOf(call())).toMatchObject({ kind: "unavailable", inDoubt: binds });
  });
  it.each<[string, Answer, object]>([
    ["500", says(500, "INTERNAL_SERVER_ERROR"), { kind: "unavailable", code: "INTERNAL_SERVER_ERROR", status: 500 }],
    ["503 with a pause", says(503, "SERVICE_UNAVAILABLE", { "retry-after": "9" }), { kind: "unavailable", retryAfterSeconds: 9 }],
    ["502 of something in between", { status: 502, body: `<html>${apiKey}</html>` }, { kind: "unavailable", status: 502, code: undefined }],
    ["408", says(408, "REQUEST_TIMEOUT"), { kind: "unavailable", status: 408 }],
    ["a redirect", { status: 302, body: "", headers: { location: "http://planted.test" } }, { kind: "unavailable", status: 302 }],
    ["no JSON", { status: 200, body: `OK ${apiKey}` }, { kind: "unavailable", status: 200 }],
    ["a JSON null", { status: 200, body: "null" }, { kind: "unavailable", status: 200 }],
    ["another object", { status: 200, body: { object: destination.name } }, { kind: "unavailable", status: 200 }],
  ])("that is answered with %s is sorted", async (_what, answer, expected) => {
    server.next(route, answer);
    expect(await failureOf(call())).toMatchObject({ ...expected, inDoubt: binds });
  });
  it.each<[string, Answer, object]>([
    ["429 with a pause", says(429, "RATE_LIMITED", { "retry-after": "7" }), { kind: "rate_limited", retryAfterSeconds: 7, code: "RATE_LIMITED" }],
    ["429 without one", { status: 429, body: "slow down" }, { kind: "rate_limited", retryAfterSeconds: undefined }],
    ["401", says(401, "APIKEY.INACTIVE"), { kind: "rejected", status: 401, code: "APIKEY.INACTIVE" }],
    ["402", says(402, "PAYMENT_REQUIRED"), { kind: "rejected", status: 402, code: "PAYMENT_REQUIRED" }],
    ["422", says(422, "ADDRESS.VERIFY.FAILURE"), { kind: "rejected", status: 422, code: "ADDRESS.VERIFY.FAILURE" }],
    ["422 whose code is no code", says(422, `bad ${destination.street}`), { kind: "rejected", status: 422, code: undefined }],
    ["422 of the other form", { status: 422, body: { error: `bad ${destination.street}` } }, { kind: "rejected", code: undefined }],
  ])("that is answered with %s is settled", async (_what, answer, expected) => {
    server.next(route, answer);
    expect(await failureOf(call())).toMatchObject({ ...expected, inDoubt: false });
  });
});

it("reaches nobody: only what may have been bought before is in doubt", async () => {
  await server.close();
  expect(await failureOf(easypost.rate(rateRequest))).toMatchObject({ kind: "unavailable", inDoubt: false });
  expect(await failureOf(easypost.find("parcel-1"))).toMatchObject({ kind: "unavailable", inDoubt: false });
  expect(await failureOf(easypost.cancel(cancelled))).toMatchObject({ kind: "unavailable", inDoubt: false });
  expect(await failureOf(easypost.book(bookRequest))).toMatchObject({ kind: "unavailable", inDoubt: true });
  await server.listen();
});

it("never sends a key, or what it was told, anywhere but to EasyPost", async () => {
  await easypost.rate(rateRequest);
  expect(server.seen.map(({ headers }) => headers.authorization)).toEqual([`Basic ${Buffer.from(`${apiKey}:`).toString("base64")}`]);
  expect(inspect(easypost, { depth: 9 })).not.toContain(apiKey);
});

describe("a question for rates", () => {
  const sent = (): Record<string, Record<string, unknown>> => (server.seen.at(-1)?.body as { shipment: Record<string, Record<string, unknown>> }).shipment;
  it.each([[1, 0.1], [28, 1], [29, 1.1], [1_000, 35.3], [28.349523125, 1]])("tells %p g as %p ounces, never less than it weighs", async (weightGrams, weight) => {
    await easypost.rate({ ...rateRequest, parcel: { weightGrams } });
    expect(sent()["parcel"]).toEqual({ weight });
  });
  it("says what to collect at the door in the currency's own digits", async () => {
    await easypost.rate({ ...rateRequest, cashOnDeliveryMinor: 1_990 });
    expect(sent()["options"]).toEqual({ currency: "EUR", cod_amount: "19.90", cod_method: "CASH" });
    await easypost.rate({ ...rateRequest, cashOnDeliveryMinor: 0 });
    expect(sent()["options"]).toEqual({ currency: "EUR" });
  });
  it("declares goods only where they cross a border, and asks only the accounts that are named", async () => {
    const customs = { signer: "Steve", description: "Shirts", hsTariffNumber: "654321", originCountry: "PT", valueMinor: 2_325 };
    const declaring = courier({ customs, carrierAccounts: ["ca_1"] });
    await declaring.rate(rateRequest);
    expect(sent()).not.toHaveProperty("customs_info");
    await declaring.rate({ ...rateRequest, destination: { ...destination, country: "CH" } });
    expect(sent()).toMatchObject({
      carrier_accounts: ["ca_1"],
      customs_info: { customs_signer: "Steve", customs_certify: true, customs_items: [{ description: "Shirts", quantity: 1, weight: 31.8, value: "23.25", currency: "EUR", hs_tariff_number: "654321", origin_country: "PT" }] },
    });
    declaring.close();
  });
  it("reads prices to the unit, the cheapest of a service, those in other currencies last", async () => {
    const rate = (id: string, service: string, price: string, currency = "EUR") => ({ id, carrier: "Post", service, rate: price, currency, delivery_days: null });
    server.next(/POST/, { status: 201, body: {
      id: "shp_1", created_at: "2026-03-01T12:00:00Z",
      rates: [rate("1", "Fast", "10.50"), rate("2", "Slow", "9.9"), rate("3", "Fast", "10.4900"), rate("4", "Air", "700.00", "JPY"), rate("5", "Odd", "1.005"), rate("6", "None", "free")],
    } });
    expect((await easypost.rate(rateRequest)).map(({ service, priceMinor, currency, rateReference }) => [service, priceMinor, currency, rateReference]))
      .toEqual([["Post/Slow", 990, "EUR", null], ["Post/Fast", 1_049, "EUR", null], ["Post/Air", 700, "JPY", null]]);
  });
  it("finds none where nobody goes", async () => {
    server.next(/POST/, { status: 201, body: { id: "shp_1", created_at: "2026-03-01T12:00:00Z", rates: [], messages: [{ carrier: "Post", type: "rate_error", message: "no" }] } });
    expect(await easypost.rate(rateRequest)).toEqual([]);
  });
});

it("a rate that gives money, and a promise that no calendar has, are none", () => {
  const rate = (service: string, price: string, days: number) => ({ id: `rate_${service}`, carrier: "Post", service, rate: price, currency: "EUR", delivery_days: days });
  const { rates } = shipment.parse({ id: "shp_1", created_at: "2026-01-01T00:00:00Z", rates: [rate("Gift", "-5.00", 1), rate("Late", "5.00", 1e300), rate("Early", "6.00", -1)] });
  expect(ratesByPrice(rates, "EUR").map(({ rate: { service, delivery_days }, priceMinor }) => [service, delivery_days, priceMinor])).toEqual([["Late", null, 500], ["Early", null, 600]]);
});
