import { creditConsumer, issueConsumer } from "../commands/invoices/invoices.job.js";
import { breakerAlertsConsumer } from "../commands/operations/breaker-alerts.job.js";
import { redriveConsumer } from "../commands/operations/dead-letter-redrive.job.js";
import { holdPolicy } from "../commands/orders/hold-policy.job.js";
import { noticesConsumer } from "../commands/notices/notices.job.js";
import { orderProcess } from "../commands/orders/order.process.js";
import { paymentWindow } from "../commands/orders/payment-deadline.job.js";
import { captureConsumer } from "../commands/payments/capture.job.js";
import { chargeConsumer } from "../commands/payments/charge.job.js";
import { giveBackConsumer } from "../commands/payments/give-back.job.js";
import { refundConsumer } from "../commands/payments/refund.job.js";
import { reconciliationQueue } from "../commands/reconciliation/reconciliation.job.js";
import { bookConsumer } from "../commands/shipping/book.job.js";
import { callOffConsumer } from "../commands/shipping/call-off.job.js";
import { settleConsumer } from "../commands/shipping/settle.job.js";
import { voidSurplusConsumer } from "../commands/shipping/void-surplus.job.js";
import { learnConsumer } from "../commands/shipping/learning/learn.job.js";
import { forgetLabelsConsumer } from "../commands/shipping/labels/forget-labels.job.js";
import { labelConsumer } from "../commands/shipping/labels/label.job.js";
import { deliveryFailedConsumer, returnConsumer } from "../commands/shipping/tracking/delivery-failed.job.js";
import { trackingConsumer } from "../commands/shipping/tracking/follow-order.job.js";
import type { Consumer } from "../kernel/consumer.js";
import { effectQueue, type QueueDefinition } from "../platform/jobs/queue.js";
import { inboxQueueOf } from "../platform/webhooks/inbox.js";
import { cleanUpQueue } from "../platform/jobs/clean-up.js";

/** Everybody who acts on events: the command bus writes a job for each with the event. */
export const consumers = [orderProcess, holdPolicy, paymentWindow, chargeConsumer, captureConsumer, giveBackConsumer, refundConsumer, bookConsumer, settleConsumer, voidSurplusConsumer, callOffConsumer, labelConsumer, forgetLabelsConsumer, deliveryFailedConsumer, returnConsumer, learnConsumer, issueConsumer, creditConsumer, trackingConsumer, noticesConsumer, redriveConsumer, breakerAlertsConsumer] as unknown as readonly Consumer[];

/** The one courier of the spine; later there are many. */
export const courierId = "swift";

/** Who sends webhooks, by the name of the inbox; all couriers have one, since they come and go by the settings. */
export const webhookProviders = { payments: "stripe", couriers: "couriers" } as const;

/** The queue that works off a provider's webhooks; a courier is `courier:<id>`. */
export function webhookQueueOf(provider: string): string {
  return inboxQueueOf(provider.startsWith("courier:") ? webhookProviders.couriers : provider);
}

const inboxQueues = Object.values(webhookProviders).map((provider) => effectQueue(inboxQueueOf(provider)));

/** Every queue on the primary. */
export const primaryQueues: readonly QueueDefinition[] = [
  ...consumers.map(({ queue }) => effectQueue(queue)), ...inboxQueues, cleanUpQueue, reconciliationQueue,
];
