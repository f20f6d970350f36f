import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { upsertProducts } from "../src/commands/catalog/upsert-products.js";
import { upsertCustomer } from "../src/commands/customers/upsert-customer.js";
import { receiveStock } from "../src/commands/inventory/receive-stock.js";
import { primaryQueues } from "../src/cli/consumers.js";
import { soleCourier } from "../src/cli/couriers.js";
import type { Deployment } from "../src/cli/deployment.js";
import { migrate } from "../src/cli/migrate.js";
import { createWriteSide, type WriteSide } from "../src/cli/write-side.js";
import { readSettings } from "../src/platform/config/config.js";
import { startEmbedded, type EmbeddedServers } from "../src/platform/embedded/start-embedded.js";
import { createLogger } from "../src/platform/log/logger.js";
import { createMetrics } from "../src/platform/metrics/metrics.js";
import { projectorQueues } from "../src/platform/projector/queues.js";

import { makeHandTables } from "./by-hand.js";

export const hotSku = "HOT";
export const customerId = "bench-customer";
const manyUnits = 10_000_000;
const readyTimeoutMs = 30_000;

/** Servers of the benchmark's own, with `fsync` and `synchronous_commit` on, as in production. */
export interface Surroundings {
  readonly servers: EmbeddedServers;
  readonly deployment: Deployment;
  readonly write: WriteSide;
  close(): Promise<void>;
}

export async function openSurroundings(): Promise<Surroundings> {
  // The servers' user, who is not root, has to be able to enter: a fresh directory inside the private one is made by them.
  const parent = await mkdtemp(join(tmpdir(), "millrace-bench-"));
  await chmod(parent, 0o711);
  const dataDir = join(parent, "data");
  const logger = createLogger("error");
  // By hand at 200 callers takes 200 connections; our own takes a dozen.
  const servers = await startEmbedded({ dataDir, nodeCount: 1, logger, settings: { max_connections: "300" } });
  await migrate({ targets: servers, primaryQueues, nodeQueues: projectorQueues, report: () => undefined, readyTimeoutMs });
  // One customer sends all orders and queries here: it is counted like any, with limits that it cannot reach.
  const limits = { RATE_LIMIT_CUSTOMER: "1000000000", RATE_LIMIT_CUSTOMER_COST: "1000000000" };
  const settings = { ...readSettings({ NODE_ENV: "test", PORT: "0", ...limits }), JWT_SECRET: servers.secrets.jwtSecret };
  const nowhere = { baseUrl: "http://127.0.0.1:9", apiKey: "none", webhookSecrets: ["whsec_bm90aGluZ25vdGhpbmdub3RoaW5n"] };
  const deployment: Deployment = {
    settings, logger, registry: createMetrics(), primaryUrl: servers.primary.appUrl, nodes: servers.nodes, redisUrl: undefined,
    payment: nowhere, couriers: () => soleCourier(nowhere),
  };
  const write = createWriteSide(deployment, "bench");
  await fillCatalog(write);
  await makeHandTables(servers.primary.adminUrl);
  return {
    servers, deployment, write,
    async close() {
      await write.stop();
      await servers.stop();
      await rm(parent, { recursive: true, force: true });
    },
  };
}

async function fillCatalog({ bus }: WriteSide): Promise<void> {
  const envelope = { actor: { role: "operator", id: "bench" }, idempotencyKey: "bench" } as const;
  const skus = [hotSku, ...Array.from({ length: 200 }, (_, index) => `COLD-${String(index)}`)];
  await bus.execute(upsertProducts, {
    products: skus.map((sku) => ({ sku, name: `Product ${sku}`, priceMinor: 1_999, currency: "EUR", weightGrams: 300, taxBasisPoints: 1_900 })),
  }, envelope);
  await bus.execute(receiveStock, { lines: skus.map((sku) => ({ sku, quantity: manyUnits })) }, envelope);
  await bus.execute(upsertCustomer, {
    customerId, name: "Bench", email: "bench@example.com", phone: null, address: { street: "1 Road", city: "Town", postalCode: "1", country: "DE" },
  }, envelope);
}
