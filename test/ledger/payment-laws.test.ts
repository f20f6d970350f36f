import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { examinePayments } from "../../src/cli/doctor/check-payments.js";
import type { OrderEvent } from "../../src/events/orders.js";
import type { PaymentEvent } from "../../src/events/payments.js";
import { nameId, newId } from "../../src/kernel/ids.js";
import { withClient } from "../../src/platform/postgres/connection.js";
import { primaryQueues } from "../../src/cli/consumers.js";
import { createShopDatabases, type ShopDatabases } from "../support/shop-databases.js";

let shop: ShopDatabases;
beforeAll(async () => { shop = await createShopDatabases({ nodes: 0, queues: primaryQueues }); });
afterAll(() => shop.drop());

type Told = { readonly [Key in OrderEvent["type"] | PaymentEvent["type"]]?: object };
const total = 1_000;
const money = { amountMinor: total, currency: "EUR", provider: "stripe", providerReference: "pi_1" };

/** Facts of one order, in this order, as the log would hold them; gives its id. */
async function history(name: string, ...facts: readonly Told[]): Promise<string> {
  const orderId = nameId("order", name);
  const versions = new Map<string, number>();
  await withClient({ url: shop.primary.adminUrl }, async (client) => {
    for (const [type, data] of facts.flatMap((fact) => Object.entries(fact))) {
      const category = type.startsWith("Order") ? "order" : "payment";
      const version = (versions.get(category) ?? 0) + 1;
      versions.set(category, version);
      await client.query(`INSERT INTO event_log (event_id, stream_category, stream_id, version, type, schema_version, data, metadata, recorded_at) VALUES ($1, $2, $3, $4, $5, 1, $6, '{}', now())`,
        [newId(), category, `${category}-${orderId}`, version, type, JSON.stringify({ orderId, ...data })]);
    }
  });
  return orderId;
}

const placed: Told = { OrderPlaced: { totals: { totalMinor: total, currency: "EUR" } } };
const captured: Told = { PaymentCaptured: money };
const paid: Told = { OrderPaid: {} };
const cancelled: Told = { OrderCancelled: { revertedMinor: total, cause: "request" } };
const refunded = (amountMinor: number, cause = "ORDER_CANCELLED", refundId: string | null = "r1"): Told => ({ PaymentRefunded: { ...money, amountMinor, cause, refundId } });
const reversed = (amountMinor: number, cause = "ORDER_CANCELLED", refundId: string | null = "r1"): Told => ({ RefundReversed: { ...money, amountMinor, cause, refundId } });
const requested: Told = { RefundRequested: { ...money, refundId: "r1" } };

async function judged(): Promise<Record<string, string>> {
  const { problems } = await withClient({ url: shop.primary.appUrl }, (client) => examinePayments(client));
  return Object.fromEntries(problems.map(({ key, text }) => [key, text.replace(/^order \S+: /, "")]));
}

describe("payments that are well", () => {
  it.each<[string, Told[]]>([
    ["paid", [placed, captured, paid]],
    ["set aside", [placed, { PaymentAuthorized: money }, { OrderPaid: { authorized: true } }]],
    ["given up, then set aside after all", [placed, { PaymentFailed: { code: "timeout" } }, { PaymentAuthorized: money }, { OrderPaid: { authorized: true } }]],
    ["cancelled unpaid", [placed, cancelled]],
    ["declined, retried, in doubt, captured", [placed, { PaymentDeclined: { attempt: 1 } }, { PaymentRetried: { attempt: 2 } }, { PaymentUnknown: { attempt: 2 } }, { PaymentCaptured: { ...money, attempt: 2 } }, paid]],
    ["refunded", [placed, captured, paid, cancelled, requested, refunded(total)]],
    ["reinstated", [placed, cancelled, captured, { OrderReinstated: { owedMinor: total } }]],
    ["captured for less after lines were called off", [placed, { PaymentAuthorized: money }, paid, { OrderLinesCancelled: { revertedMinor: 300 } }, { PaymentCaptured: { ...money, amountMinor: 700 } }]],
    ["let go with the parcel, since nothing was owed any more", [placed, { PaymentAuthorized: money }, paid, { OrderLinesCancelled: { revertedMinor: total } }, { PaymentVoided: {} }]],
    ["goodwill, then cancelled", [placed, captured, paid, refunded(100, "GOODWILL", "g"), cancelled, refunded(900)]],
    ["a refund that failed and was made another way", [placed, captured, paid, cancelled, requested, { RefundFailed: { refundId: "r1", amountMinor: total } }, refunded(total, "ORDER_CANCELLED", "r2")]],
    ["a refund that came back and was made again", [placed, captured, paid, cancelled, requested, refunded(total), reversed(total), refunded(total, "ORDER_CANCELLED", "r2")]],
    ["goodwill that came back", [placed, captured, paid, refunded(100, "GOODWILL", "g"), reversed(100, "GOODWILL", "g")]],
    ["charged twice and given back", [placed, captured, paid, { PaymentCapturedTwice: { ...money, providerReference: "pi_2" } }, refunded(total, "CAPTURED_TWICE", "stray")]],
    ["a dispute lost", [placed, captured, paid, { PaymentDisputed: money }, { PaymentDisputeClosed: { ...money, outcome: "lost" } }]],
    ["a dispute lost, then cancelled", [placed, captured, paid, { PaymentDisputed: money }, { PaymentDisputeClosed: { ...money, outcome: "lost" } }, cancelled]],
    ["free", [{ OrderPlaced: { totals: { totalMinor: 0, currency: "EUR" } } }, { PaymentCaptured: { ...money, amountMinor: 0, provider: "none" } }, paid]],
  ])("%s", async (name, facts) => {
    const orderId = await history(`well: ${name}`, ...facts);
    expect((await judged())[orderId]).toBeUndefined();
  });
});

describe("payments that are not", () => {
  it.each<[string, Told[], string]>([
    ["taken for no order", [captured], "money was taken for an order that there is not"],
    ["charged twice", [placed, captured, captured, paid], "it was charged 2 times"],
    ["captured too much", [placed, { PaymentCaptured: { ...money, amountMinor: 1_001 } }, paid], "1001 EUR were captured, its total is 1000 EUR; 1 more were kept than are owed, and no job gives them back"],
    ["captured in another currency", [placed, { PaymentCaptured: { ...money, currency: "USD" } }, paid], "1000 USD were captured, its total is 1000 EUR"],
    ["paid by nothing", [placed, paid], "it is paid, and there is no capture"],
    ["paid by what was let go", [placed, { PaymentAuthorized: money }, paid, { PaymentVoided: {} }], "it is paid, and there is no capture"],
    ["refunded too much", [placed, captured, paid, cancelled, refunded(total), refunded(1, "ORDER_CANCELLED", "r2")], "1001 were refunded of 1000 captured; 1 less were kept than are owed"],
    ["a refund that came back", [placed, captured, paid, cancelled, requested, refunded(total), reversed(total)], "it is cancelled, 1000 of 1000 are not refunded, and no job does it"],
    ["a stray that stayed", [placed, captured, paid, { PaymentCapturedTwice: money }], "1000 came twice, 0 of it went back, and no job does the rest"],
    ["a refund that nobody makes", [placed, captured, paid, cancelled, requested], "refund r1 was asked for, and no job makes it; it is cancelled, 1000 of 1000 are not refunded, and no job does it"],
    ["money set aside for a cancelled order", [placed, { PaymentAuthorized: money }, paid, cancelled], "it is cancelled, and what was set aside for it was not let go"],
    ["lines called off and not refunded", [placed, captured, paid, { OrderLinesCancelled: { revertedMinor: 300 } }], "300 more were kept than are owed, and no job gives them back"],
    ["given back without a cause", [placed, captured, paid, refunded(1)], "1 less were kept than are owed"],
  ])("%s", async (name, facts, text) => {
    const orderId = await history(`ill: ${name}`, ...facts);
    expect((await judged())[orderId]).toBe(text);
  });

  it("is not told while something is to be done for it", async () => {
    const orderId = await history("moving", placed, captured, paid, cancelled);
    expect((await judged())[orderId]).toContain("no job does it");
    const ask = (sql: string) => withClient({ url: shop.primary.adminUrl }, (client) => client.query(sql, [orderId]));
    await ask("INSERT INTO payment_case (payment_id, order_id, attempt, method, ask_at, asked) VALUES ('p', $1, 1, 'CARD', now(), 0)");
    expect((await judged())[orderId]).toBeUndefined();
    await ask("DELETE FROM payment_case WHERE order_id = $1");
    await ask("INSERT INTO pgboss.job (name, data) VALUES ('payments.charge', jsonb_build_object('correlationId', $1::text))");
    expect((await judged())[orderId]).toBeUndefined();
  });
});
