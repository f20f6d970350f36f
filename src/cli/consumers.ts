import { creditConsumer, issueConsumer } from "../commands/invoices/invoices.job.js";
import { redriveConsumer } from "../commands/operations/dead-letter-redrive.job.js";
import { holdPolicy } from "../commands/orders/hold-policy.job.js";
import { orderProcess } from "../commands/orders/order.process.js";
import { paymentWindow } from "../commands/orders/payment-deadline.job.js";
import { captureConsumer } from "../commands/payments/capture.job.js";
import { chargeConsumer } from "../commands/payments/charge.job.js";
import { giveBackConsumer } from "../commands/payments/give-back.job.js";
import { refundConsumer } from "../commands/payments/refund.job.js";
import { reconciliationQueue } from "../commands/reconciliation/reconciliation.job.js";
import { bookConsumer } from "../commands/shipping/book.job.js";
import { callOffConsumer } from "../commands/shipping/call-off.job.js";
import type { Consumer } from "../kernel/consumer.js";
import { effectQueue, type QueueDefinition } from "../platform/jobs/queue.js";
import { inboxQueueOf } from "../platform/webhooks/inbox.js";
import { cleanUpQueue } from "../platform/jobs/clean-up.js";

/** Everybody who acts on events: the command bus writes a job for each with the event. */
export const consumers = [orderProcess, holdPolicy, paymentWindow, chargeConsumer, captureConsumer, giveBackConsumer, refundConsumer, bookConsumer, callOffConsumer, issueConsumer, creditConsumer, redriveConsumer] as unknown as readonly Consumer[];

/** The one courier of the spine; later there are many. */
export const courierId = "swift";

/** Who sends webhooks: the name of each in the inbox. */
export const webhookProviders = { payments: "stripe", courier: `courier:${courierId}` } as const;

/** pg-boss takes letters, digits, dots, dashes, slashes and underscores. */
const inboxQueues = Object.values(webhookProviders).map((provider) => effectQueue(inboxQueueOf(provider)));

/** Every queue on the primary. */
export const primaryQueues: readonly QueueDefinition[] = [
  ...consumers.map(({ queue }) => effectQueue(queue)), ...inboxQueues, cleanUpQueue, reconciliationQueue,
];
