import type { PaymentEvent, PaymentStatus } from "../../events/payments.js";
import { defineStream, type Decider } from "../../kernel/decider.js";
import { Refusal } from "../../kernel/refusal.js";

/** What is known of an order's payment. Amounts in minor units. */
export interface Payment {
  readonly status: PaymentStatus;
  readonly orderId: string | null;
  readonly capturedMinor: number;
  readonly refundedMinor: number;
  readonly currency: string | null;
  readonly providerReference: string | null;
  readonly refunds: ReadonlySet<string>;
}

export type PaymentCommand =
  | { readonly type: "RecordCapture"; readonly paymentId: string; readonly orderId: string; readonly amountMinor: number; readonly currency: string; readonly provider: string; readonly providerReference: string }
  | { readonly type: "RecordFailure"; readonly paymentId: string; readonly orderId: string; readonly code: string }
  | { readonly type: "RecordRefund"; readonly paymentId: string; readonly orderId: string; readonly amountMinor: number; readonly currency: string; readonly refundReference: string; readonly reason: string };

/** News of a payment comes twice, by answer and by webhook, in any order: what is known already says nothing new. */
export const paymentDecider: Decider<Payment, PaymentCommand, PaymentEvent> = {
  initial: { status: "PENDING", orderId: null, capturedMinor: 0, refundedMinor: 0, currency: null, providerReference: null, refunds: new Set() },
  decide(command, payment) {
    switch (command.type) {
      case "RecordCapture":
        if (payment.status !== "PENDING" && payment.status !== "FAILED") return []; // by status: what is free captures 0
        return [{ ...command, type: "PaymentCaptured" }];
      case "RecordFailure":
        if (payment.status !== "PENDING") return [];
        return [{ ...command, type: "PaymentFailed" }];
      case "RecordRefund":
        if (payment.refunds.has(command.refundReference)) return [];
        if (payment.refundedMinor + command.amountMinor > payment.capturedMinor) {
          throw new Refusal("REFUND_TOO_LARGE", "More would be refunded than was captured.", "amount");
        }
        return [{ ...command, type: "PaymentRefunded" }];
    }
  },
  evolve(payment, event) {
    switch (event.type) {
      case "PaymentCaptured":
        return { ...payment, status: "CAPTURED", orderId: event.orderId, capturedMinor: event.amountMinor, currency: event.currency, providerReference: event.providerReference };
      case "PaymentFailed":
        return { ...payment, status: "FAILED", orderId: event.orderId };
      case "PaymentRefunded": {
        const refundedMinor = payment.refundedMinor + event.amountMinor;
        return {
          ...payment, refundedMinor, refunds: new Set(payment.refunds).add(event.refundReference),
          status: refundedMinor === payment.capturedMinor ? "REFUNDED" : "PARTIALLY_REFUNDED",
        };
      }
    }
  },
};

export const paymentStream = defineStream("payment", paymentDecider);
