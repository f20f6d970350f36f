import { bookConsumer, bookHandler } from "../commands/shipping/book.job.js";
import { callOffConsumer, callOffHandler } from "../commands/shipping/call-off.job.js";
import type { ShippingJobs } from "../commands/shipping/courier-desk.process.js";
import type { ParcelMarket } from "../commands/shipping/market/parcel-market.js";
import { settleConsumer, settleHandler } from "../commands/shipping/settle.job.js";
import { voidSurplusConsumer, voidSurplusHandler } from "../commands/shipping/void-surplus.job.js";
import type { AlertPort } from "../platform/alerts/alert-port.js";
import type { Settings } from "../platform/config/config.js";
import { effectQueue } from "../platform/jobs/queue.js";
import type { OutsideOptions } from "../platform/outside/outside.js";
import type { WriteSide } from "./write-side.js";

/** The same is not told again within this time. */
const quietMs = 60_000;

/** Smaller batches and more of them than usual, since one ends with its slowest job: while some wait for a courier that hangs, the others go on. */
const bookShare = { batchSize: 20, batches: 8 } as const;

/** What shipping jobs work with in this process. */
export function shippingJobs(
  { BOOK_TIMEOUT_MS, PARCEL_MAX_GRAMS, PARCEL_MAX_MM }: Pick<Settings, "BOOK_TIMEOUT_MS" | "PARCEL_MAX_GRAMS" | "PARCEL_MAX_MM">,
  { bus, pool, alerts }: Pick<WriteSide, "bus" | "pool" | "alerts">, market: ParcelMarket,
): ShippingJobs {
  return { bus, pool, alerts, market, bookTimeoutMs: BOOK_TIMEOUT_MS, parcelLimits: { maxGrams: PARCEL_MAX_GRAMS, maxMm: PARCEL_MAX_MM } };
}

/** Who is told when a courier does not take our key: parcels go to the others meanwhile. */
export function courierAlerts(alerts: AlertPort, courierId: string): Pick<OutsideOptions, "onLockedOut"> {
  let lockedOutAtMs = -Infinity;
  return {
    onLockedOut() {
      if (performance.now() - lockedOutAtMs < quietMs) return;
      lockedOutAtMs = performance.now();
      void alerts.raise({
        key: `neighbour_locks_us_out:${courierId}`, severity: "critical",
        message: `The courier ${courierId} does not take our key: mend it in the settings and start the workers again. Parcels go to the others, and wait where there is none.`,
      });
    },
  };
}

/** The workers that give parcels to couriers, and take them back. */
export function shippingWorkers(jobs: ShippingJobs) {
  return [
    { kind: "events", queue: effectQueue(bookConsumer.queue), consumer: bookConsumer, handle: bookHandler(jobs), ...bookShare },
    { kind: "events", queue: effectQueue(settleConsumer.queue), consumer: settleConsumer, handle: settleHandler(jobs) },
    { kind: "events", queue: effectQueue(voidSurplusConsumer.queue), consumer: voidSurplusConsumer, handle: voidSurplusHandler(jobs) },
    { kind: "events", queue: effectQueue(callOffConsumer.queue), consumer: callOffConsumer, handle: callOffHandler(jobs) },
  ] as const;
}
