import { join } from "node:path";
import type { Logger } from "../../platform/log/logger.js";
import { startSimulatorServer, type SimulatorAnswer, type SimulatorRequest } from "../simulator-server.js";
import { unknownPath } from "./booking-desk.js";
import { startCourierSimulator, type CourierSimulator } from "./courier-simulator.js";
import { labelledTwice, type CourierTotals } from "./courier-totals.js";
import { luckOf } from "./luck.js";
import { couriersOfTheTown } from "./personalities.js";
import type { CourierPersonality } from "./personality.js";

export interface CourierTownOptions {
  readonly apiKey: string;
  /** Base64, with or without `whsec_` before it. All of them sign with it. */
  readonly webhookSecret: string;
  /** See `CourierSimulatorOptions`. */
  readonly speed: number;
  readonly logger: Logger;
  /** A file a courier, named by its id; without a directory they forget. */
  readonly directory?: string;
  /** Of each courier, by its id; absent ones take a free one. */
  readonly ports?: Readonly<Record<string, number>>;
  /** Of the address that leads to all couriers' controls; 0, the default, takes a free one. */
  readonly controlPort?: number;
  readonly webhookUrlOf?: (courierId: string) => string;
  readonly seed?: string;
  readonly beginsAtMs?: number;
  /** See `CourierSimulatorOptions`. */
  readonly awaitsLabel?: boolean;
}

export interface TownTotals {
  readonly couriers: Readonly<Record<string, CourierTotals>>;
  /** Shipments with more than one live label, whoever made them; at most 100. */
  readonly shipmentsLabelledTwice: readonly string[];
}

export interface CourierTown {
  readonly couriers: ReadonlyMap<string, CourierSimulator>;
  /** `/_simulator/books` over all, `/_simulator/couriers/<id>/…` as a courier's own `/_simulator/…`: it answers also while one refuses. */
  readonly controlUrl: string;
  books(): TownTotals;
  setWebhookUrls(urlOf: (courierId: string) => string | undefined): void;
  stop(): Promise<void>;
}

/** Several couriers at once, each a server of its own, and an address to order faults from. @throws RangeError for two of one name */
export async function startCourierSimulators(
  personalities: readonly CourierPersonality[] = couriersOfTheTown, options: CourierTownOptions,
): Promise<CourierTown> {
  if (new Set(personalities.map(({ id }) => id)).size < personalities.length) throw new RangeError("two couriers have one name");
  const couriers = new Map<string, CourierSimulator>();
  const stopAll = async (): Promise<void> => { await Promise.all([...couriers.values()].map((courier) => courier.stop())); };
  try {
    for (const personality of personalities) couriers.set(personality.id, await startOne(personality, options));
    const server = await startSimulatorServer(options.controlPort ?? 0, async (request) => controlOf(couriers, request), options.logger);
    return {
      couriers,
      controlUrl: server.url,
      books: () => townTotals(couriers),
      setWebhookUrls: (urlOf) => { for (const [id, courier] of couriers) courier.setWebhookUrl(urlOf(id)); },
      async stop() {
        await Promise.all([server.stop(), stopAll()]);
      },
    };
  } catch (error) {
    await stopAll();
    throw error;
  }
}

function startOne(personality: CourierPersonality, options: CourierTownOptions): Promise<CourierSimulator> {
  const { apiKey, webhookSecret, speed, logger, directory, ports, webhookUrlOf, seed, beginsAtMs, awaitsLabel = false } = options;
  const { id } = personality;
  return startCourierSimulator({
    id, personality, apiKey, webhookSecret, speed, logger, awaitsLabel, port: ports?.[id] ?? 0,
    ...(directory === undefined ? {} : { dataFile: join(directory, `courier-${id}.jsonl`) }),
    ...(webhookUrlOf ? { webhookUrl: webhookUrlOf(id) } : {}),
    ...(seed === undefined ? {} : { seed, random: luckOf(`${seed}/${id}`) }),
    ...(beginsAtMs === undefined ? {} : { beginsAtMs }),
  });
}

function townTotals(couriers: ReadonlyMap<string, CourierSimulator>): TownTotals {
  const all = [...couriers];
  return {
    couriers: Object.fromEntries(all.map(([id, courier]) => [id, courier.books()])),
    shipmentsLabelledTwice: labelledTwice(all.map(([, courier]) => courier.parcels())),
  };
}

function controlOf(couriers: ReadonlyMap<string, CourierSimulator>, request: SimulatorRequest): SimulatorAnswer {
  const { method, path } = request;
  if (method === "GET" && path === "/_simulator/books") return { status: 200, body: townTotals(couriers) };
  if (method === "GET" && path === "/_simulator/couriers") {
    return { status: 200, body: { couriers: [...couriers].map(([id, { url }]) => ({ id, url })) } };
  }
  const [, id = "", rest = ""] = /^\/_simulator\/couriers\/([^/]+)(\/.+)$/.exec(path) ?? [];
  return couriers.get(id)?.control({ ...request, path: `/_simulator${rest}` }) ?? unknownPath;
}
