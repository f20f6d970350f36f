import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { upsertProducts } from "../../src/commands/catalog/upsert-products.js";
import { setDegradedMode } from "../../src/commands/operations/set-degraded-mode.js";
import type { DegradedModeWish } from "../../src/platform/overload/degraded-mode.js";
import { watchDegradedMode } from "../../src/queries/operations/watch-degraded-mode.js";
import { by, openShop, operator, productOf, quiet, type Shop } from "../bus/shop.js";
import { until } from "../replication/until.js";
import { ShopApi } from "./shop-api.js";

const set = "mutation ($input: SetDegradedModeInput!) { setDegradedMode(input: $input) { mode position userErrors { code } } }";
const status = "{ systemStatus { degraded degradedSince details { mode reason level lanes { lane } hotLanes { sku } shed { what count } } } }";
const product = "{ product(sku: \"LAMP\") { name stock { available } } }";

describe("an operator sets the degraded mode", () => {
  let shop: ShopApi;
  beforeAll(async () => {
    shop = await ShopApi.start();
    const position = await shop.send(upsertProducts, { products: [productOf("LAMP")] });
    await shop.ask(null, "query ($position: String) { product(sku: \"LAMP\", position: $position) { name stock { available } } }", { position });
  });
  afterAll(() => shop.stop());
  const isDegraded = async (): Promise<boolean> => (await shop.ask(null, status)).data.systemStatus.degraded as boolean;
  const say = (mode: string, caller = "operator") => shop.ask(caller, set, { input: { mode, reason: "sale at noon", idempotencyKey: mode } });

  it("for the whole shop: products come from the cache, reports are off, orders go on", async () => {
    expect((await say("ON")).data).toMatchObject({ setDegradedMode: { mode: "ON", userErrors: [] } });
    await until("the process has heard of it", isDegraded);
    const shown = await shop.ask(null, product);
    expect(shown).toMatchObject({ data: { product: { name: "Product LAMP", stock: { available: 0 } } }, extensions: { stale: { since: expect.any(String) } } });
    const report = await shop.ask("operator", "{ salesDashboard(from: \"2026-01-01T00:00:00Z\", to: \"2026-01-02T00:00:00Z\") { refreshedAt } }");
    expect([report.status, report.errors?.[0]?.extensions.code]).toEqual([503, "DEGRADED"]);
    const order = await shop.ask("c1", "mutation { placeOrder(input: { idempotencyKey: \"o\", lines: [{ sku: \"LAMP\", quantity: 1 }] }) { userErrors { code } } }");
    expect([order.status, order.data.placeOrder.userErrors]).toEqual([200, [{ code: "CUSTOMER_UNKNOWN" }]]);
  });

  it("and everybody sees that it is so, only operators why", async () => {
    expect((await shop.ask("c1", status)).data.systemStatus).toEqual({ degraded: true, degradedSince: expect.any(String), details: null });
    expect((await shop.ask("operator", status)).data.systemStatus.details).toMatchObject({
      mode: "ON", reason: "sale at noon", level: 0, lanes: [{ lane: "orders" }, { lane: "commands" }, { lane: "invoices" }], hotLanes: [],
      shed: expect.arrayContaining([{ what: "optional query", count: 1 }]),
    });
  });

  it("and back", async () => {
    await say("OFF");
    await until("the process has heard of it", async () => !await isDegraded());
    expect((await shop.ask(null, product)).extensions?.["stale"]).toBeUndefined();
  });

  it("never without a reason, and it is nobody else's business", async () => {
    const silent = await shop.ask("operator", set, { input: { mode: "ON", reason: " ", idempotencyKey: "silent" } });
    expect(silent.data.setDegradedMode.userErrors).toEqual([{ code: "NO_REASON" }]);
    expect((await say("ON", "c1")).errors?.[0]?.extensions.code).toBe("FORBIDDEN");
    expect(await isDegraded()).toBe(false);
  });
});

describe("the operator's word", () => {
  let shop: Shop;
  beforeAll(async () => { shop = await openShop(); });
  afterAll(() => shop.close());

  it("comes through while Redis is away and no read node answers", async () => {
    const heard: DegradedModeWish[] = [];
    const end = watchDegradedMode({
      nodes: [], logger: quiet, refreshMs: 20, obey: (wish) => heard.push(wish),
      live: { publish: () => Promise.resolve(), subscribe: () => Promise.reject(new Error("Redis is away")), onGap: () => () => undefined, close: () => Promise.resolve() },
      primary: { query: async <Row extends object>(text: string, values: readonly unknown[]) => (await shop.pool.query(text, [...values])).rows as Row[] },
    });
    try {
      const bus = shop.process();
      await bus.execute(setDegradedMode, { mode: "ON", reason: "drill" }, by(operator));
      await until("it was heard", async () => heard.length === 1);
      await bus.execute(setDegradedMode, { mode: "ON", reason: "drill" }, by(operator)); // nothing new
      await bus.execute(setDegradedMode, { mode: "AUTO", reason: "over" }, by(operator));
      await until("it was heard", async () => heard.length === 2);
      expect(heard).toEqual([{ mode: "ON", reason: "drill" }, { mode: "AUTO", reason: "over" }]);
    } finally {
      await end();
    }
  });
});
