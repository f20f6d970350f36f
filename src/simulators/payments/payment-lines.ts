import type { Attempt, DisputeRecord, KeyRecord, PaymentTerms, RefundRecord } from "./payment-records.js";

interface Made {
  readonly by: KeyRecord | null;
  /** Of the first event; further ones of the same change are named after it. */
  readonly eventId: string;
  /** Seconds since 1970. */
  readonly at: number;
}

/** What changed on a payment. */
export type PaymentChange =
  | { readonly t: "created"; readonly terms: PaymentTerms; readonly paymentMethod: string | null; readonly attempt: Attempt | null }
  | { readonly t: "attempted"; readonly id: string; readonly attempt: Attempt }
  | { readonly t: "captured"; readonly id: string; readonly amount: number; readonly fee: number }
  | { readonly t: "canceled"; readonly id: string; readonly reason: string | null }
  | { readonly t: "refunded"; readonly id: string; readonly refund: RefundRecord }
  | { readonly t: "refund_settled"; readonly id: string; readonly refundId: string; readonly failureReason: string | null }
  | { readonly t: "disputed"; readonly id: string; readonly dispute: DisputeRecord }
  /** What was an inquiry is a dispute now. */
  | { readonly t: "dispute_escalated"; readonly id: string }
  | { readonly t: "dispute_closed"; readonly id: string; readonly won: boolean }
  /** Not real: the books are made wrong, so that a test can see whether it is found. */
  | { readonly t: "planted"; readonly id: string; readonly amount: number };

export type ChangeLine = PaymentChange & Made;

/** One line of the journal. */
export type PaymentLine =
  | ChangeLine
  /** Money that came or went without a payment. */
  | { readonly t: "adjusted"; readonly id: string; readonly currency: string; readonly amount: number; readonly at: number }
  /** An answer that changed nothing and is kept with its key all the same. */
  | { readonly t: "refused"; readonly by: KeyRecord; readonly status: number; readonly body: object }
  | { readonly t: "keys_forgotten" }
  | { readonly t: "settled"; readonly eventId: string; readonly lost?: true };

/** Lines as the first version wrote them: a charge was captured at once, or declined. */
type FirstLine =
  | {
    readonly t: "intent"; readonly by: KeyRecord | null; readonly eventId: string;
    readonly intent: Omit<PaymentTerms, "captureMethod" | "automaticMethods"> & Pick<Attempt, "chargeId" | "paymentMethod" | "decline">;
  }
  | {
    readonly t: "refund"; readonly by: KeyRecord | null; readonly eventId: string;
    readonly refund: Omit<RefundRecord, "status" | "failureReason"> & { readonly intentId: string };
  };

/** Keeps journals of the first version readable. They knew no fees. */
export function upcast(line: PaymentLine | FirstLine): PaymentLine {
  switch (line.t) {
    case "intent": {
      const { by, eventId, intent: { chargeId, paymentMethod, decline, ...terms } } = line;
      return {
        t: "created", by, eventId, at: terms.created, paymentMethod, terms: { ...terms, captureMethod: "automatic", automaticMethods: false },
        attempt: { chargeId, paymentMethod, decline, action: false, fee: 0 },
      };
    }
    case "refund": {
      const { by, eventId, refund: { id, intentId, amount, reason, created, metadata } } = line;
      return { t: "refunded", by, eventId, at: created, id: intentId, refund: { id, amount, reason, created, metadata, status: "succeeded", failureReason: null } };
    }
    default:
      return line;
  }
}
