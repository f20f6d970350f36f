import type { AlertEvent, AlertRaised, AlertSeverity } from "../../events/operations.js";
import type { RecordedEvent } from "../../kernel/event.js";
import { defineProjection, type Rows } from "../../kernel/projection.js";

/** Where an alert stands. */
export const alertStatuses = ["OPEN", "ACKNOWLEDGED", "RESOLVED"] as const;
export type AlertStatus = (typeof alertStatuses)[number];

/** One alert, from its first raising to its end. */
export interface AlertCardRow {
  readonly alertId: string;
  readonly key: string;
  readonly severity: AlertSeverity;
  readonly message: string;
  readonly details: AlertRaised["details"];
  readonly status: AlertStatus;
  /** Until it is resolved, acknowledged or not. */
  readonly open: boolean;
  readonly count: number;
  readonly acknowledgedBy: string | null;
  readonly resolvedBy: string | null;
  readonly raisedAt: string;
  readonly raisedPosition: number;
  readonly updatedAt: string;
  readonly version: number;
}

/** One row an alert; a key that is raised again after its end gets another. */
export const alertCard = defineProjection<AlertEvent, AlertCardRow>({
  name: "alert_card",
  version: 1,
  categories: ["alert"],
  key: "alertId",
  touches: ({ alertId }) => [alertId],
  on: {
    AlertRaised: ({ alertId, key, severity, message, details }, rows, { position, version, recordedAt }) => rows.put({
      alertId, key, severity, message, details, status: "OPEN", open: true, count: 1, acknowledgedBy: null, resolvedBy: null,
      raisedAt: recordedAt, raisedPosition: Number(position), updatedAt: recordedAt, version,
    }),
    AlertRepeated: (event, rows, recorded) => change(event, rows, recorded, { count: event.count }),
    AlertAcknowledged: (event, rows, recorded) => change(event, rows, recorded, { status: "ACKNOWLEDGED", acknowledgedBy: event.by }),
    AlertResolved: (event, rows, recorded) => change(event, rows, recorded, { status: "RESOLVED", open: false, resolvedBy: event.by }),
  },
  push: () => ["alerts"],
});

function change({ type, alertId }: AlertEvent, rows: Rows<AlertCardRow>, { version, recordedAt }: RecordedEvent, changes: Partial<AlertCardRow>): void {
  const known = rows.change(alertId, (row) => ({ ...row, ...changes, version, updatedAt: recordedAt }));
  if (!known) throw new Error(`${type} of ${alertId} stands before AlertRaised`);
}
