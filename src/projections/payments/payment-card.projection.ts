import type { PaymentEvent, PaymentMethod, PaymentStatus, RefundCause } from "../../events/payments.js";
import { defineProjection, type Rows } from "../../kernel/projection.js";

/** Money that goes back. */
export interface RefundOnCard {
  /** Our own id of it; the provider's where somebody refunded there beside us. */
  readonly refundId: string;
  readonly amountMinor: number;
  readonly cause: RefundCause;
  readonly reason: string;
  readonly state: "REQUESTED" | "DONE" | "FAILED";
  /** Why the provider will not give it, or why it came back. */
  readonly code: string | null;
}

/** An order's payment as the provider told it. Amounts in minor units. */
export interface PaymentCardRow {
  readonly paymentId: string;
  readonly orderId: string;
  readonly status: PaymentStatus;
  /** The attempt that is at work, or was the last one; from 1. */
  readonly attempt: number;
  /** Null where nobody was asked for the money yet, and where it is free. */
  readonly method: PaymentMethod | null;
  readonly provider: string | null;
  /** The provider's own id of the charge; for a bank transfer what the buyer writes on it. */
  readonly providerReference: string | null;
  /** Null where nothing was set aside, awaited or charged. */
  readonly currency: string | null;
  /** What a bank transfer or cash has to bring; 0 where nothing is awaited. */
  readonly awaitedMinor: number;
  readonly authorizedMinor: number;
  readonly capturedMinor: number;
  readonly refundedMinor: number;
  /** Null where the provider has not said what it keeps. */
  readonly feeMinor: number | null;
  /** The provider's reason for a no. */
  readonly failureCode: string | null;
  readonly disputed: boolean;
  readonly refunds: readonly RefundOnCard[];
  readonly updatedAt: string;
  readonly version: number;
}

type Changes = Partial<Omit<PaymentCardRow, "paymentId" | "orderId">>;

/** One row a payment. */
export const paymentCard = defineProjection<PaymentEvent, PaymentCardRow>({
  name: "payment_card",
  version: 2,
  categories: ["payment"],
  key: "paymentId",
  touches: ({ paymentId }) => [paymentId],
  on: {
    PaymentAuthorized: (event, rows, recorded) => change(event, rows, recorded, () => ({
      ...chargeOf(event), status: "AUTHORIZED", attempt: event.attempt, authorizedMinor: event.amountMinor, failureCode: null,
    })),
    PaymentAwaited: (event, rows, recorded) => change(event, rows, recorded, () => ({
      ...chargeOf(event), status: "PENDING", attempt: event.attempt, awaitedMinor: event.amountMinor,
    })),
    PaymentCaptured: (event, rows, recorded) => change(event, rows, recorded, () => ({
      ...chargeOf(event), status: "CAPTURED", attempt: event.attempt ?? 1, capturedMinor: event.amountMinor, awaitedMinor: 0,
      feeMinor: event.feeMinor ?? null, failureCode: null,
    })),
    PaymentFeeTold: (event, rows, recorded) => change(event, rows, recorded, () => ({ feeMinor: event.feeMinor })),
    PaymentDeclined: (event, rows, recorded) => change(event, rows, recorded, () => ({ status: "FAILED", attempt: event.attempt, failureCode: event.code })),
    PaymentRetried: (event, rows, recorded) => change(event, rows, recorded, () => ({
      status: "PENDING", attempt: event.attempt, method: event.method, provider: null, providerReference: null, awaitedMinor: 0,
    })),
    PaymentUnknown: (event, rows, recorded) => change(event, rows, recorded, () => ({ status: "UNKNOWN", provider: event.provider, method: methodOf(event.provider) })),
    PaymentFailed: (event, rows, recorded) => change(event, rows, recorded, () => ({ status: "FAILED", failureCode: event.code, authorizedMinor: 0, awaitedMinor: 0 })),
    PaymentVoided: (event, rows, recorded) => change(event, rows, recorded, () => ({ status: "FAILED", failureCode: "voided", authorizedMinor: 0 })),
    RefundRequested: (event, rows, recorded) => change(event, rows, recorded, ({ refunds }) => ({
      refunds: [...refunds, { refundId: event.refundId, amountMinor: event.amountMinor, cause: event.cause, reason: event.reason, state: "REQUESTED", code: null }],
    })),
    PaymentRefunded: (event, rows, recorded) => change(event, rows, recorded, (row) => refunded(event, row)),
    RefundFailed: (event, rows, recorded) => change(event, rows, recorded, ({ refunds }) => ({
      refunds: refunds.map((refund) => (refund.refundId === event.refundId ? { ...refund, state: "FAILED", code: event.code } : refund)),
    })),
    RefundReversed: (event, rows, recorded) => change(event, rows, recorded, (row) => reversed(event, row)),
    PaymentCapturedTwice: "ignored",
    PaymentInquired: "ignored",
    PaymentDisputed: (event, rows, recorded) => change(event, rows, recorded, () => ({ status: "DISPUTED", disputed: true })),
    PaymentDisputeClosed: (event, rows, recorded) => change(event, rows, recorded, (row) => (event.outcome === "lost" ? {} : { disputed: false, status: standing(row) })),
    PaymentNewsSetAside: "ignored",
  },
});

function change<Event extends PaymentEvent>(
  { paymentId, orderId }: Event, rows: Rows<PaymentCardRow>, { version, recordedAt }: { readonly version: number; readonly recordedAt: string },
  changes: (row: PaymentCardRow) => Changes,
): void {
  const row = rows.get(paymentId) ?? {
    paymentId, orderId, status: "PENDING", attempt: 1, method: null, provider: null, providerReference: null, currency: null, awaitedMinor: 0,
    authorizedMinor: 0, capturedMinor: 0, refundedMinor: 0, feeMinor: null, failureCode: null, disputed: false, refunds: [], updatedAt: recordedAt, version,
  };
  rows.put({ ...row, ...changes(row), updatedAt: recordedAt, version });
}

function chargeOf({ provider, providerReference, currency }: { readonly provider: string; readonly providerReference: string; readonly currency: string }): Changes {
  return { provider, providerReference, currency, method: methodOf(provider) };
}

/** Whoever takes the money says how it is paid. */
function methodOf(provider: string): PaymentMethod | null {
  switch (provider) {
    case "none": return null;
    case "bank_transfer": return "BANK_TRANSFER";
    case "cash_on_delivery": return "CASH_ON_DELIVERY";
    default: return "CARD";
  }
}

function refunded({ refundId, refundReference, amountMinor, cause, reason }: Extract<PaymentEvent, { type: "PaymentRefunded" }>, row: PaymentCardRow): Changes {
  const id = refundId ?? refundReference;
  const done: RefundOnCard = { refundId: id, amountMinor, cause, reason, state: "DONE", code: null };
  const refunds = row.refunds.some((refund) => refund.refundId === id) ? row.refunds.map((refund) => (refund.refundId === id ? done : refund)) : [...row.refunds, done];
  const refundedMinor = row.refundedMinor + (cause === "CAPTURED_TWICE" ? 0 : amountMinor);
  return { refunds, refundedMinor, status: row.disputed ? "DISPUTED" : standing({ ...row, refundedMinor }) };
}

function reversed({ refundId, refundReference, amountMinor, cause, code }: Extract<PaymentEvent, { type: "RefundReversed" }>, row: PaymentCardRow): Changes {
  const id = refundId ?? refundReference;
  const refunds = row.refunds.map((refund): RefundOnCard => (refund.refundId === id ? { ...refund, state: "FAILED", code } : refund));
  const refundedMinor = row.refundedMinor - (cause === "CAPTURED_TWICE" ? 0 : amountMinor);
  return { refunds, refundedMinor, status: row.disputed ? "DISPUTED" : standing({ ...row, refundedMinor }) };
}

function standing({ capturedMinor, refundedMinor, status }: PaymentCardRow): PaymentStatus {
  if (capturedMinor === 0) return status;
  if (refundedMinor >= capturedMinor) return "REFUNDED";
  return refundedMinor > 0 ? "PARTIALLY_REFUNDED" : "CAPTURED";
}
