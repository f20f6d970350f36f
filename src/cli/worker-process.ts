import { Counter, Histogram } from "prom-client";
import { sweepOnce } from "../commands/inventory/sweep.job.js";
import { creditConsumer, creditHandler, issueConsumer, issueHandler } from "../commands/invoices/invoices.job.js";
import { yearIn } from "../commands/invoices/time-zone.calendar.js";
import { callOffUnpaid } from "../commands/orders/payment-deadline.job.js";
import { waitingRoomLookMs, waitingRoomRounds } from "../commands/inventory/waiting-room.job.js";
import { breakerAlertsConsumer, breakerAlertsHandler } from "../commands/operations/breaker-alerts.job.js";
import { redriveConsumer, redriveHandler } from "../commands/operations/dead-letter-redrive.job.js";
import { holdPolicy, holdPolicyHandler } from "../commands/orders/hold-policy.job.js";
import { orderProcess, orderProcessHandler } from "../commands/orders/order.process.js";
import { noticesConsumer, noticesHandler } from "../commands/notices/notices.job.js";
import { trackingConsumer, trackingHandler } from "../commands/shipping/tracking/follow-order.job.js";
import { janitorRounds } from "../commands/payments/janitor.job.js";
import { giveBackAbandonedPlaces } from "../commands/shipping/learning/places.job.js";
import { readerOf } from "../platform/dead-letters/dead-letter.js";
import { sampleDeadLetters } from "../platform/dead-letters/dead-letter-gauge.js";
import { startBoss } from "../platform/jobs/boss.js";
import { scheduleCleanUp } from "../platform/jobs/clean-up.js";
import { startJobWorkers, type AnyWorker } from "../platform/jobs/job-worker.js";
import { startPeriodic } from "../platform/jobs/periodic.js";
import { effectQueue } from "../platform/jobs/queue.js";
import { RushWatch } from "../platform/overload/rush.js";
import { reconciliationQueue } from "../commands/reconciliation/reconciliation.job.js";
import { downMessage, paymentsParty, shareBreakers } from "./breakers.js";
import { learningWorker, openMarket, placesEveryMs } from "./courier-market.js";
import { guardedCouriers } from "./couriers.js";
import type { Deployment, Running } from "./deployment.js";
import { startInvariants } from "./invariants.js";
import { guardedPaymentProvider } from "./payment-party.js";
import { janitorEveryMs, paymentAlerts, paymentJobs, paymentWorkers } from "./payments.js";
import { reconciliationWorker } from "./reconciliation.js";
import { courierAlerts, shippingJobs, shippingWorkers } from "./shipping.js";
import { trackingOf } from "./tracking.js";
import type { WriteSide } from "./write-side.js";

/** Connections that pg-boss may hold: fetching and settling of all queues share them. */
const bossPoolSize = 6;

/** How often orders are looked for whose payment takes too long; a deadline is some minutes. */
const paymentDeadlineEveryMs = 10_000;

/** Works off the jobs of the primary until it is stopped. Any number of these may run. */
export async function startWorker(deployment: Deployment, write: WriteSide, { yields = false } = {}): Promise<Running> {
  const { bus, pool, alerts } = write;
  const { settings, logger, registry, primaryUrl } = deployment;
  const breakers = shareBreakers(deployment, write);
  const provider = guardedPaymentProvider(deployment, { ...paymentAlerts(alerts), shared: breakers.of(paymentsParty) });
  const couriers = guardedCouriers(deployment, (id) => ({ ...courierAlerts(alerts, id), shared: breakers.of(id) }));
  const market = openMarket(deployment, pool, couriers);
  const payments = paymentJobs(settings, write, provider);
  const tracking = trackingOf(settings, { bus, pool, alerts }, market, logger);
  const invoices = { bus, pool, terms: { yearAt: yearIn(settings.SHOP_TIME_ZONE), shippingTaxBasisPoints: settings.SHIPPING_TAX_BASIS_POINTS } };
  const reconciliation = reconciliationWorker(deployment, write, provider);
  const workers = [
    { kind: "events", queue: effectQueue(orderProcess.queue), consumer: orderProcess, handle: orderProcessHandler(bus, { holdCallOffSeconds: settings.HOLD_CALL_OFF_SECONDS, returnRefund: settings.RETURN_REFUND }, alerts) },
    { kind: "events", queue: effectQueue(holdPolicy.queue), consumer: holdPolicy, handle: holdPolicyHandler(bus) },
    ...paymentWorkers(payments, provider),
    ...shippingWorkers(shippingJobs(settings, write, market)),
    { kind: "events", queue: effectQueue(issueConsumer.queue), consumer: issueConsumer, handle: issueHandler(invoices) },
    { kind: "events", queue: effectQueue(trackingConsumer.queue), consumer: trackingConsumer, handle: trackingHandler({ pool, alerts }) },
    { kind: "events", queue: effectQueue(noticesConsumer.queue), consumer: noticesConsumer, handle: noticesHandler({ bus, pool }) },
    { kind: "events", queue: effectQueue(creditConsumer.queue), consumer: creditConsumer, handle: creditHandler(invoices) },
    { kind: "events", queue: effectQueue(redriveConsumer.queue), consumer: redriveConsumer, urgent: true, handle: redriveHandler({ bus, pool, logger }) },
    { kind: "events", queue: effectQueue(breakerAlertsConsumer.queue), consumer: breakerAlertsConsumer, urgent: true, handle: breakerAlertsHandler({ pool, alerts, messageOf: downMessage }) },
    ...tracking.workers,
    learningWorker(settings, pool),
    reconciliation,
  ] as unknown as readonly AnyWorker[];

  const attempts = new Counter({ name: "millrace_job_attempts_total", help: "Attempts of jobs, by queue and outcome.", registers: [registry], labelNames: ["queue", "outcome"] });
  const seconds = new Histogram({ name: "millrace_job_seconds", help: "Time of an attempt, by queue.", registers: [registry], labelNames: ["queue"], buckets: [0.005, 0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30] });
  const rush = yields ? await RushWatch.open(primaryUrl) : null;
  const boss = await startBoss({ url: primaryUrl, applicationName: "millrace worker jobs", poolSize: bossPoolSize, logger, supervise: true, superviseSeconds: settings.JOB_RESCUE_SECONDS });
  await startJobWorkers({
    boss, pool, workers, logger, rush,
    onAttempt(queue, outcome, elapsedMs) {
      attempts.inc({ queue, outcome });
      seconds.observe({ queue }, elapsedMs / 1_000);
      if (outcome === "dead") {
        void alerts.raise({
          key: `job_dead:${queue}`, severity: "critical",
          message: `A job of ${queue} failed for good; look at it with \`millrace dead-letters list --queue ${queue}\`.`, details: { queue },
        });
      }
    },
  });
  await scheduleCleanUp(boss, pool, logger);
  await boss.schedule(reconciliationQueue.name, settings.RECONCILE_CRON, {}, { tz: settings.SHOP_TIME_ZONE });
  const sweepers = [
    ...tracking.start(),
    startPeriodic({ name: "inventory.sweep", everyMs: settings.SWEEP_MS, logger, round: () => sweepOnce(bus, pool) }),
    startPeriodic({
      name: "orders.payment-deadline", everyMs: paymentDeadlineEveryMs, logger,
      round: () => callOffUnpaid(bus, pool, settings.PAYMENT_DEADLINE_SECONDS),
    }),
    sampleDeadLetters(readerOf(pool), registry, logger),
    startPeriodic({ name: "payments.janitor", everyMs: janitorEveryMs, logger, round: janitorRounds(payments) }),
    startPeriodic({ name: "shipping.places", everyMs: placesEveryMs, logger, round: () => giveBackAbandonedPlaces(pool) }),
    startPeriodic({ name: "inventory.waiting-rooms", everyMs: waitingRoomLookMs, logger, round: waitingRoomRounds(bus, pool) }),
    await startInvariants(deployment, write),
  ];
  return {
    async stop() {
      await Promise.all(sweepers.map((sweeper) => sweeper.stop()));
      await boss.stop({ graceful: true, timeout: settings.DRAIN_TIMEOUT_MS });
      await Promise.all([breakers.close(), reconciliation.close(), rush?.close()]);
      provider.close();
      for (const courier of couriers) courier.close();
    },
  };
}
