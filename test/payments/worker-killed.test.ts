import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createLogger } from "../../src/platform/log/logger.js";
import { startPaymentSimulator, type PaymentSimulator } from "../../src/simulators/payments/payment-simulator.js";
import { openShop, order, type Shop, type TestBus } from "../bus/shop.js";
import { secret } from "../http/sample-api.js";
import { until } from "../replication/until.js";
import { looksForKilledWorkers, missKilledWorkersSoon } from "../support/killed-workers.js";
import { startMillrace, type MillraceProcess } from "../support/processes.js";

const secrets = { apiKey: "sk_test_killed", webhookSecret: "whsec_killed" };
const nowhere = "http://127.0.0.1:9";
const withinMs = 40_000;

/** Nobody tells by webhook here: what the provider did is known to nobody but itself when the worker dies. */
describe("a worker that is killed after the provider charged and before it could write", () => {
  let shop: Shop;
  let bus: TestBus;
  let provider: PaymentSimulator;
  let environment: Readonly<Record<string, string>>;
  const workers: MillraceProcess[] = [];

  beforeAll(async () => {
    shop = await openShop({ nodes: 1 });
    await missKilledWorkersSoon(shop.primary.adminUrl);
    bus = shop.process();
    await shop.stock({ TEA: 1_000 });
    provider = await startPaymentSimulator({ ...secrets, logger: createLogger("silent") });
    environment = {
      ...looksForKilledWorkers, DATABASE_URL: shop.primary.appUrl, READ_DATABASE_URLS: shop.nodes[0]!.appUrl, REDIS_URL: "redis://127.0.0.1:9", JWT_SECRET: secret, LOG_LEVEL: "warn",
      PAYMENT_API_URL: provider.url, PAYMENT_API_KEY: secrets.apiKey, PAYMENT_WEBHOOK_SECRET: secrets.webhookSecret, PAYMENT_METHOD_DEFAULT: "pm_card_visa",
      PAYMENT_TIMEOUT_MS: "3000",
      COURIER_API_URL: nowhere, COURIER_API_KEY: "none", COURIER_WEBHOOK_SECRET: "whsec_bm90IHVzZWQ=",
    };
    workers.push(await startMillrace(["worker"], environment));
  });
  afterAll(async () => {
    await Promise.all(workers.map((worker) => worker.end("SIGKILL")));
    await (provider as PaymentSimulator | undefined)?.stop();
    await (shop as Shop | undefined)?.close();
  });

  const eventsOf = async (orderId: string): Promise<readonly string[]> => {
    const { rows } = await shop.pool.query<{ type: string }>("SELECT type FROM event_log WHERE data->>'orderId' = $1 ORDER BY position", [orderId]);
    return rows.map(({ type }) => type);
  };
  const restart = async (): Promise<void> => {
    expect(await workers.pop()!.end("SIGKILL")).toEqual({ code: null, signal: "SIGKILL" });
    workers.push(await startMillrace(["worker"], environment));
  };

  it("has charged once, and the order is paid after the restart", async () => {
    // Charged, and the answer never comes: the worker waits for it when it dies.
    provider.orderFault({ kind: "create", fault: "timeout_after", times: 1 });
    const { orderId } = (await order(bus, { TEA: 1 })).answer!;
    await until("the provider has charged", async () => provider.ledger().charges === 1, withinMs);
    expect((await eventsOf(orderId)).filter((type) => type !== "CustomerNoticed")).toEqual(["OrderPlaced"]);
    await restart();
    await until("the order is paid", async () => (await eventsOf(orderId)).includes("OrderPaid"), withinMs);
    expect(provider.ledger()).toMatchObject({ charges: 1, ordersChargedTwice: [] });
    expect((await eventsOf(orderId)).filter((type) => type === "PaymentCaptured")).toHaveLength(1);
  });

  it("is killed twice among thirty orders whose charges never answer at first: each is charged once and paid", async () => {
    const before = provider.ledger().charges;
    provider.setFaults({ timeoutAfterRate: 0.5 });
    const orders = await Promise.all(Array.from({ length: 30 }, async () => (await order(bus, { TEA: 1 })).answer!.orderId));
    for (const charged of [1, 12]) {
      await until(`${String(charged)} are charged`, async () => provider.ledger().charges - before >= charged, withinMs);
      await restart();
    }
    provider.setFaults({ timeoutAfterRate: 0 });
    await until("all are paid", async () => {
      const paid = await Promise.all(orders.map(async (orderId) => (await eventsOf(orderId)).includes("OrderPaid")));
      return paid.every(Boolean);
    }, withinMs);
    expect(provider.ledger()).toMatchObject({ charges: before + 30, ordersChargedTwice: [] });
    const { rows } = await shop.pool.query("SELECT FROM event_log WHERE type IN ('PaymentCapturedTwice', 'RefundRequested')");
    expect(rows).toHaveLength(0);
  }, 120_000);
});
