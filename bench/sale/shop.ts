import { mkdtemp, rm } from "node:fs/promises";
import { setPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { upsertCustomer } from "../../src/commands/customers/upsert-customer.js";
import { courierId } from "../../src/cli/consumers.js";
import { mintToken } from "../../src/cli/token.js";
import { freePort } from "../../src/platform/embedded/free-port.js";
import { createLogger } from "../../src/platform/log/logger.js";
import { startCourierSimulator } from "../../src/simulators/couriers/courier-simulator.js";
import { startPaymentSimulator } from "../../src/simulators/payments/payment-simulator.js";
import { openSurroundings, type Surroundings } from "../surroundings.js";
import { fillHandStock } from "./by-hand.js";
import { startProcess, type MillraceProcess } from "./millrace-process.js";
import type { SaleOptions } from "./options.js";
import { buyerId, defaultHotSku, type Target } from "./order-request.js";
import { postmasterPid, type Watched } from "./process-figures.js";
import { startRedis } from "./redis.js";

/** Millrace as it is deployed: api, worker and projector as processes of their own, Redis, and simulators of the outside in this one. */
export interface Shop {
  readonly surroundings: Surroundings;
  readonly target: Target;
  /** One for each buyer. */
  readonly tokens: readonly string[];
  /** Whose CPU and memory are told. */
  readonly watched: readonly Watched[];
  /** Waits until no job is due. @returns jobs that are left when `timeoutMs` is over */
  settle(timeoutMs: number): Promise<number>;
  /** Ends api, worker and projector; the databases go on. */
  stopMillrace(): Promise<void>;
  /** Lets go of the worker, so that orders are taken and nothing follows from them. */
  stopWorker(): Promise<void>;
  startWorker(): Promise<void>;
  close(): Promise<void>;
}

const tokenSeconds = 7_200;
const paymentSecrets = { apiKey: "sk_test_sale", webhookSecret: "whsec_of_the_sale" };
const courierSecrets = { apiKey: "courier-sale", webhookSecret: "whsec_c2VjcmV0IG9mIHRoZSBjb3VyaWVy" };

export async function openShop(options: SaleOptions): Promise<Shop> {
  const stops: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    // A server that ends does not keep Node alive: without this Node could leave before the next one is stopped.
    const awake = setInterval(() => undefined, 1_000);
    for (let stop = stops.pop(); stop; stop = stops.pop()) await stop();
    clearInterval(awake);
  };
  // Servers outlive the process that started them: an interrupted run must not leave any behind.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void close().finally(() => process.exit(130)));
  try {
    const surroundings = await openSurroundings();
    stops.push(() => surroundings.close());
    const directory = await mkdtemp(join(tmpdir(), "millrace-sale-"));
    stops.push(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
    const redis = await startRedis(directory);
    stops.push(() => redis.stop());
    const outside = await startOutside(directory);
    stops.push(() => outside.stop());
    await registerBuyers(surroundings, options.buyers);
    await fillHandStock(surroundings.servers.primary.adminUrl);
    const start = starterOf(options, surroundings, directory, { ...outside.settings, REDIS_URL: redis.url });
    const processes: MillraceProcess[] = [];
    const stopMillrace = async (): Promise<void> => { await Promise.all(processes.splice(0).map((each) => each.stop())); };
    stops.push(stopMillrace);
    const api = await start("api");
    processes.push(api, await start("worker"), await start("projector"));
    outside.sendWebhooksTo(api.url);
    return {
      surroundings, stopMillrace, close,
      async stopWorker() {
        const place = processes.findIndex(({ name }) => name === "worker");
        if (place >= 0) await Promise.all(processes.splice(place, 1).map((each) => each.stop()));
      },
      async startWorker() { processes.push(await start("worker")); },
      target: { kind: "millrace", url: `${api.url}/graphql`, hotSku: defaultHotSku },
      tokens: await tokensOf(surroundings, options.buyers),
      watched: await watchedOf(processes, surroundings, redis.pid),
      settle: (timeoutMs) => settled(surroundings, timeoutMs),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Starts one process of the shop. */
function starterOf(
  { settings, profileDir, nice }: SaleOptions, { servers: { primary, nodes, secrets } }: Surroundings, logDirectory: string, outside: Readonly<Record<string, string>>,
): (name: MillraceProcess["name"]) => Promise<MillraceProcess> {
  const all = {
    DATABASE_URL: primary.appUrl, READ_DATABASE_URLS: nodes.map(({ appUrl }) => appUrl).join(","), JWT_SECRET: secrets.jwtSecret,
    // The load stands where a load balancer does: each buyer's address is in its `x-forwarded-for`.
    TRUSTED_PROXIES: "127.0.0.1", ...outside, ...settings,
  };
  const ports = new Set<number>();
  return async (name) => {
    const port = await freePort(undefined, ports);
    ports.add(port);
    const nodeOptions = name === "api" && profileDir !== null ? ["--cpu-prof", `--cpu-prof-dir=${profileDir}`] : [];
    const started = await startProcess({ name, port, settings: all, logDirectory, nodeOptions });
    if (name !== "api" && nice > 0) setPriority(started.pid, nice);
    return started;
  };
}

interface Outside {
  readonly settings: Readonly<Record<string, string>>;
  sendWebhooksTo(apiUrl: string): void;
  stop(): Promise<void>;
}

/** Payments answer and tell at once; a parcel's journey takes its real days, so that no courier calls during the sale. */
async function startOutside(directory: string): Promise<Outside> {
  const logger = createLogger("error");
  const payment = await startPaymentSimulator({ ...paymentSecrets, dataFile: join(directory, "payments.jsonl"), logger });
  const courier = await startCourierSimulator({ ...courierSecrets, id: courierId, speed: 1, dataFile: join(directory, "courier.jsonl"), logger });
  return {
    settings: {
      PAYMENT_API_URL: payment.url, PAYMENT_API_KEY: paymentSecrets.apiKey, PAYMENT_WEBHOOK_SECRET: paymentSecrets.webhookSecret,
      COURIER_API_URL: courier.url, COURIER_API_KEY: courierSecrets.apiKey, COURIER_WEBHOOK_SECRET: courierSecrets.webhookSecret,
    },
    sendWebhooksTo(apiUrl) {
      payment.setWebhookUrl(`${apiUrl}/webhooks/payments`);
      courier.setWebhookUrl(`${apiUrl}/webhooks/couriers/${courierId}`);
    },
    async stop() {
      await Promise.all([payment.stop(), courier.stop()]);
    },
  };
}

async function registerBuyers({ write: { bus } }: Surroundings, buyers: number): Promise<void> {
  const address = { street: "1 Road", city: "Town", postalCode: "1", country: "DE" };
  const at = 1_000;
  for (let first = 0; first < buyers; first += at) {
    await Promise.all(Array.from({ length: Math.min(at, buyers - first) }, async (_, index) => {
      const customerId = buyerId(first + index);
      return bus.execute(upsertCustomer, { customerId, name: customerId, email: `${customerId}@example.com`, phone: null, address }, {
        actor: { role: "operator", id: "bench" }, idempotencyKey: customerId,
      });
    }));
  }
}

function tokensOf({ servers: { secrets } }: Surroundings, buyers: number): Promise<string[]> {
  return Promise.all(Array.from({ length: buyers }, (_, buyer) => mintToken({ secret: secrets.jwtSecret, role: "customer", subject: buyerId(buyer), ttlSeconds: tokenSeconds })));
}

async function watchedOf(processes: readonly MillraceProcess[], { servers }: Surroundings, redisPid: number | null): Promise<Watched[]> {
  const databases = await Promise.all([servers.primary, ...servers.nodes].map(async ({ name, dataDirectory }) => ({ name, pid: await postmasterPid(dataDirectory), withChildren: true })));
  return [
    ...processes.map(({ name, pid }) => ({ name, pid, withChildren: false })), ...databases,
    ...(redisPid === null ? [] : [{ name: "redis", pid: redisPid, withChildren: false }]),
    { name: "simulators", pid: process.pid, withChildren: false },
  ];
}

async function settled({ servers }: Surroundings, timeoutMs: number): Promise<number> {
  const client = new pg.Client(servers.primary.adminUrl);
  await client.connect();
  const giveUpAt = Date.now() + timeoutMs;
  try {
    for (;;) {
      const { rows } = await client.query<{ due: number }>("SELECT count(*)::int AS due FROM pgboss.job WHERE state < 'completed' AND start_after <= now() AND name NOT LIKE '\\_\\_%'");
      const due = rows[0]?.due ?? 0;
      if (due === 0 || Date.now() > giveUpAt) return due;
      await delay(500);
    }
  } finally {
    await client.end();
  }
}
