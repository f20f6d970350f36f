import type { PaymentEvent, PaymentStatus } from "../../events/payments.js";
import { defineProjection } from "../../kernel/projection.js";

/** An order's payment as the provider told it. Amounts in minor units. */
export interface PaymentCardRow {
  readonly paymentId: string;
  readonly orderId: string;
  readonly status: PaymentStatus;
  readonly provider: string | null;
  /** Null where nothing was ever charged. */
  readonly currency: string | null;
  readonly capturedMinor: number;
  readonly refundedMinor: number;
  /** The provider's reason for a no. */
  readonly failureCode: string | null;
  readonly updatedAt: string;
  readonly version: number;
}

/** One row a payment. */
export const paymentCard = defineProjection<PaymentEvent, PaymentCardRow>({
  name: "payment_card",
  version: 1,
  categories: ["payment"],
  key: "paymentId",
  touches: ({ paymentId }) => [paymentId],
  on: {
    PaymentCaptured: ({ paymentId, orderId, amountMinor, currency, provider }, rows, { version, recordedAt }) => rows.put({
      paymentId, orderId, status: "CAPTURED", provider, currency, capturedMinor: amountMinor, refundedMinor: 0,
      failureCode: null, updatedAt: recordedAt, version,
    }),
    PaymentFailed: ({ paymentId, orderId, code }, rows, { version, recordedAt }) => rows.put({
      paymentId, orderId, status: "FAILED", provider: null, currency: null, capturedMinor: 0, refundedMinor: 0,
      failureCode: code, updatedAt: recordedAt, version,
    }),
    PaymentRefunded({ paymentId, amountMinor }, rows, { version, recordedAt }) {
      const known = rows.change(paymentId, (row) => {
        const refundedMinor = row.refundedMinor + amountMinor;
        const status = refundedMinor === row.capturedMinor ? "REFUNDED" : "PARTIALLY_REFUNDED";
        return { ...row, refundedMinor, status, updatedAt: recordedAt, version };
      });
      if (!known) throw new Error(`a refund of ${paymentId} stands before its capture`);
    },
  },
});
