export type AlertSeverity = "info" | "warning" | "critical";

/** Something needs a person. While it is open, the same `key` raises no second alert, it only counts. */
export interface AlertRaised {
  readonly type: "AlertRaised";
  readonly alertId: string;
  /** What is wrong with what, e.g. `courier_down:swift`; one open alert a key. */
  readonly key: string;
  readonly severity: AlertSeverity;
  readonly message: string;
  readonly details: { readonly [name: string]: string | number | boolean | null };
  /** RFC 3339. */
  readonly at: string;
}

export interface AlertRepeated {
  readonly type: "AlertRepeated";
  readonly alertId: string;
  /** How often it was written down since it opened; at most once a minute. */
  readonly count: number;
  readonly at: string;
}

export interface AlertAcknowledged {
  readonly type: "AlertAcknowledged";
  readonly alertId: string;
  readonly by: string;
}

export interface AlertResolved {
  readonly type: "AlertResolved";
  readonly alertId: string;
  readonly by: string;
}

export type AlertEvent = AlertRaised | AlertRepeated | AlertAcknowledged | AlertResolved;

export type DegradedModeSetting = "AUTO" | "ON" | "OFF";

/** An operator has said whether the shop is to run degraded: by itself, yes, or no. */
export interface DegradedModeSet {
  readonly type: "DegradedModeSet";
  readonly mode: DegradedModeSetting;
  readonly reason: string;
  readonly by: string;
}

export type DegradedModeEvent = DegradedModeSet;

/** Which letter, of which job: both are gone from their place when this is read. */
interface LetterMoved {
  readonly deadLetterId: string;
  /** `primary`, or the read node's name. */
  readonly server: string;
  /** Where the job came from; null where nobody knew. */
  readonly queue: string | null;
  readonly jobId: string;
}

/** A job that had failed for good was put into its queue again. By whom is told by the metadata. */
export interface DeadLetterRedriven extends LetterMoved {
  readonly type: "DeadLetterRedriven";
}

/** A job that had failed for good will never be done. */
export interface DeadLetterDiscarded extends LetterMoved {
  readonly type: "DeadLetterDiscarded";
  readonly reason: string;
}

export type DeadLetterEvent = DeadLetterRedriven | DeadLetterDiscarded;

/** Somebody wants all jobs back that have failed for good in a queue by now. */
export interface DeadLettersRedriveRequested {
  readonly type: "DeadLettersRedriveRequested";
  readonly queue: string;
  readonly by: string;
}

/** A law that binds orders, payments, reservations, parcels, stock and the ledger does not hold. Told once while it is so. */
export interface InvariantBroken {
  readonly type: "InvariantBroken";
  readonly law: string;
  /** What it does not hold of: an order's id, or a SKU. */
  readonly key: string;
  /** What was found instead, in words. */
  readonly found: string;
  /** RFC 3339. */
  readonly at: string;
}

/** It holds again. */
export interface InvariantMended {
  readonly type: "InvariantMended";
  readonly law: string;
  readonly key: string;
  readonly at: string;
}

export type InvariantEvent = InvariantBroken | InvariantMended;
