import type { AlertEvent, AlertRaised } from "../../events/operations.js";
import { defineStream, type Decider } from "../../kernel/decider.js";
import { nameId } from "../../kernel/ids.js";
import { Refusal } from "../../kernel/refusal.js";
import { millisecondsBetween } from "../../kernel/time.js";

/** A repetition is written down at most this often, so that a storm of the same alert stays small. */
const repetitionEveryMs = 60_000;

interface Alert {
  readonly status: "absent" | "open" | "acknowledged" | "resolved";
  readonly alertId: string;
  /** Alerts that this key has had. */
  readonly generation: number;
  readonly count: number;
  readonly lastAt: string;
}

export type AlertCommand =
  | ({ readonly type: "Raise"; readonly now: string } & Omit<AlertRaised, "type" | "alertId" | "at">)
  | { readonly type: "Acknowledge" | "Resolve"; readonly by: string };

/** One stream a key: raised once while it is open, counted when it repeats, raised anew after it was resolved. */
export const alertDecider: Decider<Alert, AlertCommand, AlertEvent> = {
  initial: { status: "absent", alertId: "", generation: 0, count: 0, lastAt: "" },
  decide(command, alert) {
    const { alertId } = alert;
    const isOpen = alert.status === "open" || alert.status === "acknowledged";
    switch (command.type) {
      case "Raise": {
        const { key, severity, message, details, now } = command;
        if (!isOpen) {
          return [{ type: "AlertRaised", alertId: nameId("alert", key, String(alert.generation + 1)), key, severity, message, details, at: now }];
        }
        if (millisecondsBetween(alert.lastAt, now) < repetitionEveryMs) return [];
        return [{ type: "AlertRepeated", alertId, count: alert.count + 1, at: now }];
      }
      case "Acknowledge":
        if (alert.status === "absent") throw new Refusal("ALERT_UNKNOWN", "There is no such alert.", "key");
        return alert.status === "open" ? [{ type: "AlertAcknowledged", alertId, by: command.by }] : [];
      case "Resolve":
        if (alert.status === "absent") throw new Refusal("ALERT_UNKNOWN", "There is no such alert.", "key");
        return isOpen ? [{ type: "AlertResolved", alertId, by: command.by }] : [];
    }
  },
  evolve(alert, event) {
    switch (event.type) {
      case "AlertRaised":
        return { status: "open", alertId: event.alertId, generation: alert.generation + 1, count: 1, lastAt: event.at };
      case "AlertRepeated": return { ...alert, count: event.count, lastAt: event.at };
      case "AlertAcknowledged": return { ...alert, status: "acknowledged" };
      case "AlertResolved": return { ...alert, status: "resolved" };
    }
  },
};

export const alertStream = defineStream("alert", alertDecider);
