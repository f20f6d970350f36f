import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { paymentIdOf, recordPayment } from "../../src/commands/payments/record-payment.js";
import { ShopApi } from "../queries/shop-api.js";
import { furnish, order, type Placed } from "../queries/shop-life.js";

const ledger = "query ($position: String) { ledger(position: $position) { balanced balances { account entries debit { amount } credit { amount } balance { amount currency } } } }";
const entries = `query ($orderId: ID, $account: String, $first: Int, $after: String, $last: Int, $before: String) {
  ledgerEntries(orderId: $orderId, account: $account, first: $first, after: $after, last: $last, before: $before) {
    nodes { id orderId account event cause debit { amount } credit { amount } } pageInfo { hasNextPage endCursor startCursor } } }`;

describe("an operator looks into the ledger", () => {
  let shop: ShopApi;
  let placed: Placed;
  let position: string;
  const totalMinor = 2_970;

  beforeAll(async () => {
    shop = await ShopApi.start();
    await furnish(shop);
    await order(shop, "bob", [{ sku: "SHADE", quantity: 1 }]);
    placed = await order(shop, "ann");
    position = await shop.send(recordPayment, {
      type: "RecordCapture", paymentId: paymentIdOf(placed.raw), orderId: placed.raw, attempt: 1, amountMinor: totalMinor, currency: "EUR",
      provider: "stripe", providerReference: "pi_1", expected: { amountMinor: totalMinor, currency: "EUR" }, newsId: null, feeMinor: 67,
    });
  });
  afterAll(() => shop.stop());

  it("sees what every account holds, and that it balances", async () => {
    const { data } = await shop.ask("operator", ledger, { position });
    expect(data.ledger.balanced).toBe(true);
    expect(Object.fromEntries(data.ledger.balances.map(({ account, balance }: { account: string; balance: { amount: string } }) => [account, balance.amount]))).toMatchObject({
      "provider_cash:stripe": "29.03", fees: "0.67",
    });
    expect(data.ledger.balances.find(({ account }: { account: string }) => account === "provider_cash:stripe")).toMatchObject({ entries: 2, debit: { amount: "29.70" }, credit: { amount: "0.67" } });
  });

  it("sees an order's lines, newest first, page by page in both directions", async () => {
    const all = await shop.ask("operator", entries, { orderId: placed.orderId, first: 10 });
    const lines = all.data.ledgerEntries.nodes;
    expect(lines.map(({ account, debit, credit }: { account: string; debit: object | null; credit: object | null }) => [account, debit !== null, credit !== null])).toEqual([
      ["provider_cash:stripe", false, true], ["fees", true, false], ["receivable", false, true], ["provider_cash:stripe", true, false], ["revenue", false, true], ["receivable", true, false],
    ]);
    expect(lines[3]).toMatchObject({ orderId: placed.orderId, event: "PaymentCaptured", cause: null, debit: { amount: "29.70" } });
    const first = await shop.ask("operator", entries, { orderId: placed.orderId, first: 4 });
    expect(first.data.ledgerEntries.pageInfo.hasNextPage).toBe(true);
    const next = await shop.ask("operator", entries, { orderId: placed.orderId, first: 4, after: first.data.ledgerEntries.pageInfo.endCursor });
    expect([...first.data.ledgerEntries.nodes, ...next.data.ledgerEntries.nodes]).toEqual(lines);
    const back = await shop.ask("operator", entries, { orderId: placed.orderId, last: 4, before: next.data.ledgerEntries.pageInfo.startCursor });
    expect(back.data.ledgerEntries.nodes).toEqual(first.data.ledgerEntries.nodes);
  });

  it("sees an account's lines, of all orders", async () => {
    const { data } = await shop.ask("operator", entries, { account: "revenue", first: 10 });
    expect(new Set(data.ledgerEntries.nodes.map(({ orderId }: { orderId: string }) => orderId)).size).toBe(2);
  });

  it("has to say which lines, and to be an operator", async () => {
    expect((await shop.ask("operator", entries, { first: 10 })).errors?.[0]?.extensions["code"]).toBe("BAD_USER_INPUT");
    for (const query of [ledger, entries]) expect((await shop.ask("ann", query, { orderId: placed.orderId, first: 1 })).errors?.[0]?.extensions["code"]).toBe("FORBIDDEN");
  });
});
