import { GraphQLError, type ExecutionArgs, type FormattedExecutionResult, type GraphQLFormattedError, type GraphQLSchema, type ValidationRule } from "graphql";
import type { Context, ServerOptions } from "graphql-ws";
import type { IncomingMessage } from "node:http";
import { newId } from "../../kernel/ids.js";
import type { Authenticator } from "../auth/authenticator.js";
import type { Identity } from "../auth/token-verifier.js";
import { SystemError } from "../errors.js";
import type { ApiMetrics } from "../metrics/metrics.js";
import type { RateLimits } from "../rate-limits/rate-limits.js";
import { ApiContext, type ContextParts } from "./api-context.js";
import type { ApiLimits } from "./api-limits.js";
import type { Caller } from "./caller.js";
import { documentPreparer } from "./document-preparer.js";
import { executeAndSettle, subscribeWithFreshContext } from "./live-iteration.js";
import { admitOnSocket } from "./operation-admission.js";
import { causeOf, isBug, presentError, withRequestId } from "./present-error.js";

/** What a socket carries beside graphql-ws's own state. */
export interface SocketExtra {
  readonly request: IncomingMessage;
  /** Queries and mutations at work: a drain lets them answer. */
  readonly running: Set<Promise<unknown>>;
  identity: Identity | null;
  expiry: NodeJS.Timeout | null;
  /** Waits for the answers of all that is asked on the socket. */
  readonly caller: Caller;
  readonly close: (code: number, reason: string) => void;
}

export interface LiveParts {
  readonly schema: GraphQLSchema;
  readonly context: ContextParts;
  readonly authenticator: Authenticator;
  readonly metrics: ApiMetrics;
  readonly rules: readonly ValidationRule[];
  readonly limits: ApiLimits;
  readonly rateLimits: RateLimits;
}

/** graphql-ws's view of a result, in which absent parts may be there as undefined. */
interface ExecutionAnswer {
  readonly errors?: readonly unknown[] | undefined;
  readonly data?: Record<string, unknown> | null | undefined;
  readonly extensions?: Record<string, unknown> | undefined;
}

type ConnectionParams = Record<string, unknown> | undefined;
type SocketContext = Context<ConnectionParams, SocketExtra>;

/** graphql-ws's codes: its client repeats after both, with a fresh token where it is asked for one. */
const forbidden = 4403;
const tryAgainLater = 1013;
const timerMaxMs = 2_147_483_647;

/** What happens on a socket: who it is, what it may ask, and how answers and failures are shown. */
export function liveOperations(parts: LiveParts): ServerOptions<ConnectionParams, SocketExtra> {
  const { limits, schema, rules, metrics, context: { settings, logger, overload } } = parts;
  const prepare = documentPreparer({ schema, rules, tokensMax: limits.tokensMax, introspection: settings.NODE_ENV !== "production" });
  const sockets = new WeakMap<object, SocketExtra>();
  return {
    connectionInitWaitTimeout: limits.connectionInitTimeoutMs,
    onConnect: (socket) => connect(socket, parts.authenticator),
    onClose: ({ extra }) => {
      clearTimeout(extra.expiry ?? undefined);
      extra.caller.hangUp();
    },
    onSubscribe: async ({ subscriptions, extra }, _id, payload) => {
      if (Object.keys(subscriptions).length > limits.operationsPerSocketMax) return [tooManyOperations(limits)];
      const document = prepare(payload.query);
      if (!("kind" in document)) return document;
      const actor = extra.identity?.actor ?? null;
      const admission = parts.rateLimits.begin(extra.request);
      const contextValue = new ApiContext(parts.context, { requestId: newId(), actor, admission, caller: extra.caller, idempotencyKey: null, traceparent: null });
      const refusal = await admitOnSocket(contextValue, document, payload);
      if (refusal) return [refusal];
      sockets.set(contextValue, extra);
      return { schema, document, contextValue, operationName: payload.operationName ?? null, variableValues: payload.variables ?? null };
    },
    execute: async (args) => {
      overload.enter();
      try {
        return await track(executeAndSettle(args), sockets.get(contextOf(args))?.running);
      } finally {
        overload.leave();
      }
    },
    subscribe: subscribeWithFreshContext,
    onNext: (_socket, _id, _payload, args, result) => mask(result, contextOf(args), metrics),
    onError: (_socket, _id, _payload, errors) => {
      const requestId = newId();
      return errors.map((error) => present(error, { requestId, logger, metrics }));
    },
  };
}

async function connect({ connectionParams, extra }: SocketContext, authenticator: Authenticator): Promise<boolean> {
  const given = connectionParams?.authorization ?? connectionParams?.Authorization ?? extra.request.headers.authorization;
  try {
    extra.identity = await authenticator.identify(typeof given === "string" ? given : undefined);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    extra.close(error.code === "UNAUTHENTICATED" ? forbidden : tryAgainLater, error.message);
    return false;
  }
  if (extra.identity) {
    // A socket lives for days; who lost the right to watch must not go on watching.
    const leftMs = Math.min(extra.identity.expiresAt - Date.now(), timerMaxMs);
    extra.expiry = setTimeout(() => { extra.close(forbidden, "The token has expired."); }, leftMs).unref();
  }
  return true;
}

function tooManyOperations({ operationsPerSocketMax }: ApiLimits): GraphQLError {
  return new GraphQLError(`A socket may have ${String(operationsPerSocketMax)} operations at the same time.`, { extensions: { code: "TOO_MANY_OPERATIONS" } });
}

async function track<Result>(result: Promise<Result>, running: Set<Promise<unknown>> | undefined): Promise<Result> {
  running?.add(result);
  try {
    return await result;
  } finally {
    running?.delete(result);
  }
}

function contextOf({ contextValue }: ExecutionArgs): ApiContext {
  if (contextValue instanceof ApiContext) return contextValue;
  throw new TypeError("Every operation is given an ApiContext.");
}

/** Undefined, which sends the result as it is, where there is nothing to hide. */
function mask({ errors, data, extensions }: ExecutionAnswer, { requestId, logger }: ApiContext, metrics: ApiMetrics): FormattedExecutionResult | undefined {
  if (!errors) return undefined;
  return {
    errors: errors.map((error) => present(error, { requestId, logger, metrics })),
    ...(data === undefined ? {} : { data }), ...(extensions === undefined ? {} : { extensions }),
  };
}

function present(error: unknown, { requestId, logger, metrics }: Pick<ApiContext, "requestId" | "logger"> & { metrics: ApiMetrics }): GraphQLFormattedError {
  const presented = presentError(error, "GRAPHQL_VALIDATION_FAILED");
  metrics.failed(presented.extensions?.code);
  if (isBug(presented)) logger.error({ err: causeOf(error), path: presented.path, requestId }, "A live operation failed in a way nobody foresaw");
  return withRequestId(presented, requestId);
}
