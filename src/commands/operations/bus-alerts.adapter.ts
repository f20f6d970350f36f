import type { Counter } from "prom-client";
import { newId } from "../../kernel/ids.js";
import type { AlertDesk, AlertRequest } from "../../platform/alerts/alert-port.js";
import type { CommandBus } from "../../platform/bus/command-bus.js";
import type { Logger } from "../../platform/log/logger.js";
import { raiseAlert, resolveAlert } from "./raise-alert.js";

/** What a process needs to raise alerts. */
export interface BusAlertsOptions {
  readonly bus: CommandBus;
  readonly logger: Logger;
  /** `millrace_alerts_total`, labelled by severity and by the key's part before the colon. */
  readonly counter?: Counter<"kind" | "severity">;
}

/** Alerts by the command bus. They are counted and logged first, so that one is heard even when the primary is down. */
export function createBusAlerts({ bus, logger, counter }: BusAlertsOptions): AlertDesk {
  return {
    async raise(alert: AlertRequest): Promise<void> {
      counter?.inc({ kind: alert.key.split(":")[0] ?? alert.key, severity: alert.severity });
      logger.error({ alert }, alert.message);
      try {
        await bus.execute(raiseAlert, alert, { actor: { role: "system", id: "alerts" }, idempotencyKey: newId() });
      } catch (error) {
        logger.error({ err: error, key: alert.key }, "an alert could not be written down");
      }
    },
    async resolve(key: string): Promise<void> {
      try {
        await bus.execute(resolveAlert, { key }, { actor: { role: "system", id: "alerts" }, idempotencyKey: newId() });
      } catch (error) {
        logger.error({ err: error, key }, "an alert that is over could not be closed");
      }
    },
  };
}
