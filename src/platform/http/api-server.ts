import type { AddressInfo } from "node:net";
import cors from "@fastify/cors";
import { fastify, type FastifyInstance } from "fastify";
import type { GraphQLSchema } from "graphql";
import type { Registry } from "prom-client";
import { createAuthenticator } from "../auth/authenticator.js";
import type { BusState } from "../bus/command-bus.js";
import type { Settings } from "../config/config.js";
import { SystemError } from "../errors.js";
import { createReadiness, type HealthCheck } from "../health/health.js";
import { ApiMetrics } from "../metrics/metrics.js";
import { QueryImportance } from "../overload/importance.js";
import { LastAnswers } from "../overload/last-answers.js";
import { Overload } from "../overload/overload.js";
import { OperationCosts } from "../rate-limits/operation-cost.js";
import { RateLimits } from "../rate-limits/rate-limits.js";
import type { ContextParts } from "./api-context.js";
import { apiLimits, type ApiLimits } from "./api-limits.js";
import { createApollo } from "./apollo.js";
import { limitConnections } from "./connection-limits.js";
import { contextOf, type FileRoutes } from "./context-of.js";
import { documentLimits } from "./document-limits.js";
import { door } from "./door.js";
import { answerFailure } from "./failure-answer.js";
import { graphiqlRoutes, type GraphiqlOptions } from "./graphiql.js";
import { graphqlHandler } from "./graphql-handler.js";
import { ListenError } from "./listen-error.js";
import { liveOperations } from "./live-operations.js";
import { attachLiveSockets, type LiveSockets } from "./live-sockets.js";
import { NodeChoice, type ChoosableNode } from "./node-choice.js";
import { openFilesMax, socketsWithin } from "./open-files.js";
import { operationsRoutes } from "./operations-routes.js";
import { rateGate, socketGate } from "./rate-gate.js";
import { requestIdOf } from "./request-id.js";

export interface ApiOptions {
  readonly settings: Settings;
  readonly schema: GraphQLSchema;
  readonly contextParts: Pick<ContextParts, "bus" | "live" | "primary" | "logger"> & { readonly readNodes: readonly ChoosableNode[] };
  /** What the bus tells of its queues; without it they count as empty. */
  readonly busState?: BusState;
  readonly health: readonly HealthCheck[];
  readonly registry: Registry;
  /** Routes of webhooks; in a scope of their own, so that they may read raw bodies. */
  readonly webhookRoutes?: (app: FastifyInstance) => void | Promise<void>;
  /** Routes that answer a caller with a file. */
  readonly fileRoutes?: FileRoutes;
  readonly graphiql?: GraphiqlOptions;
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  readonly limits?: Partial<ApiLimits>;
}

export interface RunningApi {
  /** E.g. `http://127.0.0.1:4000`. */
  readonly url: string;
  readonly address: AddressInfo;
  readonly overload: Overload;
  /** Takes nothing new, finishes what it has within `DRAIN_TIMEOUT_MS`, then hangs up. Can be called twice. */
  close(): Promise<void>;
}

/** Connections that may wait to be accepted, as far as the system lets: a rush comes at once, and Node's 511 would turn it away without a word. */
const backlog = 4_096;

/** Serves GraphQL over HTTP and WebSocket, health, metrics, and GraphiQL outside production. @throws ListenError */
export async function startApi(options: ApiOptions): Promise<RunningApi> {
  const { settings, schema, registry, host, port } = options;
  const { logger, readNodes, ...parts } = options.contextParts;
  const limits = { ...apiLimits, ...options.limits };
  const nodes = new NodeChoice(readNodes);
  const overload = new Overload({
    inFlightMax: settings.REQUESTS_IN_FLIGHT_MAX, waitMaxMs: settings.WAIT_MAX_MS, delayMs: settings.PRESSURE_DELAY_MS, bus: options.busState ?? null, registry,
    readable: () => nodes.isReadable,
    lastAnswers: new LastAnswers({ sizeMax: settings.DEGRADED_CACHE_SIZE_MAX, ageMaxMs: settings.DEGRADED_CACHE_AGE_MS, now: Date.now }),
  });
  const context: ContextParts = {
    ...parts, logger, settings, overload, nodes, costs: new OperationCosts(schema), importance: new QueryImportance(schema),
  };
  const rateLimits = new RateLimits({ settings, registry, logger });
  const authenticator = createAuthenticator(settings);
  const rules = [documentLimits({ depthMax: settings.QUERY_DEPTH_MAX, fieldsMax: limits.fieldsMax, aliasesMax: limits.aliasesMax })];
  const app = createApp(settings, limits);
  limitConnections(app.server, settings, registry);
  let draining = false;
  const metrics = new ApiMetrics(registry, () => sockets.count);
  const sockets: LiveSockets = attachLiveSockets(app.server, liveOperations({ schema, context, authenticator, metrics, rules, limits, rateLimits }), {
    ...limits, messageBytesMax: settings.RESPONSE_BYTES_MAX, bufferBytesMax: settings.SOCKET_BUFFER_BYTES_MAX, onSlow: () => { metrics.slowReader(); },
    socketsMax: socketsWithin(settings.LIVE_SOCKETS_MAX, openFilesMax(), (line) => { logger.warn(line); }),
  }, logger, socketGate(rateLimits));
  const apollo = createApollo({ schema, settings, logger, metrics, rules, tokensMax: limits.tokensMax });
  await apollo.start();

  app.setErrorHandler((error, request, reply) => {
    request.admission?.writeHeaders((name, value) => reply.header(name, value));
    return answerFailure(error, request, reply, logger);
  });
  app.setNotFoundHandler((request, reply) => answerFailure(new SystemError("NOT_FOUND", `There is nothing at ${request.url.slice(0, 200)}.`), request, reply, logger));
  app.all("/graphql", { onRequest: [door(overload), rateGate(rateLimits)] }, graphqlHandler(apollo, authenticator, context));
  operationsRoutes(app, { registry, readiness: createReadiness(options.health), draining: () => draining });
  if (settings.NODE_ENV !== "production") await graphiqlRoutes(app, options.graphiql ?? {});
  const { webhookRoutes, fileRoutes } = options;
  if (fileRoutes) {
    await app.register((scope) => {
      scope.addHook("onRequest", door(overload));
      scope.addHook("onRequest", rateGate(rateLimits));
      fileRoutes(scope, (request) => contextOf(request, authenticator, context));
    });
  }
  if (webhookRoutes) await app.register(async (scope) => { await webhookRoutes(scope); });

  const stop = async (): Promise<void> => {
    draining = true;
    // A connection falls idle when its last answer is sent; kept alive, it would hold us up until its own timeout.
    const idle = setInterval(() => { app.server.closeIdleConnections(); }, 20);
    const deadline = setTimeout(() => { app.server.closeAllConnections(); }, settings.DRAIN_TIMEOUT_MS);
    await Promise.all([app.close(), sockets.close(settings.DRAIN_TIMEOUT_MS)]);
    clearTimeout(deadline);
    clearInterval(idle);
    await apollo.stop();
    rateLimits.close();
    overload.close();
  };
  await app.listen({ host, port, backlog }).catch(async (error: unknown) => {
    await stop();
    throw new ListenError(host, port, error);
  });
  const address = app.server.address() as AddressInfo;
  let stopped: Promise<void> | null = null;
  return { url: urlOf(address), address, overload, close: () => stopped ??= stop() };
}

function createApp(settings: Settings, limits: ApiLimits): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: settings.BODY_LIMIT_BYTES,
    requestTimeout: limits.requestTimeoutMs,
    http: { headersTimeout: Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs), connectionsCheckingInterval: limits.slowRequestCheckMs },
    connectionTimeout: limits.connectionTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    // A request that comes while we drain is answered and told to connect elsewhere next time.
    return503OnClosing: false,
    forceCloseConnections: "idle",
    genReqId: ({ headers }) => requestIdOf(headers["x-request-id"]),
  });
  app.decorateRequest("admission", null);
  app.decorateRequest("caller", null);
  app.addHook("onRequest", (request, reply, done) => {
    reply.header("x-request-id", request.id);
    done();
  });
  // Tokens are sent in a header, never in a cookie, so another site's page can do nothing in a visitor's name.
  app.register(cors, { origin: "*", methods: ["GET", "POST"], exposedHeaders: ["x-request-id", "retry-after", "ratelimit", "ratelimit-policy"], maxAge: 86_400 });
  return app;
}

/** An address that a person can click: a server that listens everywhere is reached here as localhost. */
function urlOf({ address, port, family }: AddressInfo): string {
  if (address === "0.0.0.0" || address === "::") return `http://localhost:${String(port)}`;
  return `http://${family === "IPv6" ? `[${address}]` : address}:${String(port)}`;
}
