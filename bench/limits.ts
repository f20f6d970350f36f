import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { mintToken } from "../src/cli/token.js";
import { schema } from "../src/cli/schema-of-all.js";
import { InProcessLive } from "../src/platform/live/in-process-live.js";
import { freePort } from "../src/platform/embedded/free-port.js";
import { startApi, type RunningApi } from "../src/platform/http/api-server.js";
import { createMetrics } from "../src/platform/metrics/metrics.js";
import { withDoNothing } from "./api.js";
import { httpLoad } from "./http-load.js";
import { medianOf, type LoadResult } from "./load.js";
import { compare, type BenchResult } from "./result.js";
import { customerId, type Surroundings } from "./surroundings.js";

const callers = 200;
const rounds = 5;
const roundMs = 2_500;
const warmUpMs = 1_500;
const query = "mutation Place($input: PlaceOrderInput!) { doNothing(input: $input) { orderId position userErrors { code } } }";
const body = JSON.stringify({ query, variables: { input: { lines: [{ sku: "HOT", quantity: 1 }], idempotencyKey: "%KEY%" } } });
const off = { RATE_LIMIT_ADDRESS: 0, RATE_LIMIT_CUSTOMER: 0, RATE_LIMIT_OPERATOR: 0, RATE_LIMIT_CUSTOMER_COST: 0, RATE_LIMIT_OPERATOR_COST: 0 };
/** Counted, and never reached. */
const enough = 1_000_000_000;

interface Round extends LoadResult {
  /** The load comes from another process, so this is the server's; it suffers less from a busy machine than the rate does. */
  readonly cpuUs: number;
}

function middleCpu(rounds: readonly Round[]): number {
  return rounds.map(({ cpuUs }) => cpuUs).sort((one, other) => one - other)[Math.floor(rounds.length / 2)] ?? 0;
}

/** What rate limits cost a small mutation that does nothing, in turns against the same server without any. */
export async function benchLimits({ deployment }: Surroundings): Promise<BenchResult[]> {
  const redis = await benchRedis();
  const variants: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    "limits-in-process": { REDIS_URL: undefined },
    ...(redis ? { "limits-redis": { REDIS_URL: redis.url }, "limits-redis-address": { REDIS_URL: redis.url, RATE_LIMIT_EXEMPT: [], RATE_LIMIT_ADDRESS: enough } } : {}),
  };
  const token = await mintToken({ secret: deployment.settings.JWT_SECRET ?? "", role: "customer", subject: customerId, ttlSeconds: 3_600 });
  const withoutLimits = await startPlainApi(deployment, off);
  const load = async ({ url }: RunningApi, durationMs: number): Promise<Round> => {
    const before = process.cpuUsage();
    const result = await httpLoad({ url: `${url}/graphql`, body, headers: { authorization: `Bearer ${token}` }, connections: callers, durationMs });
    const { user, system } = process.cpuUsage(before);
    return { ...result, cpuUs: (user + system) / (result.perSecond * durationMs / 1_000) };
  };
  const results: BenchResult[] = [];
  for (const [name, settings] of Object.entries(variants)) {
    const api = await startPlainApi(deployment, settings);
    const [limited, unlimited]: [Round[], Round[]] = [[], []];
    for (const each of [withoutLimits, api]) await load(each, warmUpMs);
    for (let round = 0; round < rounds; round += 1) {
      unlimited.push(await load(withoutLimits, roundMs));
      limited.push(await load(api, roundMs));
    }
    const [measured, baseline] = [medianOf(limited), medianOf(unlimited)];
    results.push(compare(name, "requests/s", { value: measured.perSecond, p50Ms: measured.p50Ms, p99Ms: measured.p99Ms }, baseline.perSecond,
      `the same mutation without limits, p50 ${baseline.p50Ms.toFixed(1)} ms, p99 ${baseline.p99Ms.toFixed(1)} ms`));
    results.push(compare(`${name}-cpu`, "µs", { value: middleCpu(limited) }, middleCpu(unlimited), "processor time of this process a request, beside the same without limits"));
    await api.close();
  }
  await withoutLimits.close();
  redis?.stop();
  return results;
}

/** The API alone: nothing behind it is asked. */
function startPlainApi({ settings, logger }: Surroundings["deployment"], changed: Readonly<Record<string, unknown>>): Promise<RunningApi> {
  const nothing = { name: "none", tableOf: () => "", query: () => Promise.resolve([]), reached: () => Promise.resolve(true), lag: () => Promise.resolve([]) };
  const bus = { execute: () => Promise.reject(new Error("nothing is executed")) };
  return startApi({
    settings: { ...settings, RATE_LIMIT_CUSTOMER: enough, ...changed }, schema: withDoNothing(schema()), registry: createMetrics(), health: [],
    host: "127.0.0.1", port: 0, contextParts: { bus, live: new InProcessLive(), logger, readNodes: [nothing], primary: { query: () => Promise.resolve([]) } },
  });
}

/** The Redis of REDIS_URL, or one of the bench's own; null where there is none. */
async function benchRedis(): Promise<{ readonly url: string; stop(): void } | null> {
  const { REDIS_URL } = process.env;
  if (REDIS_URL) return { url: REDIS_URL, stop: () => undefined };
  const port = await freePort(undefined, new Set());
  const child = spawn("redis-server", ["--bind", "127.0.0.1", "--port", String(port), "--save", "", "--appendonly", "no", "--dir", tmpdir()], { stdio: "ignore" });
  const started = await once(child, "spawn").then(() => true, () => false);
  if (!started) return null;
  for (let tries = 0; tries < 100 && !await accepts(port); tries += 1) await delay(50);
  return { url: `redis://127.0.0.1:${String(port)}`, stop: () => { child.kill(); } };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => { socket.destroy(); resolve(true); });
    socket.once("error", () => { resolve(false); });
  });
}
