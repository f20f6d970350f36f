import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Settings } from "../platform/config/config.js";
import type { EmbeddedSecrets } from "../platform/embedded/kept-state.js";
import type { Logger } from "../platform/log/logger.js";
import { startCourierSimulators, type CourierTown } from "../simulators/couriers/courier-town.js";
import { couriersOfTheTown } from "../simulators/couriers/personalities.js";
import type { CourierPersonality } from "../simulators/couriers/personality.js";
import type { CourierSetup } from "./couriers.js";
import { parseCouriersFile } from "./couriers-file.js";

/** In the data directory: where the simulated couriers take orders for faults. */
export const townFile = "couriers-town.json";

/** The same parcel has the same fate at every start. */
const seed = "millrace";

/**
 * The five couriers for a first look: each with its prices, its pace and its lateness, but nobody fails before somebody orders it, and nothing is lost,
 * forgotten, refused at the door or sent back, so that each order comes to its end without a person.
 */
export function kindTown(currency: string): readonly CourierPersonality[] {
  return couriersOfTheTown.map((personality) => ({
    ...personality, currency, forgottenRate: 0, episodes: [], quirks: { latencyMs: personality.quirks.latencyMs ?? 0 },
    services: personality.services.map((service) => ({ ...service, lanes: service.lanes.map((lane) => ({ ...lane, attemptFailsRate: 0, lossRate: 0, returnRate: 0 })) })),
  }));
}

/** Simulated couriers as the settings' own: where they are, and what they know us by. */
export function townSetup({ couriers }: Pick<CourierTown, "couriers">, apiKey: string, webhookSecret: string): CourierSetup {
  const secrets: Readonly<Record<string, string>> = { KEY: apiKey, SECRET: webhookSecret };
  const file = parseCouriersFile({
    couriers: [...couriers].map(([id, { url: baseUrl }]) => ({ id, kind: "http", baseUrl, apiKeyEnv: "KEY", webhookSecretsEnv: "SECRET" })),
  }, "of the simulated couriers");
  return { file, secretOf: (name) => secrets[name] };
}

/** Couriers that stand in where the settings name none; their books are kept in the data directory. */
export async function startTown(
  { MILLRACE_DATA_DIR: directory, SIMULATION_SPEED: speed, SHOP_CURRENCY }: Settings, { courierApiKey: apiKey, courierWebhookSecret: webhookSecret }: EmbeddedSecrets, logger: Logger,
): Promise<CourierTown & { readonly setup: CourierSetup }> {
  const town = await startCourierSimulators(kindTown(SHOP_CURRENCY), { apiKey, webhookSecret, speed, directory, seed, logger, awaitsLabel: true });
  await writeFile(join(directory, townFile), `${JSON.stringify({ controlUrl: town.controlUrl })}\n`);
  return { ...town, setup: townSetup(town, apiKey, webhookSecret) };
}
