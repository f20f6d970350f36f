import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { Registry } from "prom-client";
import { guardNode } from "../../src/cli/node-guard.js";
import type { Running } from "../../src/cli/deployment.js";
import type { AlertRequest } from "../../src/platform/alerts/alert-port.js";
import { createLogger } from "../../src/platform/log/logger.js";
import { withClient } from "../../src/platform/postgres/connection.js";
import type { NodeFinding, NodeFindingCode } from "../../src/platform/replication/check-node.js";
import { connectNode } from "../../src/platform/replication/connect-node.js";
import { applyStoppedToleratedMs, LastingFindings } from "../../src/platform/replication/lasting-findings.js";
import { slotNameOf } from "../../src/platform/replication/node-name.js";
import { createShopDatabases, type ShopDatabases, type ShopNode } from "../support/shop-databases.js";
import { until } from "./until.js";

describe("findings of a node", () => {
  let [nowMs, applyErrors] = [0, 0];
  const found = (...codes: readonly NodeFindingCode[]): NodeFinding[] => codes.map((code) => ({ code, severity: "alert", message: code }));
  const told = (lasting: LastingFindings, atMs: number, ...codes: readonly NodeFindingCode[]): string[] => {
    nowMs = atMs;
    return lasting.of({ findings: found(...codes), applyErrors }).map(({ code }) => code);
  };

  it("are told at once, but for a standstill, which has to last", () => {
    const lasting = new LastingFindings(() => nowMs);
    expect(told(lasting, 1_000, "apply_stopped", "slot_lost")).toEqual(["slot_lost"]);
    expect(told(lasting, 1_000 + applyStoppedToleratedMs - 1, "apply_stopped")).toEqual([]);
    expect(told(lasting, 1_000 + applyStoppedToleratedMs, "apply_stopped")).toEqual(["apply_stopped"]);
  });

  it("count from anew when apply went on in between", () => {
    const lasting = new LastingFindings(() => nowMs);
    expect(told(lasting, 0, "apply_stopped")).toEqual([]);
    expect(told(lasting, 10_000)).toEqual([]);
    expect(told(lasting, 20_000, "apply_stopped")).toEqual([]);
    expect(told(lasting, applyStoppedToleratedMs + 10_000, "apply_stopped")).toEqual([]);
    expect(told(lasting, applyStoppedToleratedMs + 20_000, "apply_stopped")).toEqual(["apply_stopped"]);
  });

  it("do not take a try in vain for a new beginning", () => {
    const lasting = new LastingFindings(() => nowMs);
    expect(told(lasting, 0, "apply_stopped")).toEqual([]);
    applyErrors += 2;
    expect(told(lasting, 10_000)).toEqual([]);
    expect(told(lasting, applyStoppedToleratedMs, "apply_stopped")).toEqual(["apply_stopped"]);
  });

  it("do not count while the primary is away", () => {
    const lasting = new LastingFindings(() => nowMs);
    expect(told(lasting, 0, "apply_stopped", "primary_unreachable")).toEqual(["primary_unreachable"]);
    expect(told(lasting, 600_000, "apply_stopped", "primary_unreachable")).toEqual(["primary_unreachable"]);
    expect(told(lasting, 601_000, "apply_stopped")).toEqual([]);
    expect(told(lasting, 601_000 + applyStoppedToleratedMs, "apply_stopped")).toEqual(["apply_stopped"]);
  });
});

describe("the guard of a node whose apply stands still", () => {
  let shop: ShopDatabases;
  let node: ShopNode;
  let guard: Running | undefined;
  beforeAll(async () => {
    shop = await createShopDatabases({ nodes: 1 });
    node = shop.nodes[0]!;
  });
  afterEach(() => guard?.stop());
  afterAll(() => shop.drop());

  it("raises no alert before it has lasted", async () => {
    const raised: AlertRequest[] = [];
    let [looks, atMs] = [0, 0];
    const looked = async (): Promise<void> => {
      const before = looks;
      // The third look from here began after now and the second one's alerts were raised.
      await until("the guard has looked", () => Promise.resolve(looks >= before + 3));
    };
    guard = await guardNode({
      deployment: { logger: createLogger("silent"), registry: new Registry(), primaryUrl: shop.primary.appUrl }, node, lookEveryMs: 10,
      alerts: { raise: (alert) => { raised.push(alert); return Promise.resolve(); } },
      nowMs() { looks += 1; return atMs; },
    });
    await withClient({ url: node.adminUrl }, (admin) =>
      admin.query(`ALTER SUBSCRIPTION ${slotNameOf(node.name)} CONNECTION 'host=127.0.0.1 port=9 user=nobody dbname=nothing connect_timeout=2'`));
    await until("apply is stopped", async () => withClient({ url: node.appUrl }, async (app) =>
      (await app.query("SELECT FROM pg_stat_subscription WHERE relid IS NULL AND pid IS NOT NULL")).rowCount === 0));
    await looked();
    atMs = applyStoppedToleratedMs - 1;
    await looked();
    expect(raised).toEqual([]);
    atMs = applyStoppedToleratedMs * 2;
    await until("the alert is raised", () => Promise.resolve(raised.length > 0));
    expect(raised[0]).toMatchObject({ key: `replication_apply_stopped:${node.name}`, details: { node: node.name } });
    await guard.stop();
    await connectNode({ nodeName: node.name, nodeAdminUrl: node.adminUrl, primaryAdminUrl: shop.primary.adminUrl });
  });
});
