import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createPool } from "../../src/platform/postgres/connection.js";
import { paymentIdOf, recordPayment } from "../../src/commands/payments/record-payment.js";
import { newId } from "../../src/kernel/ids.js";
import { furnish, order, placeOrder, type Placed } from "../queries/shop-life.js";
import { ShopApi } from "../queries/shop-api.js";

const retryPayment = "mutation ($input: RetryPaymentInput!) { retryPayment(input: $input) { orderId attempt position replayed userErrors { code field message } } }";
const refundPayment = "mutation ($input: RefundPaymentInput!) { refundPayment(input: $input) { orderId position refund { amount currency } userErrors { code field message } } }";
const recordManual = "mutation ($input: RecordManualPaymentInput!) { recordManualPayment(input: $input) { orderId position userErrors { code field message } } }";
const payment = `query ($id: ID!, $position: String) { order(id: $id, position: $position) { status payment {
  status method attempts provider transferReference awaited { amount } authorized { amount } captured { amount currency } refunded { amount } fee { amount } disputed failureCode
  refunds { amount { amount } cause state reason failureCode } } } }`;

describe("payments over the API", () => {
  let shop: ShopApi;
  beforeAll(async () => {
    shop = await ShopApi.start();
    await furnish(shop);
  });
  afterAll(() => shop.stop());

  const stripe = { provider: "stripe", currency: "EUR" } as const;
  const chargeOf = ({ raw }: Placed, attempt = 1) => ({
    ...stripe, paymentId: paymentIdOf(raw), orderId: raw, attempt, amountMinor: 2_970, providerReference: `pi_${raw}_${String(attempt)}`, expected: { amountMinor: 2_970, currency: "EUR" }, newsId: null,
  });
  const decline = (placed: Placed) => shop.send(recordPayment, { type: "RecordDecline", paymentId: paymentIdOf(placed.raw), orderId: placed.raw, attempt: 1, code: "insufficient_funds", retrySeconds: 600 });
  const capture = (placed: Placed, attempt = 1) => shop.send(recordPayment, { type: "RecordCapture", ...chargeOf(placed, attempt), feeMinor: 66 });
  const see = async (id: string, position: string) => (await shop.ask("ann", payment, { id, position })).data.order;

  it("refuse a card's number before anything is kept of it, and repeat none of it", async () => {
    const pool = createPool({ url: shop.primaryUrl, poolSize: 1 });
    const count = async (): Promise<number> => (await pool.query<{ n: number }>("SELECT (SELECT count(*) FROM event_log)::int + (SELECT count(*) FROM command_answer)::int AS n")).rows[0]!.n;
    const before = await count();
    for (const token of ["4242424242424242", "4242 4242-4242 4242", "card=378282246310005;", "6011 0009 9013 9424"]) {
      const input = { lines: [{ sku: "LAMP", quantity: 1 }], payment: { token }, idempotencyKey: newId() };
      const answer = await shop.ask("ann", placeOrder, { input });
      expect(answer.data.placeOrder).toMatchObject({ orderId: null, order: null, userErrors: [{ code: "CARD_DATA_REFUSED", field: ["payment", "token"] }] });
      expect(JSON.stringify(answer)).not.toContain(token);
    }
    for (const token of ["has space", "", "x".repeat(256), "new\nline"]) {
      const { data } = await shop.ask("ann", placeOrder, { input: { lines: [{ sku: "LAMP", quantity: 1 }], payment: { token }, idempotencyKey: newId() } });
      expect(data.placeOrder.userErrors).toMatchObject([{ code: "INVALID_TOKEN" }]);
    }
    expect(await count()).toBe(before);
    // A number that is no card's is a token like any other.
    const { data } = await shop.ask("ann", placeOrder, { input: { lines: [{ sku: "LAMP", quantity: 1 }], payment: { token: "4242424242424243" }, idempotencyKey: newId() } });
    expect(data.placeOrder.userErrors).toEqual([]);
    await pool.end();
  });

  it("answer a repeated order with a token with the first answer, and another token under its key as another wish", async () => {
    const input = { lines: [{ sku: "LAMP", quantity: 1 }], payment: { method: "CARD", token: "pm_one" }, idempotencyKey: newId() };
    const first = await shop.ask("ann", placeOrder, { input });
    expect((await shop.ask("ann", placeOrder, { input })).data.placeOrder).toMatchObject({ orderId: first.data.placeOrder.orderId, replayed: true });
    expect((await shop.ask("ann", placeOrder, { input: { ...input, payment: { token: "pm_two" } } })).errors?.[0]?.extensions.code).toBe("IDEMPOTENCY_KEY_REUSED");
  });

  it("are tried again by their buyer, and show every attempt's end", async () => {
    const placed = await order(shop, "ann");
    const declined = await decline(placed);
    expect(await see(placed.orderId, declined)).toMatchObject({ payment: { status: "FAILED", attempts: 1, failureCode: "insufficient_funds", captured: null } });
    const again = (caller: string) => shop.ask(caller, retryPayment, { input: { orderId: placed.orderId, payment: { token: "pm_other" }, idempotencyKey: newId() } });
    expect((await again("bob")).data.retryPayment.userErrors).toMatchObject([{ code: "ORDER_UNKNOWN" }]);
    const { data } = await again("ann");
    expect(data.retryPayment).toMatchObject({ orderId: placed.orderId, attempt: 2, userErrors: [] });
    expect((await again("ann")).data.retryPayment.userErrors).toMatchObject([{ code: "PAYMENT_NOT_OPEN" }]);
    const card = await shop.ask("ann", retryPayment, { input: { orderId: placed.orderId, payment: { token: "4242424242424242" }, idempotencyKey: newId() } });
    expect(card.data.retryPayment.userErrors).toMatchObject([{ code: "CARD_DATA_REFUSED", field: ["payment", "token"] }]);
    const position = await capture(placed, 2);
    expect((await see(placed.orderId, position)).payment).toMatchObject({
      status: "CAPTURED", method: "CARD", attempts: 2, provider: "stripe", captured: { amount: "29.70", currency: "EUR" }, fee: { amount: "0.66" }, failureCode: null, refunds: [],
    });
  });

  it("are given back by operators alone, and never beyond what was charged", async () => {
    const placed = await order(shop, "ann");
    await capture(placed);
    const refund = (caller: string, amount: string | null) =>
      shop.ask(caller, refundPayment, { input: { orderId: placed.orderId, ...(amount === null ? {} : { amount: { amount, currency: "EUR" } }), reason: "it came late", idempotencyKey: newId() } });
    expect((await refund("ann", "1.00")).errors?.[0]?.extensions.code).toBe("FORBIDDEN");
    expect((await refund("operator", "29.71")).data.refundPayment.userErrors).toMatchObject([{ code: "REFUND_TOO_LARGE", field: ["amount"] }]);
    expect((await refund("operator", "8.70")).data.refundPayment).toMatchObject({ userErrors: [], refund: { amount: "8.70", currency: "EUR" } });
    const rest = await refund("operator", null);
    expect(rest.data.refundPayment.refund).toEqual({ amount: "21.00", currency: "EUR" });
    expect((await see(placed.orderId, rest.data.refundPayment.position)).payment.refunds).toEqual([
      { amount: { amount: "8.70" }, cause: "GOODWILL", state: "REQUESTED", reason: "it came late", failureCode: null },
      { amount: { amount: "21.00" }, cause: "GOODWILL", state: "REQUESTED", reason: "it came late", failureCode: null },
    ]);
  });

  it("by hand show what to write on the transfer, until an operator saw it", async () => {
    const placed = await order(shop, "ann");
    const { feeMinor: _none, newsId: _news, expected: _expected, ...of } = { ...chargeOf(placed), feeMinor: 0 };
    const awaited = await shop.send(recordPayment, { type: "RecordAwaited", ...of, provider: "bank_transfer", providerReference: "K7QM-2XWPA-T", waitSeconds: 600 });
    expect((await see(placed.orderId, awaited)).payment).toMatchObject({ status: "PENDING", transferReference: "K7QM-2XWPA-T", awaited: { amount: "29.70" } });
    const record = (caller: string, amount: string) => shop.ask(caller, recordManual, { input: { orderId: placed.orderId, amount: { amount, currency: "EUR" }, idempotencyKey: newId() } });
    expect((await record("ann", "29.70")).errors?.[0]?.extensions.code).toBe("FORBIDDEN");
    expect((await record("operator", "29.00")).data.recordManualPayment.userErrors).toMatchObject([{ code: "AMOUNT_DIFFERS" }]);
    const { data } = await record("operator", "29.70");
    expect(data.recordManualPayment).toMatchObject({ orderId: placed.orderId, userErrors: [] });
    expect((await see(placed.orderId, data.recordManualPayment.position)).payment).toMatchObject({ status: "CAPTURED", transferReference: null, captured: { amount: "29.70" } });
  });
});
