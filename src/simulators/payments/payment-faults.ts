import { z } from "zod";
import { rate } from "../faults.js";

const wait = z.number().min(0).max(3_600_000);

/** What goes wrong until it is ordered otherwise. Rates are shares of all cases, 0 to 1. */
export const paymentFaultsSchema = z.strictObject({
  /** Every answer comes that much later. A webhook may then overtake its answer. */
  latencyMs: z.number().min(0).max(60_000),
  /** 503 for everything. */
  down: z.boolean(),
  /** Calls in a second, on average and at once; what comes on top gets 429 with `Retry-After`. 0: any number. */
  callsPerSecond: z.number().min(0).max(100_000),
  /**
   * 500 for a POST before anything was done. Not kept with the idempotency key: Stripe keeps answers only once an
   * endpoint has begun to work, so the same key may be tried again.
   */
  failBeforeRate: rate,
  /** 500 for a GET. */
  failReadRate: rate,
  /** The change is made, its answer never comes. */
  timeoutAfterRate: rate,
  /** The change is made and answered with 500, which is kept with the key: the same key gets 500 for ever. */
  failAfterRate: rate,
  /** Declined as `generic_decline`. */
  declineRate: rate,
  duplicateWebhookRate: rate,
  /** Never sent, though the event stands in the books. */
  lostWebhookRate: rate,
  /** That share of the webhooks is first sent `lateWebhookMs` later. */
  lateWebhookRate: rate,
  lateWebhookMs: wait,
  /** Every webhook waits a chance time up to this, so that they come in another order than they were made. */
  reorderWindowMs: wait,
  /** The answer waits until its webhook was taken. */
  webhookFirstRate: rate,
  /** How long a search does not find a new payment; at Stripe up to a minute. Whole seconds count, since ids carry no more. */
  searchLagMs: wait,
});

export type PaymentFaults = Readonly<z.infer<typeof paymentFaultsSchema>>;

export const noPaymentFaults: PaymentFaults = {
  latencyMs: 0, down: false, callsPerSecond: 0, failBeforeRate: 0, failReadRate: 0, timeoutAfterRate: 0, failAfterRate: 0, declineRate: 0,
  duplicateWebhookRate: 0, lostWebhookRate: 0, lateWebhookRate: 1, lateWebhookMs: 0, reorderWindowMs: 0, webhookFirstRate: 0, searchLagMs: 0,
};
