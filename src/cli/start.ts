import { createServer } from "node:net";
import type { GraphQLSchema } from "graphql";
import type { Registry } from "prom-client";
import type { Settings } from "../platform/config/config.js";
import { startEmbedded, type EmbeddedServers } from "../platform/embedded/start-embedded.js";
import { ListenError } from "../platform/http/listen-error.js";
import { releaseActiveJobs } from "../platform/jobs/release-jobs.js";
import { openLive } from "./live.js";
import type { Logger } from "../platform/log/logger.js";
import { projectorQueues } from "../platform/projector/queues.js";
import { startPaymentSimulator } from "../simulators/payments/payment-simulator.js";
import { startApiProcess } from "./api-process.js";
import { primaryQueues } from "./consumers.js";
import { courierSetupOf, plainCouriers, type CourierSetup } from "./couriers.js";
import type { Deployment, Running } from "./deployment.js";
import { greet } from "./greeting.js";
import { migrate } from "./migrate.js";
import type { OutsideParty } from "./outside-party.js";
import { realPaymentParty, simulatedPaymentParty } from "./payment-party.js";
import { startProjectorProcess } from "./projector-process.js";
import { seedCatalog } from "./seed.js";
import { startTown } from "./simulated-town.js";
import { stopAll, stopRequested, untilSignal } from "./shutdown.js";
import { inSimulatedTime } from "./tracking.js";
import { startWorker } from "./worker-process.js";
import { createWriteSide } from "./write-side.js";

export interface Start {
  readonly settings: Settings;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly schema: GraphQLSchema;
  /** One line a piece of news, for the person who started it. */
  readonly report: (line: string) => void;
}

/** First copies are short on an embedded node; the projector waits for them anyway. */
const readyTimeoutMs = 15_000;

/**
 * All of Millrace in one process on the embedded servers, until a signal comes.
 * @throws EmbeddedError, ListenError: one line that says what to do
 */
export async function start(options: Start): Promise<void> {
  const { logger, settings } = options;
  const stop = stopRequested();
  await expectFreePort(settings);
  const parts: Running[] = [];
  try {
    await startParts(options, parts, stop);
  } catch (error) {
    await stopAll(parts, logger);
    if (error === stop.reason) return;
    throw error;
  }
  await untilSignal(parts, logger, settings.DRAIN_TIMEOUT_MS + 15_000, stop);
}

/** Asked before anything is made, since the API itself listens last. @throws ListenError */
async function expectFreePort({ HOST: host, PORT: port }: Settings): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const probe = createServer();
    probe.once("error", (error) => { reject(new ListenError(host, port, error)); });
    probe.listen({ host, port }, () => { probe.close(() => { resolve(); }); });
  });
}

async function startParts({ settings: given, logger, registry, schema, report }: Start, parts: Running[], stop: AbortSignal): Promise<void> {
  const servers = await startEmbedded({ dataDir: given.MILLRACE_DATA_DIR, nodeCount: 1, logger });
  parts.push(servers);
  stop.throwIfAborted();
  const { primary, nodes } = servers;
  const named: Settings = { ...given, JWT_SECRET: given.JWT_SECRET ?? servers.secrets.jwtSecret };
  await migrate({ targets: { primary, nodes }, primaryQueues, nodeQueues: projectorQueues, report: (line) => { logger.debug(line); }, readyTimeoutMs });
  stop.throwIfAborted();

  const simulators = await startSimulators(named, servers, logger, parts);
  const { settings } = simulators;
  const deployment: Deployment = {
    settings, logger, registry, primaryUrl: primary.appUrl, nodes, redisUrl: settings.REDIS_URL,
    payment: simulators.payment, couriers: () => simulators.couriers,
  };
  const live = openLive(deployment);
  parts.push({ stop: () => live.close() });
  const write = createWriteSide(deployment, "all");
  parts.push(write);
  for (const node of nodes) parts.push(await startProjectorProcess(deployment, write, live, node));
  // The directory's lock says that no other worker lives.
  await releaseActiveJobs(write.pool);
  parts.push(await startWorker(deployment, write));
  const seeded = await seedCatalog(write, settings.SHOP_CURRENCY);
  const apiProcess = await startApiProcess(deployment, write, live, schema);
  parts.push(apiProcess);
  simulators.deliverTo(apiProcess.api.url);
  await greet({ settings, url: apiProcess.api.url, seeded, simulators: simulators.pages, report });
}

interface Simulators {
  readonly payment: OutsideParty;
  readonly couriers: CourierSetup;
  /** Where couriers live faster, so does what waits for them. */
  readonly settings: Settings;
  /** Where they show their books, for the person who started them. */
  readonly pages: readonly (readonly [party: string, url: string])[];
  /** Tells them where webhooks go: they start before the API, so that it can call them. */
  deliverTo(apiUrl: string): void;
}

/** Whoever the settings name is used as he is; for all others simulators stand in. */
async function startSimulators(settings: Settings, { secrets }: EmbeddedServers, logger: Logger, parts: Running[]): Promise<Simulators> {
  const couriers = await startCouriers(settings, secrets, logger, parts);
  const payment = await startPayments(settings, secrets, logger, parts);
  return {
    ...couriers, payment: payment.party, pages: [...payment.pages, ...couriers.pages],
    deliverTo(apiUrl) {
      payment.deliverTo(apiUrl);
      couriers.deliverTo(apiUrl);
    },
  };
}

async function startCouriers(settings: Settings, secrets: EmbeddedServers["secrets"], logger: Logger, parts: Running[]): Promise<Omit<Simulators, "payment">> {
  if (settings.COURIERS_FILE !== undefined || settings.COURIER_API_URL !== undefined) {
    const couriers = courierSetupOf(settings, process.env);
    // A secret that is missing is told now, not with the first parcel.
    for (const courier of plainCouriers({ settings, couriers: () => couriers })) courier.close();
    return { couriers, settings, pages: [], deliverTo: () => undefined };
  }
  const town = await startTown(settings, secrets, logger);
  parts.push(town);
  return {
    couriers: town.setup, settings: inSimulatedTime(settings), pages: [["couriers", `${town.controlUrl}/_simulator/books`]],
    deliverTo: (apiUrl) => { town.setWebhookUrls((id) => `${apiUrl}/webhooks/couriers/${id}`); },
  };
}

async function startPayments(
  settings: Settings, { paymentApiKey: apiKey, paymentWebhookSecret: webhookSecret }: EmbeddedServers["secrets"], logger: Logger, parts: Running[],
): Promise<{ readonly party: OutsideParty } & Pick<Simulators, "pages" | "deliverTo">> {
  const real = realPaymentParty(settings);
  if (real) return { party: real, pages: [], deliverTo: () => undefined };
  const simulator = await startPaymentSimulator({ apiKey, webhookSecret, dataFile: `${settings.MILLRACE_DATA_DIR}/payment-simulator.jsonl`, logger });
  parts.push(simulator);
  return {
    party: simulatedPaymentParty(simulator.url, apiKey, webhookSecret, settings),
    pages: [["payments", `${simulator.url}/_simulator/ledger`]],
    deliverTo: (apiUrl) => { simulator.setWebhookUrl(`${apiUrl}/webhooks/payments`); },
  };
}
