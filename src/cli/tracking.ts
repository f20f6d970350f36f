import { forgetLabelsConsumer, forgetLabelsHandler } from "../commands/shipping/labels/forget-labels.job.js";
import { labelConsumer, labelHandler } from "../commands/shipping/labels/label.job.js";
import { courierNewsHandler } from "../commands/shipping/courier-news.job.js";
import { deliveryFailedConsumer, deliveryFailedHandler, returnConsumer, returnHandler } from "../commands/shipping/tracking/delivery-failed.job.js";
import { NewsGaps } from "../commands/shipping/tracking/news-gap.store.js";
import type { TrackedCouriers } from "../commands/shipping/tracking/parcel-news.job.js";
import { silenceRounds } from "../commands/shipping/tracking/silence.job.js";
import { StrangeCodes } from "../commands/shipping/tracking/strange-code.store.js";
import { StrayNews } from "../commands/shipping/tracking/stray-news.store.js";
import { unscannedRounds } from "../commands/shipping/tracking/unscanned.job.js";
import type { AlertPort } from "../platform/alerts/alert-port.js";
import type { Settings } from "../platform/config/config.js";
import { removeOld } from "../platform/jobs/clean-up.js";
import { startPeriodic, type Periodic } from "../platform/jobs/periodic.js";
import { effectQueue } from "../platform/jobs/queue.js";
import type { Logger } from "../platform/log/logger.js";
import { inboxWorker } from "../platform/webhooks/inbox-worker.js";
import { webhookProviders } from "./consumers.js";
import type { WriteSide } from "./write-side.js";

const hourMs = 3_600_000;
const hourSeconds = 3_600;
const daySeconds = 86_400;
/** How often due parcels are looked for, at most; and how often processes share what they learnt of couriers' silence. */
const lookMaxMs = 5_000;
const shareMs = 30_000;
/** How often unscanned labels are counted, at most. */
const countMaxMs = 600_000;

/** Long after its parcel has arrived nobody prints a label again. */
const removed = [
  { table: "label", column: "kept_at", hours: 90 * 24 },
  { table: "stray_news", column: "last_at", hours: 30 * 24 },
];

type Write = Pick<WriteSide, "bus" | "pool"> & { readonly alerts: AlertPort };

export interface Tracking {
  readonly workers: readonly object[];
  /** Starts what is done again and again. */
  start(): readonly Periodic[];
}

/** What a worker does about couriers' news, hand-over and labels. */
export function trackingOf(settings: Settings, { bus, pool, alerts }: Write, couriers: TrackedCouriers, logger: Logger): Tracking {
  const gaps = new NewsGaps(pool, { silenceMinSeconds: settings.TRACKING_SILENCE_SECONDS, silenceMaxSeconds: settings.TRACKING_SILENCE_MAX_SECONDS });
  const jobs = { bus, pool, alerts, couriers, gaps, strangeCodes: new StrangeCodes(pool, alerts) };
  const failures = { ...jobs, attemptsMax: settings.DELIVERY_ATTEMPTS_MAX };
  const silence = { ...jobs, lostAfterSeconds: settings.LOST_AFTER_DAYS * daySeconds, pollMaxSeconds: settings.TRACKING_POLL_MAX_SECONDS };
  const unscannedAfterSeconds = settings.UNSCANNED_HOURS * hourSeconds;
  return {
    workers: [
      inboxWorker(webhookProviders.couriers, pool, courierNewsHandler({ ...jobs, strays: new StrayNews(pool, alerts), strayAfterSeconds: settings.UNKNOWN_PARCEL_SECONDS })),
      { kind: "events", queue: effectQueue(labelConsumer.queue), consumer: labelConsumer, handle: labelHandler(jobs) },
      { kind: "events", queue: effectQueue(forgetLabelsConsumer.queue), consumer: forgetLabelsConsumer, handle: forgetLabelsHandler(jobs) },
      { kind: "events", queue: effectQueue(deliveryFailedConsumer.queue), consumer: deliveryFailedConsumer, handle: deliveryFailedHandler(failures) },
      { kind: "events", queue: effectQueue(returnConsumer.queue), consumer: returnConsumer, handle: returnHandler(failures) },
    ],
    start: () => [
      startPeriodic({ name: "shipping.gaps", everyMs: shareMs, logger, round: async () => { await gaps.share(); return false; } }),
      startPeriodic({ name: "shipping.silence", everyMs: Math.min(lookMaxMs, settings.TRACKING_SILENCE_SECONDS * 500), logger, round: silenceRounds(silence) }),
      startPeriodic({ name: "shipping.unscanned", everyMs: Math.min(countMaxMs, unscannedAfterSeconds * 500), logger, round: unscannedRounds({ pool, alerts, unscannedAfterSeconds }) }),
      startPeriodic({
        name: "shipping.clean-up", everyMs: hourMs, logger,
        round: async (signal) => {
          for (const one of removed) await removeOld(pool, one, logger, signal);
          return false;
        },
      }),
    ],
  };
}

/** Couriers that are simulated live faster; so must be what waits for them. Never so fast that a pause of this machine loses a parcel. */
export function inSimulatedTime(settings: Settings): Settings {
  const { SIMULATION_SPEED: speed, TRACKING_SILENCE_SECONDS, TRACKING_SILENCE_MAX_SECONDS, TRACKING_POLL_MAX_SECONDS, LOST_AFTER_DAYS, UNSCANNED_HOURS } = settings;
  const scaled = (value: number, least: number): number => Math.min(value, Math.max(least, value / speed));
  return {
    ...settings,
    TRACKING_SILENCE_SECONDS: scaled(TRACKING_SILENCE_SECONDS, 10), TRACKING_SILENCE_MAX_SECONDS: scaled(TRACKING_SILENCE_MAX_SECONDS, 60),
    TRACKING_POLL_MAX_SECONDS: scaled(TRACKING_POLL_MAX_SECONDS, 60), LOST_AFTER_DAYS: scaled(LOST_AFTER_DAYS, 600 / daySeconds), UNSCANNED_HOURS: scaled(UNSCANNED_HOURS, 300 / hourSeconds),
  };
}
