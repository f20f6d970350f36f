import { z } from "zod";
import { rate } from "../faults.js";

/** What goes wrong on order. Rates are shares of all cases, 0 to 1. */
export const paymentFaultsSchema = z.strictObject({
  /** Every answer comes that much later. A webhook may then overtake its answer. */
  latencyMs: z.number().min(0).max(60_000),
  /** 503 for everything. */
  down: z.boolean(),
  /**
   * 500 before anything was done. Not kept with the idempotency key: Stripe keeps answers only once an
   * endpoint has begun to work, so the same key may be tried again.
   */
  failBeforeRate: rate,
  /** The charge or refund is made, its answer never comes. */
  timeoutAfterRate: rate,
  /** Declined as `generic_decline`. */
  declineRate: rate,
  duplicateWebhookRate: rate,
  /** Never sent, and forgotten. */
  lostWebhookRate: rate,
  /** Every webhook is first sent that much later. */
  lateWebhookMs: z.number().min(0).max(3_600_000),
});

export type PaymentFaults = Readonly<z.infer<typeof paymentFaultsSchema>>;

export const noPaymentFaults: PaymentFaults = {
  latencyMs: 0, down: false, failBeforeRate: 0, timeoutAfterRate: 0, declineRate: 0,
  duplicateWebhookRate: 0, lostWebhookRate: 0, lateWebhookMs: 0,
};
