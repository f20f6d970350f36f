import { Redis } from "ioredis";
import type { GraphQLSchema } from "graphql";
import type { HealthCheck } from "../platform/health/health.js";
import { startApi, type RunningApi } from "../platform/http/api-server.js";
import type { GraphiqlOptions } from "../platform/http/graphiql.js";
import type { PrimaryReader } from "../platform/http/request-context.js";
import type { LivePort } from "../platform/live/live-port.js";
import { createPool } from "../platform/postgres/connection.js";
import { openReadNode, type OpenReadNode } from "../platform/projector/open-read-node.js";
import { WebhookInbox } from "../platform/webhooks/inbox.js";
import { watchDegradedMode } from "../queries/operations/watch-degraded-mode.js";
import { webhookQueueOf } from "./consumers.js";
import { plainCouriers } from "./couriers.js";
import { connectionSettings, type Deployment, type Running } from "./deployment.js";
import { invoiceRoutes } from "./invoice-routes.js";
import { labelRoutes } from "./label-routes.js";
import { paymentProvider } from "./payment-party.js";
import { webhookRoutes } from "./webhook-routes.js";
import type { WriteSide } from "./write-side.js";

export interface ApiProcess extends Running {
  readonly api: RunningApi;
  readonly readNodes: readonly OpenReadNode[];
}

/** What an operator's question to the primary may take: it must never get in an order's way. */
const primaryQuestionTimeoutMs = 1_000;

/** Serves GraphQL, webhooks, health and metrics. Any number of these may run. */
export async function startApiProcess(
  deployment: Deployment, write: WriteSide, live: LivePort, schema: GraphQLSchema, graphiql?: GraphiqlOptions,
): Promise<ApiProcess> {
  const { settings, logger, registry, primaryUrl, nodes } = deployment;
  const readNodes = await Promise.all(nodes.map(({ name, appUrl }) => openReadNode({
    name, appUrl, poolSize: settings.READ_POOL_SIZE, statementTimeoutMs: settings.STATEMENT_TIMEOUT_MS, logger,
  })));
  const questions = createPool({
    ...connectionSettings(deployment, primaryUrl, "millrace api questions"), poolSize: 2, statementTimeoutMs: primaryQuestionTimeoutMs,
  }, (err) => { logger.warn({ err }, "a connection to the primary was lost"); });
  const inbox = new WebhookInbox(write.pool, webhookQueueOf);
  const [provider, couriers] = [paymentProvider(deployment), plainCouriers(deployment)];
  const health = healthChecks(deployment, write, readNodes);
  const close = async (): Promise<void> => {
    await inbox.close();
    health.close();
    await Promise.all([questions.end(), ...readNodes.map((node) => node.close())]);
    provider.close();
    for (const courier of couriers) courier.close();
  };
  const primary: PrimaryReader = { query: async <Row extends object>(text: string, values: readonly unknown[]) => (await questions.query(text, [...values])).rows as Row[] };
  const api = await startApi({
    settings, schema, registry, host: settings.HOST, port: settings.PORT,
    contextParts: { bus: write.bus, live, logger, readNodes, primary },
    busState: write.bus,
    health: health.checks,
    fileRoutes: (app, contextOf) => {
      for (const routes of [invoiceRoutes(settings), labelRoutes()]) routes(app, contextOf);
    },
    webhookRoutes: webhookRoutes(inbox, provider, couriers),
    ...(graphiql === undefined ? {} : { graphiql }),
  }).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const endWatch = watchDegradedMode({
    nodes: readNodes, live, primary, logger, refreshMs: settings.LIVE_REFRESH_MS,
    obey: (wish) => { api.overload.degraded.obey(wish, Date.now()); },
  });
  return {
    api, readNodes,
    async stop() {
      await api.close();
      await endWatch();
      await close();
    },
  };
}

function healthChecks({ redisUrl }: Deployment, { pool }: WriteSide, readNodes: readonly OpenReadNode[]): { checks: HealthCheck[]; close(): void } {
  const checks: HealthCheck[] = [
    { name: "primary", check: async () => { await pool.query("SELECT 1"); return "answers"; } },
    ...readNodes.map((node) => ({
      name: `read ${node.name}`,
      // Orders are taken without it, and other nodes answer queries.
      essential: false,
      check: async () => {
        const lag = await node.lag();
        return `lag ${String(Math.max(0, ...lag.map(({ milliseconds }) => milliseconds)))} ms, ${String(Math.max(0, ...lag.map(({ events }) => events)))} events`;
      },
    })),
  ];
  if (redisUrl === undefined) return { checks, close: () => undefined };
  const redis = new Redis(redisUrl, { lazyConnect: true, maxRetriesPerRequest: 0, enableOfflineQueue: false });
  redis.on("error", () => undefined);
  void redis.connect().catch(() => undefined);
  checks.push({ name: "redis", essential: false, check: async () => redis.ping() });
  return { checks, close: () => { redis.disconnect(); } };
}
