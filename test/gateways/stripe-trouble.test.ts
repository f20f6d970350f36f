import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import type { AuthorizeRequest } from "../../src/gateways/payments/payment-port.js";
import { StripePayments } from "../../src/gateways/payments/stripe-payments.js";
import { GatewayError } from "../../src/platform/http-client/gateway-error.js";

const apiKey = "sk_test_planted_key";
const token = "pm_planted_token";
const request: AuthorizeRequest = {
  paymentId: "pay-1", orderId: "order-1", attempt: 1, amountMinor: 1_999, currency: "EUR", token, capture: true, idempotencyKey: "charge:pay-1:1",
};

interface Seen { readonly headers: IncomingMessage["headers"]; readonly method: string | undefined; readonly url: string | undefined; readonly body: string }

let server: Server;
let answer: RequestListener;
let seen: Seen[];
let stripe: StripePayments;

beforeEach(async () => {
  seen = [];
  server = createServer((incoming, outgoing) => {
    let body = "";
    incoming.setEncoding("utf8").on("data", (chunk: string) => { body += chunk; }).on("end", () => {
      seen.push({ headers: incoming.headers, method: incoming.method, url: incoming.url, body });
      answer(incoming, outgoing);
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, "127.0.0.1", resolve); });
  stripe = new StripePayments({ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, apiKey, webhookSecrets: ["whsec_planted"], timeoutMs: 300 });
});
afterEach(async () => {
  stripe.close();
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
});

function reply(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
  answer = (_incoming, outgoing) => { outgoing.writeHead(status, { "content-type": "application/json", ...headers }).end(typeof body === "string" ? body : JSON.stringify(body)); };
}

/** An error in Stripe's form whose message repeats what it was sent. */
const stripeError = (fields: object): object => ({ error: { message: `wrong: ${apiKey} ${token}`, ...fields } });

async function failureOf(call: Promise<unknown>): Promise<GatewayError> {
  const error = await call.then((value) => { throw new Error(`it gave ${inspect(value)}`); }, (thrown: unknown) => thrown);
  if (!(error instanceof GatewayError)) throw error;
  for (const secret of [apiKey, token, "whsec_planted"]) expect(`${error.message} ${inspect(error, { depth: 9 })}`).not.toContain(secret);
  return error;
}

const intent = {
  id: "pi_1", object: "payment_intent", status: "succeeded", amount: 1_999, amount_capturable: 0, amount_received: 1_999, currency: "eur",
  metadata: { payment_id: "pay-1" }, created: 1_700_000_000, latest_charge: "ch_1", last_payment_error: null,
};
const changes: readonly (readonly [string, () => Promise<unknown>])[] = [
  ["authorize", () => stripe.authorize(request)],
  ["capture", () => stripe.capture({ providerReference: "pi_1", amountMinor: 1, currency: "EUR", idempotencyKey: "c" })],
  ["void", () => stripe.void({ providerReference: "pi_1", idempotencyKey: "v" })],
  ["refund", () => stripe.refund({ providerReference: "pi_1", refundId: "r", paymentId: "p", orderId: "o", amountMinor: 1, currency: "EUR", idempotencyKey: "r", reason: "why" })],
];
const reads: readonly (readonly [string, () => Promise<unknown>])[] = [
  ["retrieve", () => stripe.retrieve("pi_1")],
  ["find", () => stripe.find("pay-1")],
  ["list", () => stripe.list({ from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z", cursor: null })],
];

describe("a call to Stripe", () => {
  it("is one POST that creates and confirms, with its key, and tells Stripe nothing of this machine", async () => {
    reply(200, intent, { "stripe-notice": "try our assistant" });
    expect(await stripe.authorize(request)).toEqual({ kind: "captured", providerReference: "pi_1", amountMinor: 1_999, currency: "EUR" });
    expect(seen).toHaveLength(1);
    const [{ headers, method, url, body }] = seen as [Seen];
    expect([method, url, headers["idempotency-key"], headers.authorization]).toEqual(["POST", "/v1/payment_intents", "charge:pay-1:1", `Bearer ${apiKey}`]);
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      amount: "1999", currency: "eur", confirm: "true", payment_method: token, "allowed_payment_method_types[0]": "card", capture_method: "automatic",
      error_on_requires_action: "true", "metadata[payment_id]": "pay-1", "metadata[order_id]": "order-1", "metadata[attempt]": "1",
      "expand[0]": "latest_charge.balance_transaction", "expand[1]": "latest_charge.refunds",
    });
    expect(headers["x-stripe-client-telemetry"]).toBeUndefined();
    expect(headers["stripe-version"]).toMatch(/^20\d\d-\d\d-\d\d\./);
  });
  it.each([...changes, ...reads])("%s that gets no answer times out as a whole, and is not repeated", async (name, call) => {
    // A byte now and then: the bound is on the whole answer.
    answer = (_incoming: IncomingMessage, outgoing: ServerResponse) => {
      outgoing.writeHead(200, { "content-type": "application/json" });
      const drip = setInterval(() => outgoing.write(" "), 50);
      outgoing.on("close", () => { clearInterval(drip); });
    };
    const doubt = changes.some(([change]) => change === name);
    expect(await failureOf(call())).toMatchObject({ kind: "timeout", inDoubt: doubt });
    expect(seen).toHaveLength(1);
  });
  it.each([...changes, ...reads])("%s that is cut off is in doubt if it changes something, and is not repeated", async (name, call) => {
    answer = (incoming) => { incoming.socket.destroy(); };
    expect(await failureOf(call())).toMatchObject({ kind: "unavailable", inDoubt: changes.some(([change]) => change === name) });
    expect(seen).toHaveLength(1);
  });
  it.each([...changes, ...reads])("%s that reaches nobody is not in doubt", async (_name, call) => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
    expect(await failureOf(call())).toMatchObject({ kind: "unavailable", inDoubt: false, heldBack: false });
    await new Promise<void>((resolve) => { server.listen(0, "127.0.0.1", resolve); });
  });
  it("to a name that does not exist is not in doubt", async () => {
    const lost = new StripePayments({ baseUrl: "http://nobody.invalid", apiKey, webhookSecrets: [], timeoutMs: 5_000 });
    expect(await failureOf(lost.authorize(request))).toMatchObject({ kind: "unavailable", inDoubt: false });
    lost.close();
  });
  it.each([
    ["429 with a pause", 429, stripeError({ type: "invalid_request_error", code: "rate_limit" }), { "retry-after": "7" }, { kind: "rate_limited", inDoubt: false, retryAfterSeconds: 7, code: "rate_limit" }],
    ["429 without one", 429, stripeError({ type: "rate_limit_error" }), {}, { kind: "rate_limited", inDoubt: false, retryAfterSeconds: undefined }],
    ["429 of something in between", 429, "<html>slow down</html>", { "retry-after": "3" }, { kind: "rate_limited", inDoubt: false, retryAfterSeconds: 3 }],
    ["a key that is in use", 409, stripeError({ type: "idempotency_error", code: "idempotency_key_in_use" }), {}, { kind: "unavailable", inDoubt: true, status: 409 }],
    ["a key used for something else", 400, stripeError({ type: "idempotency_error" }), {}, { kind: "rejected", inDoubt: false }],
    ["500", 500, stripeError({ type: "api_error" }), {}, { kind: "unavailable", inDoubt: true, status: 500 }],
    ["502 of something in between", 502, "<html>bad gateway</html>", {}, { kind: "unavailable", inDoubt: true, status: 502 }],
    ["503 with a pause", 503, stripeError({ type: "api_error" }), { "retry-after": "9" }, { kind: "unavailable", inDoubt: true, retryAfterSeconds: 9 }],
    ["500 with a body that is no error", 500, { id: "pi_1" }, {}, { kind: "unavailable", inDoubt: true, status: 500 }],
    ["400", 400, stripeError({ type: "invalid_request_error", param: "currency" }), {}, { kind: "rejected", inDoubt: false, status: 400 }],
    ["401", 401, stripeError({ type: "invalid_request_error" }), {}, { kind: "rejected", inDoubt: false, status: 401 }],
    ["403", 403, stripeError({ type: "invalid_request_error" }), {}, { kind: "rejected", inDoubt: false, status: 403 }],
    ["404", 404, stripeError({ type: "invalid_request_error" }), {}, { kind: "rejected", inDoubt: false, status: 404 }],
    ["a redirect", 302, "", { location: "http://elsewhere" }, { kind: "unavailable", inDoubt: true, status: 302 }],
    ["no JSON", 200, "OK", {}, { kind: "unavailable", inDoubt: true, status: 200 }],
    ["a JSON null", 200, "null", {}, { kind: "unavailable", inDoubt: true }],
    ["another object", 200, { object: "list", data: [] }, {}, { kind: "unavailable", inDoubt: true }],
    ["an intent that is still at work", 200, { ...intent, status: "processing", amount_received: 0 }, {}, { kind: "unavailable", inDoubt: true, code: "processing" }],
    ["an intent that waits for its buyer", 200, { ...intent, status: "requires_action", amount_received: 0 }, {}, { kind: "unavailable", inDoubt: true, code: "requires_action" }],
  ])("answered with %s is sorted", async (_what, status, body, headers, expected) => {
    reply(status, body, headers);
    expect(await failureOf(stripe.authorize(request))).toMatchObject(expected);
    expect(seen).toHaveLength(1);
  });
  it("that only reads is never in doubt, whatever the answer", async () => {
    for (const [status, body] of [[500, stripeError({ type: "api_error" })], [502, "no"], [409, stripeError({ type: "x" })]] as const) {
      reply(status, body);
      for (const [, call] of reads) expect(await failureOf(call())).toMatchObject({ kind: "unavailable", inDoubt: false });
    }
  });
  it("takes a pause that is told as a date", async () => {
    reply(429, stripeError({ type: "rate_limit_error" }), { "retry-after": new Date(Date.now() + 60_000).toUTCString() });
    const { retryAfterSeconds } = await failureOf(stripe.authorize(request));
    expect(retryAfterSeconds).toBeGreaterThan(50);
    expect(retryAfterSeconds).toBeLessThanOrEqual(60);
  });
});

describe("a refusal of Stripe's", () => {
  it.each([
    [402, { type: "card_error", code: "card_declined", decline_code: "insufficient_funds" }, "insufficient_funds"],
    [402, { type: "card_error", code: "card_declined", decline_code: "generic_decline" }, "card_declined"],
    [402, { type: "card_error" }, "card_declined"],
    [400, { type: "invalid_request_error", code: "resource_missing", param: "payment_method" }, "payment_method_invalid"],
    [400, { type: "invalid_request_error", code: "payment_method_unactivated" }, "payment_method_unactivated"],
    [400, { type: "invalid_request_error", code: "amount_too_small", param: "amount" }, "amount_too_small"],
  ])("%i %j declines the attempt", async (status, error, code) => {
    reply(status, stripeError(error));
    expect(await stripe.authorize(request)).toEqual({ kind: "declined", code });
  });
  it("of a repeated refund says so", async () => {
    reply(400, stripeError({ type: "invalid_request_error", code: "charge_already_refunded" }));
    expect(await changes[3]![1]()).toEqual({ kind: "refused", code: "charge_already_refunded" });
  });
  it("of a call on something that it does not know is a rejection, not a refusal", async () => {
    reply(404, stripeError({ type: "invalid_request_error", code: "resource_missing", param: "intent" }));
    for (const [, call] of changes) expect(await failureOf(call())).toMatchObject({ kind: "rejected", status: 404, inDoubt: false });
    expect(await stripe.retrieve("pi_1")).toBeNull();
  });
});
