import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { examineLedger, examineLedgerCopies } from "../../src/cli/doctor/check-ledger.js";
import { compareCash, examineProviderCash } from "../../src/cli/doctor/check-ledger-provider.js";
import type { Finding } from "../../src/cli/doctor/finding.js";
import { confirmPayment } from "../../src/commands/orders/follow-order.js";
import { paymentIdOf, recordPayment } from "../../src/commands/payments/record-payment.js";
import { StripePayments } from "../../src/gateways/payments/stripe-payments.js";
import { createLogger } from "../../src/platform/log/logger.js";
import { withClient } from "../../src/platform/postgres/connection.js";
import { startPaymentSimulator, type PaymentSimulator } from "../../src/simulators/payments/payment-simulator.js";
import { examinedShop } from "../doctor/examined-shop.js";
import { Trader, type Sale } from "../doctor/trader.js";

const shop = examinedShop();
const other = examinedShop();
const { primary, node, onPrimary, onNode } = shop;
let trader: Trader;
let simulator: PaymentSimulator;
let stripe: StripePayments;
const charges = new Map<string, string>();

beforeAll(async () => {
  await Promise.all([shop.start(), other.start()]);
  const [apiKey, webhookSecret] = ["sk_test_ledger", "whsec_ledger"];
  simulator = await startPaymentSimulator({ apiKey, webhookSecret, logger: createLogger("silent") });
  stripe = new StripePayments({ baseUrl: simulator.url, apiKey, webhookSecrets: [webhookSecret] });
  trader = new Trader(primary().appUrl);
  await trader.stock(["A"], 1_000);
  await trader.register("ada");
});

afterAll(async () => {
  stripe.close();
  await simulator.stop();
  await trader.close();
  await Promise.all([shop.stop(), other.stop()]);
});

/** Charges at the provider, and tells ours of it. */
async function charge({ orderId, totalMinor: amountMinor }: Sale, recorded = true): Promise<string> {
  const paymentId = paymentIdOf(orderId);
  const result = await stripe.authorize({ paymentId, orderId, attempt: 1, amountMinor, currency: "EUR", token: "pm_card_visa", capture: true, idempotencyKey: `charge:${paymentId}:1` });
  if (result.kind !== "captured") throw new Error(`it is ${result.kind}`);
  charges.set(orderId, result.providerReference);
  if (!recorded) return result.providerReference;
  const { kind: _kind, ...charged } = result;
  await trader.send(recordPayment, { type: "RecordCapture", paymentId, orderId, attempt: 1, ...charged, provider: stripe.name, expected: { amountMinor, currency: "EUR" }, newsId: null }, `capture:${orderId}`);
  await trader.send(confirmPayment, { orderId, paymentId }, `paid:${orderId}`);
  return result.providerReference;
}

/** Gives back at the provider, and tells ours of it. */
async function giveBack({ orderId }: Sale, amountMinor: number): Promise<void> {
  const paymentId = paymentIdOf(orderId);
  const of = { paymentId, orderId, refundId: `r:${orderId}`, reason: "called off" };
  await trader.send(recordPayment, { type: "RequestRefund", ...of, amountMinor, keepMinor: 0, cause: "ORDER_CANCELLED" }, `request:${orderId}`);
  const result = await stripe.refund({ ...of, providerReference: charges.get(orderId)!, amountMinor, currency: "EUR", idempotencyKey: `refund:${of.refundId}` });
  if (result.kind !== "refunded") throw new Error(`it is ${result.kind}`);
  await trader.send(recordPayment, { type: "RecordRefund", ...of, ...result }, `refund:${orderId}`);
}

const place = (key: string): Promise<Sale> => trader.place(key, "ada", [{ sku: "A", quantity: 1 }]);

/** Waits until the node has folded all that is in the log. */
async function folded(): Promise<void> {
  const { rows: [last] } = await onPrimary("SELECT max(position)::bigint AS position FROM event_log");
  for (;;) {
    const { rows: [there] } = await onNode(`SELECT EXISTS (SELECT FROM event_log e WHERE e.position = $1 AND e.arrival <=
      (SELECT min(checkpoint) FROM read.projection WHERE state = 'active' AND name IN ('ledger_entry', 'order_card', 'payment_card'))) AS there`, [last.position]);
    if (there.there === true) return;
  }
}

async function cash(): Promise<Finding> {
  await folded();
  return examineProviderCash(stripe, node(), 0);
}

async function ledger(): Promise<Record<string, string>> {
  await folded();
  return Object.fromEntries((await examineLedger(node(), primary().appUrl)).map(({ check, verdict, message, named }) => [check, `${verdict} ${message} ${named.join("\n")}`]));
}

describe("the provider's own books", () => {
  it("are our account of cash, to the cent", async () => {
    const [kept, back] = [await place("kept"), await place("back")];
    await charge(kept);
    await charge(back);
    await trader.cancel(back);
    await giveBack(back, back.totalMinor);
    expect(await cash()).toMatchObject({ verdict: "ok", check: "provider_cash", message: expect.stringContaining("2 payments") });
    const { totals, orders } = await withClient({ url: node().appUrl }, (client) => compareCash({ provider: stripe, node: client }));
    expect(orders).toEqual([]);
    const { EUR: cashMinor = 0 } = simulator.ledger().cashMinor;
    expect(totals).toEqual([{ key: "EUR", currency: "EUR", hereMinor: cashMinor, thereMinor: cashMinor }]);
    expect(cashMinor).toBeGreaterThan(0);
  });

  it("differ by a cent, and the order is named", async () => {
    const sale = await place("planted");
    const paymentIntent = await charge(sale);
    expect((await cash()).verdict).toBe("ok");
    simulator.controls.plant({ paymentIntent, amountMinor: 1 });
    const finding = await cash();
    expect(finding).toMatchObject({ verdict: "FAIL", count: 1 });
    const [, here, there] = /(\d+) EUR here, (\d+) at stripe$/.exec(finding.named[0]!)!;
    expect(finding.named[0]).toContain(`order ${sale.orderId}: `);
    expect(Number(there) - Number(here)).toBe(1);
    simulator.controls.plant({ paymentIntent, amountMinor: -1 });
    expect((await cash()).verdict).toBe("ok");
  });

  it("know of a dispute, and of its end", async () => {
    const sale = await place("disputed");
    const { orderId, totalMinor: amountMinor } = sale;
    const of = { paymentId: paymentIdOf(orderId), orderId, amountMinor, currency: "EUR" };
    const { id: disputeReference } = simulator.controls.openDispute(await charge(sale));
    expect((await cash()).named).toEqual([expect.stringContaining(`order ${orderId}: `)]);
    await trader.send(recordPayment, { type: "RecordDispute", ...of, disputeReference, reason: "fraudulent" }, `dispute:${orderId}`);
    expect((await cash()).verdict).toBe("ok");
    simulator.controls.closeDispute(disputeReference, "won");
    await trader.send(recordPayment, { type: "CloseDispute", ...of, disputeReference, outcome: "won" }, `closed:${orderId}`);
    expect((await cash()).verdict).toBe("ok");
  });

  it("have all of a payment that a bank only asks about", async () => {
    const sale = await place("asked about");
    const { orderId, totalMinor: amountMinor } = sale;
    const of = { paymentId: paymentIdOf(orderId), orderId, amountMinor, currency: "EUR" };
    const { id: disputeReference } = simulator.controls.openDispute(await charge(sale), null, "fraudulent", true);
    await trader.send(recordPayment, { type: "RecordInquiry", ...of, disputeReference, reason: "fraudulent", isOver: false }, `inquiry:${orderId}`);
    expect((await cash()).verdict).toBe("ok");
    simulator.controls.escalateDispute(disputeReference);
    await trader.send(recordPayment, { type: "RecordDispute", ...of, disputeReference, reason: "fraudulent" }, `dispute:${orderId}`);
    expect((await cash()).verdict).toBe("ok");
  });

  it("have a charge that we know nothing of", async () => {
    const sale = await place("unknown");
    await charge(sale, false);
    expect((await cash()).named).toEqual([expect.stringContaining(`order ${sale.orderId}: 0 EUR here, `)]);
    await charge(sale);
    expect((await cash()).verdict).toBe("ok");
  });

  it("have a refund that we know nothing of", async () => {
    const sale = await place("beside");
    const providerReference = await charge(sale);
    await stripe.refund({ providerReference, refundId: "x", paymentId: paymentIdOf(sale.orderId), orderId: sale.orderId, amountMinor: 1, currency: "EUR", idempotencyKey: "x", reason: "" });
    expect((await cash()).named).toEqual([expect.stringContaining(`order ${sale.orderId}: `)]);
  });
});

describe("the ledger", () => {
  it("balances, and of orders that are over nobody owes anything", async () =>
    expect(await ledger()).toEqual({ ledger_balance: expect.stringMatching(/^ok debits equal credits in each of \d+ entries/), ledger_settled: expect.stringMatching(/^ok/) }));

  it("does not balance when a line is a cent off", async () => {
    const change = (cents: number) => onNode("UPDATE read.ledger_entry_v1 SET amount_minor = amount_minor + $1 WHERE entry_id = (SELECT min(entry_id) FROM read.ledger_entry_v1)", [cents]);
    await change(1);
    const found = await ledger();
    await change(-1);
    expect(found["ledger_balance"]).toMatch(/^FAIL 1 entries that do not balance order-\S+@1 of order \S+: debits and credits differ by 1 EUR$/);
  });

  it("names an order that is over and not settled, unless something is to be done for it", async () => {
    const sale = await place("owed");
    await charge(sale);
    await trader.cancel(sale);
    expect((await ledger())["ledger_settled"]).toMatch(/^ok/);
    await onPrimary("UPDATE pgboss.job SET state = 'completed' WHERE data->>'correlationId' = $1", [sale.orderId]);
    expect((await ledger())["ledger_settled"]).toContain(`order ${sale.orderId} is CANCELLED: we owe its buyer ${String(sale.totalMinor)} EUR, and no job settles it`);
    await giveBack(sale, sale.totalMinor);
    expect((await ledger())["ledger_settled"]).toMatch(/^ok/);
  });

  it("leaves a delivered order alone whose cash is still to be recorded, and no other that is only authorized", async () => {
    const [atTheDoor, byCard] = [await place("cash at the door"), await place("never captured")];
    for (const [sale, provider] of [[atTheDoor, "cash_on_delivery"], [byCard, "stripe"]] as const) {
      const { orderId, totalMinor: amountMinor } = sale;
      const paymentId = paymentIdOf(orderId);
      const charged = { paymentId, orderId, attempt: 1, amountMinor, currency: "EUR", provider, providerReference: `p_${orderId}`, expected: { amountMinor, currency: "EUR" }, newsId: null };
      await trader.send(recordPayment, { type: "RecordAuthorization", ...charged }, `authorize:${orderId}`);
      await trader.send(confirmPayment, { orderId, paymentId, authorized: true }, `paid:${orderId}`);
      await trader.book(sale);
      await trader.track(sale, "left");
      await trader.track(sale, "delivered");
      await onPrimary("UPDATE pgboss.job SET state = 'completed' WHERE data->>'correlationId' = $1", [orderId]);
    }
    const { ledger_settled: settled } = await ledger();
    expect(settled).toContain(`order ${byCard.orderId} is DELIVERED: its buyer owes ${String(byCard.totalMinor)} EUR`);
    expect(settled).not.toContain(atTheDoor.orderId);
  });

  it("is the same on every node", async () => {
    await folded();
    expect(await examineLedgerCopies([node(), { ...node(), name: "again" }], true)).toMatchObject([{ verdict: "ok", where: "again" }]);
    const [finding] = await examineLedgerCopies([node(), other.node()], true);
    expect(finding).toMatchObject({ verdict: "FAIL", check: "ledger_copies", named: expect.arrayContaining([expect.stringMatching(/^receivable EUR: nothing on \S+, -?\d+ in \d+ lines/)]) });
  });
});
