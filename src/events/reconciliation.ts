/**
 * What is wrong between the provider's books and ours:
 * - `MISSING_HERE`: the provider took money that we do not know of
 * - `MISSING_THERE`: we say that money came, and the provider knows no such payment
 * - `AMOUNT_DIFFERS`: captured, refunded or fee are not the same
 * - `STATE_DIFFERS`: authorized here and not there, let go here and not there, disputed there and not here …
 */
export const mismatchKinds = ["MISSING_HERE", "MISSING_THERE", "AMOUNT_DIFFERS", "STATE_DIFFERS"] as const;
export type MismatchKind = (typeof mismatchKinds)[number];

/** A payment as one side has it. Amounts in minor units. */
export type AccountOfPayment = {
  /** The side's own word: a `PaymentStatus` here, e.g. `voided` there. */
  readonly state: string;
  readonly capturedMinor: number;
  readonly refundedMinor: number;
  /** Null where it has not been told. */
  readonly feeMinor: number | null;
  readonly currency: string | null;
};

interface OfMismatch {
  /** A function of day, provider, reference and kind. */
  readonly mismatchId: string;
  /** YYYY-MM-DD in the shop's time zone. */
  readonly day: string;
  readonly provider: string;
  /** The run that says so. */
  readonly run: string;
}

/** Said once while it lasts, however often the day is compared. */
export interface ReconciliationMismatchFound extends OfMismatch {
  readonly type: "ReconciliationMismatchFound";
  readonly kind: MismatchKind;
  readonly providerReference: string;
  /** As the provider or we have it; null where neither knows one. */
  readonly paymentId: string | null;
  readonly orderId: string | null;
  /** Null where that side has nothing. */
  readonly ours: AccountOfPayment | null;
  readonly theirs: AccountOfPayment | null;
}

/** Both sides say the same again: because this was repaired, or because it came right by itself or by a person. */
export interface ReconciliationMismatchSettled extends OfMismatch {
  readonly type: "ReconciliationMismatchSettled";
  readonly how: "REPAIRED" | "AGREES";
}

/** One run over a whole day came to its end. */
export interface ReconciliationFinished {
  readonly type: "ReconciliationFinished";
  readonly day: string;
  readonly provider: string;
  readonly run: string;
  /** Payments looked at. */
  readonly compared: number;
  /** Mismatches that this run met, also those that an earlier one had found. */
  readonly found: number;
  /** Of these, those that it repaired, after both sides were seen to agree. */
  readonly repaired: number;
  /** The rest: a person has to look. */
  readonly open: number;
  /** RFC 3339. */
  readonly beganAt: string;
}

export type MismatchEvent = ReconciliationMismatchFound | ReconciliationMismatchSettled;
export type ReconciliationEvent = MismatchEvent | ReconciliationFinished;
