import type { Courier } from "../gateways/couriers/courier-port.js";
import { EasyPostCourier } from "../gateways/couriers/easypost-courier.js";
import { guardedCourier, type GuardedCourier } from "../gateways/couriers/guarded-courier.js";
import { HttpCourier } from "../gateways/couriers/http-courier.js";
import { ConfigurationError, type Settings } from "../platform/config/config.js";
import { Outside, questionsMaxOf, type OutsideOptions } from "../platform/outside/outside.js";
import { parseCouriersFile, readCouriersFile, type CourierEntry, type CouriersFile } from "./couriers-file.js";
import type { Deployment } from "./deployment.js";
import { partyOf, type OutsideParty } from "./outside-party.js";

/** The one courier where no file names others. */
export const soleCourierId = "swift";

/** The couriers of a process, and what the shop wants of them. */
export interface CourierSetup {
  readonly file: CouriersFile;
  /** What an environment variable says that the file names. */
  readonly secretOf: (name: string) => string | undefined;
}

/** Of the time for rates: of a courier that hangs, the breaker opens before those who wait for its rates would book with it. */
const questionSlowShare = 0.8;

/** For a turn within a courier's calls a second. */
const turnWaitMaxMs = 500;

/** A courier's breaker opens after three failures in a row, or where most of five calls fail: bookings are rarer than payments. */
const breakerDefaults = { failureRate: 0.5, callsMin: 5, failuresInRow: 3, openMaxMs: 300_000 } as const;

/** Those of COURIERS_FILE; without it the one at COURIER_API_URL. @throws ConfigurationError */
export function courierSetupOf(settings: Settings, environment: Readonly<Record<string, string | undefined>>): CourierSetup {
  const { COURIERS_FILE, COURIER_API_URL, COURIER_API_KEY, COURIER_WEBHOOK_SECRET } = settings;
  if (COURIERS_FILE === undefined) return soleCourier(partyOf(COURIER_API_URL, COURIER_API_KEY, COURIER_WEBHOOK_SECRET));
  return { file: readCouriersFile(COURIERS_FILE), secretOf: (name) => environment[name] };
}

/** One courier that speaks the contract, of whichever version. */
export function soleCourier({ baseUrl, apiKey, webhookSecrets }: OutsideParty, id = soleCourierId): CourierSetup {
  const secrets: Readonly<Record<string, string>> = { COURIER_API_KEY: apiKey, COURIER_WEBHOOK_SECRET: webhookSecrets.join(",") };
  const { couriers: [entry, ...others], ...terms } = parseCouriersFile({
    couriers: [{ id, kind: "http", baseUrl: "http://127.0.0.1", apiKeyEnv: "COURIER_API_KEY", webhookSecretsEnv: "COURIER_WEBHOOK_SECRET" }],
  }, "of one courier");
  // Commands that call nobody have no address to give.
  return { file: { ...terms, couriers: entry ? [{ ...entry, baseUrl }, ...others] : [] }, secretOf: (name) => secrets[name] };
}

/** For checking and reading webhooks. Whoever calls one uses `guardedCouriers`. @throws ConfigurationError naming every secret that is not there */
export function plainCouriers({ couriers, settings }: Pick<Deployment, "couriers" | "settings">): readonly Courier[] {
  const { file, secretOf } = couriers();
  const missing = file.couriers.flatMap(({ id, apiKeyEnv, webhookSecretsEnv }) => [apiKeyEnv, webhookSecretsEnv]
    .filter((name) => (secretOf(name) ?? "") === "").map((name) => `${name}: needed for the courier ${id}`));
  if (missing.length > 0) throw new ConfigurationError(missing);
  return file.couriers.map((entry) => courierOf(entry, secretOf, settings));
}

export type OutsideTold = Pick<OutsideOptions, "shared" | "onChange" | "onLockedOut">;

/** For calls: each courier within its limits, by a way of its own. Once a process. @param toldOf what else belongs to the way of a courier, by its id */
export function guardedCouriers(deployment: Pick<Deployment, "couriers" | "settings" | "redisUrl" | "registry" | "logger">, toldOf: (courierId: string) => OutsideTold): readonly GuardedCourier[] {
  const { couriers, settings, redisUrl, registry, logger } = deployment;
  const entries = new Map(couriers().file.couriers.map((entry) => [entry.id, entry]));
  return plainCouriers(deployment).map((courier) => {
    const { callsMax = 1, callsPerSecond = 0, breaker } = entries.get(courier.id) ?? {};
    return guardedCourier(courier, new Outside({
      party: courier.id, registry, logger, redisUrl, callsMax, callsPerSecond, ...toldOf(courier.id),
      // A parcel does not wait behind others at one courier: it goes to the next one, and nothing is sent that was given up already.
      callsWaitingMax: 0, turnWaitMaxMs: Math.min(turnWaitMaxMs, settings.BOOK_TIMEOUT_MS / 4),
      breaker: { ...breakerDefaults, slowMs: settings.BOOK_TIMEOUT_MS, questionSlowMs: questionSlowShare * settings.RATE_TIMEOUT_MS, ...defined(breaker) },
    }));
  });
}

function courierOf(entry: CourierEntry, secretOf: CourierSetup["secretOf"], { BOOK_TIMEOUT_MS: timeoutMs, SHOP_CURRENCY: currency }: Settings): Courier {
  const { id, callsMax } = entry;
  const { apiKey, webhookSecrets } = partyOf("", secretOf(entry.apiKeyEnv), secretOf(entry.webhookSecretsEnv));
  const common = { id, apiKey, webhookSecrets, timeoutMs, socketsMax: callsMax + questionsMaxOf(callsMax) };
  try {
    if (entry.kind === "http") return new HttpCourier({ ...common, currency, baseUrl: entry.baseUrl });
    const { from, customs, carrierAccounts, baseUrl } = entry;
    const { name, street, city, postalCode, country, ...more } = from;
    return new EasyPostCourier({
      ...common, currency, from: { name, street, city, postalCode, country, ...defined(more) }, ...defined({ customs, carrierAccounts, baseUrl }),
    });
  } catch (error) {
    if (error instanceof RangeError) throw new ConfigurationError([`${entry.webhookSecretsEnv}: ${error.message}`]);
    throw error;
  }
}

type Defined<Shape> = { [Key in keyof Shape]?: Exclude<Shape[Key], undefined> };

/** Without what is undefined: a default must not be overwritten by it. */
function defined<Shape extends object>(shape: Shape | undefined): Defined<Shape> {
  return Object.fromEntries(Object.entries(shape ?? {}).filter(([, value]) => value !== undefined)) as Defined<Shape>;
}
