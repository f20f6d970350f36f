import type { AccountOfPayment, MismatchEvent, MismatchKind } from "../../events/reconciliation.js";
import { defineProjection } from "../../kernel/projection.js";

/** `REPAIRED` by a reconciliation; `AGREES` came right otherwise. */
export type MismatchStatus = "OPEN" | "REPAIRED" | "AGREES";

/** Something that is or was wrong between the provider's books and ours. */
export interface MismatchCardRow {
  readonly mismatchId: string;
  /** `stripe-2026-01-31`. */
  readonly reconciliationId: string;
  readonly kind: MismatchKind;
  readonly status: MismatchStatus;
  readonly providerReference: string;
  readonly paymentId: string | null;
  readonly orderId: string | null;
  readonly ours: AccountOfPayment | null;
  readonly theirs: AccountOfPayment | null;
  readonly foundAt: string;
  readonly foundPosition: number;
  readonly settledAt: string | null;
  readonly version: number;
}

/** One row a mismatch; one that comes again is the same. */
export const mismatchCard = defineProjection<MismatchEvent, MismatchCardRow>({
  name: "mismatch_card",
  version: 1,
  categories: ["mismatch"],
  key: "mismatchId",
  touches: ({ mismatchId }) => [mismatchId],
  on: {
    ReconciliationMismatchFound(event, rows, { position, version, recordedAt }) {
      const { mismatchId, provider, day, kind, providerReference, paymentId, orderId, ours, theirs } = event;
      rows.put({
        mismatchId, reconciliationId: `${provider}-${day}`, kind, status: "OPEN", providerReference, paymentId, orderId, ours, theirs,
        foundAt: recordedAt, foundPosition: Number(position), settledAt: null, version,
      });
    },
    ReconciliationMismatchSettled({ mismatchId, how }, rows, { version, recordedAt }) {
      const known = rows.change(mismatchId, (row) => ({ ...row, status: how, settledAt: recordedAt, version }));
      if (!known) throw new Error(`mismatch ${mismatchId} was settled before it was found`);
    },
  },
});
