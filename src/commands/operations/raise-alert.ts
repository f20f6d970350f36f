import { defineCommand } from "../../kernel/command.js";
import type { AlertRequest } from "../../platform/alerts/alert-port.js";
import { alertStream } from "./alert.decider.js";

/** Raises an alert, or counts it where one with its key is open. */
export const raiseAlert = defineCommand<AlertRequest, Record<string, never>>({
  name: "raiseAlert",
  correlationId: ({ details }, commandId) => (typeof details?.["orderId"] === "string" ? details["orderId"] : commandId),
  needs: ({ key }) => ({ streams: [{ type: alertStream, id: key }] }),
  decide({ key, severity, message, details }, unit) {
    unit.execute(alertStream, key, { type: "Raise", key, severity, message, details: details ?? {}, now: unit.now });
    return {};
  },
});

/** A person has seen it. Refuses with `ALERT_UNKNOWN`. */
export const acknowledgeAlert = defineCommand<{ readonly key: string }, { readonly key: string }>({
  name: "acknowledgeAlert",
  needs: ({ key }) => ({ streams: [{ type: alertStream, id: key }] }),
  decide({ key }, unit) {
    unit.execute(alertStream, key, { type: "Acknowledge", by: unit.actor.id });
    return { key };
  },
});

/** It is over; the next time it is a new alert. Refuses with `ALERT_UNKNOWN`. */
export const resolveAlert = defineCommand<{ readonly key: string }, { readonly key: string }>({
  name: "resolveAlert",
  needs: ({ key }) => ({ streams: [{ type: alertStream, id: key }] }),
  decide({ key }, unit) {
    unit.execute(alertStream, key, { type: "Resolve", by: unit.actor.id });
    return { key };
  },
});
