import { mintToken } from "../../src/cli/token.js";
import type { CommandDefinition } from "../../src/kernel/command.js";
import type { Json } from "../../src/kernel/json.js";
import type { CommandBus, CommandEnvelope, CommandOutcome } from "../../src/platform/bus/command-bus.js";
import { readSettings } from "../../src/platform/config/config.js";
import { startApi, type ApiOptions, type RunningApi } from "../../src/platform/http/api-server.js";
import { createLogger } from "../../src/platform/log/logger.js";
import { createMetrics } from "../../src/platform/metrics/metrics.js";
import type { ReadNode } from "../../src/platform/projector/read-node.js";
import { sampleSchema } from "./sample-schema.js";

export const secret = "a secret that is only for these tests";

export interface SentCommand {
  readonly name: string;
  readonly input: unknown;
  readonly envelope: CommandEnvelope;
}

/** A bus that accepts everything and remembers it; a test may put another outcome in. */
export class RecordingBus implements CommandBus {
  readonly sent: SentCommand[] = [];
  outcome: ((input: unknown) => Promise<Partial<CommandOutcome<Json>>>) | null = null;

  async execute<Input, Answer extends Json>(definition: CommandDefinition<Input, Answer>, input: Input, envelope: CommandEnvelope): Promise<CommandOutcome<Answer>> {
    this.sent.push({ name: definition.name, input, envelope });
    const accepted = { commandId: "c1", answer: input as unknown as Answer, refusal: null, position: "17", replayed: false };
    return { ...accepted, ...(await this.outcome?.(input) as Partial<CommandOutcome<Answer>> | undefined) };
  }
}

export class SampleNode implements ReadNode {
  healthy = true;
  reachedAnswer = true;
  lagCalls = 0;
  readonly waits: { position: string; projections: readonly string[]; timeoutMs: number }[] = [];

  constructor(readonly name: string) {}

  isHealthy(): boolean { return this.healthy; }
  tableOf(projection: string): string { return `"${projection}_v1"`; }
  query(): Promise<never[]> { return Promise.resolve([]); }
  reached(position: string, projections: readonly string[], timeoutMs: number): Promise<boolean> {
    this.waits.push({ position, projections, timeoutMs });
    return Promise.resolve(this.reachedAnswer);
  }
  lag(): Promise<{ projection: string; events: number; milliseconds: number }[]> {
    this.lagCalls += 1;
    return Promise.resolve([{ projection: "parcel", events: 3, milliseconds: 12 }]);
  }
}

export interface SampleApi extends RunningApi {
  readonly bus: RecordingBus;
  readonly nodes: readonly SampleNode[];
  /** Lines of the log, parsed. */
  readonly logged: Record<string, unknown>[];
}

/** A real server on a free port, with a sample schema and nothing behind it. */
export async function startSampleApi(environment: Record<string, string> = {}, options: Partial<ApiOptions> = {}): Promise<SampleApi> {
  const bus = new RecordingBus();
  const nodes = [new SampleNode("node1"), new SampleNode("node2")];
  const logged: Record<string, unknown>[] = [];
  const logger = createLogger("silent");
  const settings = readSettings({ NODE_ENV: "test", JWT_SECRET: secret, DRAIN_TIMEOUT_MS: "3000", ...environment });
  const loud = recordInto(logger, logged);
  const api = await startApi({
    settings, schema: sampleSchema(), health: [], registry: createMetrics(), host: "127.0.0.1", port: 0,
    contextParts: {
      bus, readNodes: nodes, logger: loud,
      live: { publish: () => Promise.resolve(), subscribe: () => Promise.resolve(() => undefined), onGap: () => () => undefined, close: () => Promise.resolve() },
      primary: { query: () => Promise.resolve([]) },
    },
    ...options,
  });
  return { ...api, bus, nodes, logged };
}

/** Keeps what is logged as an error, with the bindings of the child it was logged by. */
function recordInto<Log extends ReturnType<typeof createLogger>>(logger: Log, logged: Record<string, unknown>[], bindings: object = {}): Log {
  return Object.assign(Object.create(logger) as Log, {
    error: (details: object, message: string) => { logged.push({ ...bindings, ...details, message }); },
    child: (more: object) => recordInto(logger, logged, { ...bindings, ...more }),
  });
}

export function tokenFor(role: "customer" | "operator", subject = "c1", ttlSeconds = 600): Promise<string> {
  return mintToken({ secret, role, subject, ttlSeconds });
}

export interface GraphQLAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { message: string; path?: unknown[]; extensions: Record<string, unknown> }[];
  readonly extensions?: Record<string, unknown>;
}

export async function ask(api: RunningApi, query: string, headers: Record<string, string> = {}, variables: object = {}): Promise<GraphQLAnswer> {
  return post(api, JSON.stringify({ query, variables }), headers);
}

export async function post(api: RunningApi, body: string, headers: Record<string, string> = {}): Promise<GraphQLAnswer> {
  const response = await fetch(`${api.url}/graphql`, { method: "POST", body, headers: { "content-type": "application/json", ...headers } });
  return { ...(await response.json() as object), status: response.status, headers: response.headers };
}

export async function as(role: "customer" | "operator"): Promise<Record<string, string>> {
  return { authorization: `Bearer ${await tokenFor(role)}` };
}
