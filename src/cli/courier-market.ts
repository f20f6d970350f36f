import { randomInt } from "node:crypto";
import type { Pool } from "pg";
import { beginOf, dayOf, daysBefore } from "../commands/reconciliation/shop-day.calendar.js";
import { defaultParameters } from "../commands/shipping/choice/parameters.js";
import { learnConsumer, learnHandler } from "../commands/shipping/learning/learn.job.js";
import { CourierMarket } from "../commands/shipping/market/courier-market.adapter.js";
import { EvidenceReader } from "../commands/shipping/market/evidence.reader.js";
import type { ParcelMarket } from "../commands/shipping/market/parcel-market.js";
import type { ShopClock } from "../commands/shipping/market/pickup.js";
import { Prices } from "../commands/shipping/market/prices.adapter.js";
import { RatesReader } from "../commands/shipping/market/rates.reader.js";
import { Volumes } from "../commands/shipping/market/volume.adapter.js";
import type { ShipmentEvent } from "../events/shipping.js";
import type { GuardedCourier } from "../gateways/couriers/guarded-courier.js";
import type { Settings } from "../platform/config/config.js";
import type { ConsumerWorker } from "../platform/jobs/job-worker.js";
import { effectQueue } from "../platform/jobs/queue.js";
import { pickupOf, type CouriersFile } from "./couriers-file.js";
import type { Deployment } from "./deployment.js";

const seedMax = 2 ** 32 - 1;
const minuteMs = 60_000;
const dayMinutes = 24 * 60;

/** The couriers of the settings as a market. Once a process. @param couriers from `guardedCouriers` */
export function openMarket({ settings, couriers: setup, logger }: Pick<Deployment, "settings" | "couriers" | "logger">, pool: Pool, couriers: readonly GuardedCourier[]): ParcelMarket {
  const { SHOP_CURRENCY: currency, SHOP_TIME_ZONE, RATE_TIMEOUT_MS: rateTimeoutMs } = settings;
  const { file } = setup();
  const entries = new Map(file.couriers.map((entry) => [entry.id, entry]));
  return new CourierMarket({
    couriers: couriers.flatMap((courier) => {
      const entry = entries.get(courier.id);
      return entry ? [{ courier, services: termsOf(entry.services), pickup: pickupOf(entry) }] : [];
    }),
    terms: { currency, policy: file.policy, rules: rulesOf(file.rules), deadline: file.deadline, explore: file.explore, parameters: defaultParameters, rateTimeoutMs },
    clock: shopClock(SHOP_TIME_ZONE), rates: new RatesReader({ currency, timeoutMs: rateTimeoutMs }), prices: new Prices(pool), evidence: new EvidenceReader(pool),
    volumes: new Volumes(pool), newSeed: () => randomInt(seedMax), logger,
  });
}

/** How often places are looked for that nobody uses: they are few, and the day is long. */
export const placesEveryMs = 60_000;

/** One batch at a time: two would only wait for each other's rows. */
export function learningWorker({ SHOP_TIME_ZONE }: Settings, pool: Pool): ConsumerWorker<ShipmentEvent> {
  const learning = { pool, prices: new Prices(pool), parameters: defaultParameters, dayAt: (atMs: number) => dayOf(atMs, SHOP_TIME_ZONE) };
  return { kind: "events", queue: effectQueue(learnConsumer.queue), consumer: learnConsumer, handle: learnHandler(learning), batches: 1 };
}

/** Clocks are changed at night: times of the day are counted back from the midnight after it. @param timeZone IANA's name, e.g. Europe/Berlin */
export function shopClock(timeZone: string): ShopClock {
  const dayAfter = (day: string): string => daysBefore(day, -1);
  return {
    dayAfter,
    dayAt: (atMs) => dayOf(atMs, timeZone),
    momentOf: (day, minutes) => Date.parse(beginOf(dayAfter(day), timeZone)) - (dayMinutes - minutes) * minuteMs,
    weekdayOf: (day) => new Date(day).getUTCDay(),
  };
}

function termsOf(services: CouriersFile["couriers"][number]["services"]) {
  return Object.fromEntries(Object.entries(services).map(([name, terms]) => [
    name, Object.fromEntries(Object.entries(terms).filter(([, value]) => value !== undefined)),
  ]));
}

function rulesOf({ never, shareMax, capacityPerDay }: CouriersFile["rules"]) {
  return { shareMax, capacityPerDay, never: never.map(({ courier: courierId, service, region }) => ({ courierId, region, ...(service === undefined ? {} : { service }) })) };
}
