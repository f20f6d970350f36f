import type { ShipmentAttemptFailed, ShipmentDecided, ShipmentEvent } from "../../events/shipping.js";
import type { RecordedEvent } from "../../kernel/event.js";
import { defineProjection, type Rows } from "../../kernel/projection.js";

/** Decisions and attempts kept of one parcel, the newest: one that waits for days must not grow a row without end. */
export const decisionsMax = 20;
export const attemptsMax = 100;

/** One weighing of couriers, as it was. */
export interface DecisionKept extends Pick<
  ShipmentDecided,
  "round" | "region" | "currency" | "weightGrams" | "cashOnDeliveryMinor" | "deadline" | "policy" | "weights" | "seed" | "chosen" | "explored" | "candidates" | "unanswered"
> {
  readonly decidedAt: string;
}

/**
 * What an attempt came to. `open`: nobody has said yet. `in_doubt`: it was given up and may have made a label. `none`: it made none after all.
 * `surplus`: a label too many, to be called off; `voided`: it was. `left`: it was too late for that.
 */
export type AttemptOutcome = "open" | "booked" | "failed" | "in_doubt" | "none" | "surplus" | "voided" | "left";

export interface AttemptKept {
  readonly attempt: number;
  /** The decision that it followed. */
  readonly round: number;
  readonly courierId: string;
  readonly service: string | null;
  readonly priceMinor: number | null;
  readonly attemptedAt: string;
  readonly outcome: AttemptOutcome;
  /** Why it failed; null where it did not. */
  readonly code: string | null;
  readonly message: string | null;
  /** When its outcome was written; null while it is open. */
  readonly endedAt: string | null;
}

/** Why a parcel went where it went. */
export interface CourierDecisionRow {
  readonly shipmentId: string;
  readonly orderId: string;
  readonly decisions: readonly DecisionKept[];
  readonly attempts: readonly AttemptKept[];
  /** Of the latest decision. */
  readonly decidedAt: string;
  readonly version: number;
}

/** One row a parcel that couriers were weighed for. */
export const courierDecision = defineProjection<ShipmentEvent, CourierDecisionRow>({
  name: "courier_decision",
  version: 1,
  categories: ["shipment"],
  key: "shipmentId",
  touches: ({ shipmentId }) => [shipmentId],
  on: {
    ShipmentDecided: (event, rows, { recordedAt, version }) => {
      const { shipmentId, orderId } = event;
      const known = rows.get(shipmentId);
      const decisions = [...known?.decisions ?? [], kept(event, recordedAt)].slice(-decisionsMax);
      rows.put({ shipmentId, orderId, attempts: known?.attempts ?? [], decisions, decidedAt: recordedAt, version });
    },
    ShipmentAttempted: ({ shipmentId, attempt, courierId, service, priceMinor, attemptedAt }, rows, { version }) => {
      rows.change(shipmentId, (row) => {
        const begun: AttemptKept = {
          attempt, round: row.decisions.at(-1)?.round ?? 1, courierId, service, priceMinor, attemptedAt, outcome: "open", code: null, message: null, endedAt: null,
        };
        return { ...row, version, attempts: [...row.attempts, begun].slice(-attemptsMax) };
      });
    },
    ShipmentAttemptFailed: (event, rows, recorded) => { come(event, rows, recorded, { outcome: event.inDoubt ? "in_doubt" : "failed", ...reasonOf(event) }); },
    ShipmentAttemptSettled: (event, rows, recorded) => { come(event, rows, recorded, { outcome: event.outcome }); },
    ShipmentSurplusFound: (event, rows, recorded) => { come(event, rows, recorded, { outcome: "surplus" }); },
    ShipmentBooked: (event, rows, recorded) => { come(event, rows, recorded, { outcome: "booked", ...(event.priceMinor === null ? {} : { priceMinor: event.priceMinor }) }); },
    ShipmentDelayed: "ignored",
    ShipmentImpossible: "ignored",
    ShipmentLabelKept: "ignored",
    ShipmentHandedOver: "ignored",
    ShipmentTracked: "ignored",
    ShipmentLost: "ignored",
    ShipmentReturnStarted: "ignored",
    ShipmentVoidRequested: "ignored",
    ShipmentVoidRefused: "ignored",
    ShipmentCancelled: "ignored",
  },
});

function kept({ round, region, currency, weightGrams, cashOnDeliveryMinor, deadline, policy, weights, seed, chosen, explored, candidates, unanswered }: ShipmentDecided, decidedAt: string): DecisionKept {
  return { round, decidedAt, region, currency, weightGrams, cashOnDeliveryMinor, deadline, policy, weights, seed, chosen, explored, candidates, unanswered };
}

function reasonOf({ code, message }: ShipmentAttemptFailed): Pick<AttemptKept, "code" | "message"> {
  return { code, message };
}

/** A parcel of before couriers were weighed has no row, and needs none. */
function come(
  { shipmentId, attempt }: { readonly shipmentId: string; readonly attempt: number }, rows: Rows<CourierDecisionRow>, { version, recordedAt }: RecordedEvent,
  change: Partial<AttemptKept>,
): void {
  rows.change(shipmentId, (row) => ({
    ...row, version, attempts: row.attempts.map((one) => (one.attempt === attempt ? { ...one, ...change, endedAt: recordedAt } : one)),
  }));
}
