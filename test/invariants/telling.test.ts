import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { startInvariants } from "../../src/cli/invariants.js";
import type { Deployment } from "../../src/cli/deployment.js";
import type { AlertRequest } from "../../src/platform/alerts/alert-port.js";
import { readSettings } from "../../src/platform/config/config.js";
import { createLogger } from "../../src/platform/log/logger.js";
import { createMetrics } from "../../src/platform/metrics/metrics.js";
import { createPool } from "../../src/platform/postgres/connection.js";
import { examinedShop } from "../doctor/examined-shop.js";
import { Trader } from "../doctor/trader.js";
import { until } from "../replication/until.js";

const shop = examinedShop();
let trader: Trader;

beforeAll(async () => {
  await shop.start();
  trader = new Trader(shop.primary().appUrl);
  await trader.stock(["A"], 10);
  await trader.register("ada");
});
afterAll(async () => {
  await trader.close();
  await shop.stop();
});

describe("workers that walk", () => {
  it("tell of what is broken by one event, one alert and a metric, however many they are", async () => {
    const { orderId } = await trader.place("stuck", "ada", [{ sku: "A", quantity: 1 }]);
    await shop.onPrimary("UPDATE pgboss.job SET state = 'completed' WHERE data->>'correlationId' = $1", [orderId]);
    const alerts: AlertRequest[] = [];
    const pool = createPool({ url: shop.primary().appUrl, poolSize: 2 });
    const registries = [createMetrics(), createMetrics()];
    const workers = await Promise.all(registries.map((registry) => {
      const deployment = { settings: readSettings({ INVARIANT_EVERY_MS: "1" }), logger: createLogger("silent"), registry, nodes: [shop.node()] } as unknown as Deployment;
      return startInvariants(deployment, { bus: trader.bus, pool, alerts: { raise: async (alert) => { alerts.push(alert); } } }, { graceMs: 0 });
    }));
    const sumOf = async (name: string, labels: object): Promise<number> => {
      const values = await Promise.all(registries.map(async (registry) => (await registry.getSingleMetric(name)!.get()).values));
      return values.flat().filter((each) => JSON.stringify(each.labels) === JSON.stringify(labels)).reduce((sum, { value }) => sum + value, 0);
    };
    try {
      await until("an alert", () => Promise.resolve(alerts.length > 0));
      const { rows: [before] } = await shop.onPrimary("SELECT walked_at FROM invariant_walk");
      await until("a whole walk more", async () => {
        const { rows: [now] } = await shop.onPrimary("SELECT walked_at FROM invariant_walk");
        return now.walked_at !== null && String(now.walked_at) !== String(before.walked_at);
      });
      expect(await sumOf("millrace_invariant_broken_total", { law: "order_moves" })).toBe(1);
      expect(await sumOf("millrace_invariant_walk_timestamp_seconds", { node: shop.node().name })).toBeGreaterThan(0);
    } finally {
      await Promise.all(workers.map((worker) => worker.stop()));
      await pool.end();
    }
    expect(alerts).toEqual([expect.objectContaining({ key: "invariant_broken:order_moves", severity: "critical", details: { law: "order_moves", key: orderId, found: "it is PLACED, and nothing moves it" } })]);
    const { rows } = await shop.onPrimary("SELECT stream_id, type, data FROM event_log WHERE stream_category = 'invariant'");
    expect(rows).toEqual([{ stream_id: `invariant-order_moves:${orderId}`, type: "InvariantBroken", data: expect.objectContaining({ law: "order_moves", key: orderId }) }]);
  });
});
