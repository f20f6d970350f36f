import type { Registry } from "prom-client";
import type { Courier } from "../gateways/couriers/courier-port.js";
import type { Settings } from "../platform/config/config.js";
import type { Logger } from "../platform/log/logger.js";
import { byIndex, type ConnectionSettings } from "../platform/postgres/connection.js";
import { courierSetupOf, plainCouriers, type CourierSetup } from "./couriers.js";
import type { OutsideParty } from "./outside-party.js";
import { paymentPartyOf } from "./payment-party.js";

/** Everything that one process is told about its surroundings. */
export interface Deployment {
  readonly settings: Settings;
  readonly logger: Logger;
  readonly registry: Registry;
  /** As the application's role. */
  readonly primaryUrl: string;
  readonly nodes: readonly { readonly name: string; readonly appUrl: string }[];
  readonly redisUrl: string | undefined;
  readonly payment: OutsideParty;
  /** Read where it is asked for: most processes call no courier, and have no file of them. @throws ConfigurationError */
  readonly couriers: () => CourierSetup;
}

/** A running part of the program. */
export interface Running {
  /** Finishes what was begun, then lets go of everything. */
  stop(): Promise<void>;
}

/** How a connection to the primary or a node is opened, with all its limits. */
export function connectionSettings({ settings }: Pick<Deployment, "settings">, url: string, applicationName: string): ConnectionSettings {
  return {
    url, applicationName,
    lockTimeoutMs: settings.LOCK_TIMEOUT_MS,
    statementTimeoutMs: settings.STATEMENT_TIMEOUT_MS,
    idleInTransactionTimeoutMs: settings.IDLE_IN_TRANSACTION_TIMEOUT_MS,
    serverSettings: byIndex,
  };
}

export function courierOf(deployment: Deployment): Courier {
  const [first] = plainCouriers(deployment);
  if (!first) throw new Error("there is no courier");
  return first;
}

/** Server mode: everything comes from the settings, which were read with `serverModeNeeds`. */
export function serverDeployment(settings: Settings, logger: Logger, registry: Registry): Deployment {
  const { DATABASE_URL, READ_DATABASE_URLS, REDIS_URL } = settings;
  return {
    settings, logger, registry,
    primaryUrl: DATABASE_URL ?? "",
    nodes: (READ_DATABASE_URLS ?? []).map((appUrl, index) => ({ name: `node${String(index + 1)}`, appUrl })),
    redisUrl: REDIS_URL,
    payment: paymentPartyOf(settings),
    couriers: () => courierSetupOf(settings, process.env),
  };
}
