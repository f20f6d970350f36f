import type { Pool } from "pg";
import type { ShipmentEvent } from "../../../events/shipping.js";
import { defineConsumer, type EventJob } from "../../../kernel/consumer.js";
import { batchedRead } from "../../../platform/jobs/batched-read.js";
import type { JobHandler } from "../../../platform/jobs/job-handler.js";
import type { ChooserParameters } from "../choice/parameters.js";
import { serviceName } from "../market/market-settings.js";
import type { Prices } from "../market/prices.adapter.js";
import { weightClassOf } from "../market/weight-class.js";
import { LaneBook, type Entry } from "./lane-book.store.js";
import { follow, noCourse, type ParcelCourse } from "./parcel-course.js";

/** What a parcel's news teaches of its courier. */
export const learnConsumer = defineConsumer<ShipmentEvent>({
  queue: "shipping.learn",
  on: [
    "ShipmentBooked", "ShipmentAttemptFailed", "ShipmentAttemptSettled", "ShipmentHandedOver", "ShipmentTracked", "ShipmentLost", "ShipmentReturnStarted",
    "ShipmentCancelled",
  ],
  when: (event) => event.type !== "ShipmentTracked" || event.milestone !== null,
});

export interface Learning {
  readonly pool: Pool;
  readonly prices: Pick<Prices, "remember">;
  readonly parameters: ChooserParameters;
  /** The shop's day, YYYY-MM-DD, that a moment lies in. */
  readonly dayAt: (atMs: number) => string;
}

interface HistoryRow {
  readonly stream_id: string;
  readonly version: number;
  readonly type: string;
  readonly data: object;
  readonly recorded_at: Date;
}

/** An event of a parcel, with those before it. */
interface InHistory {
  readonly job: EventJob<ShipmentEvent>;
  readonly before: readonly { readonly event: ShipmentEvent; readonly recordedAt: string }[];
}

/** Learns from the jobs of a batch in one transaction: no order waits for it, and it holds rows that all parcels change only briefly. */
export function learnHandler(learning: Learning): JobHandler<ShipmentEvent> {
  const book = new LaneBook(learning.pool, learning.parameters.halfLifeDays);
  const loader = batchedRead<EventJob<ShipmentEvent>, null>(async (jobs) => {
    const histories = await readHistories(learning.pool, jobs);
    await book.write(histories.map((history) => entryOf(history, learning)));
    await Promise.all(histories.map((history) => rememberPrice(history, learning)));
    return jobs.map(() => null);
  });
  return async (job) => { await loader.load(job); };
}

function entryOf({ job: { eventId, event, recordedAt }, before }: InHistory, { parameters: { unpromisedDays }, dayAt }: Learning): Entry {
  const terms = { unpromisedDays, serviceName };
  const course = before.reduce<ParcelCourse>((known, earlier) => follow(known, earlier.event, earlier.recordedAt, terms).course, noCourse);
  return { eventId, lessons: follow(course, event, recordedAt, terms).lessons, givenBack: givenBackBy(event, recordedAt, before), booked: countedBy(event, before, dayAt) };
}

/** An attempt that made no label, and a label that was called off, leave their place to others. */
function givenBackBy(event: ShipmentEvent, at: string, before: InHistory["before"]): Entry["givenBack"] {
  const { shipmentId } = event;
  switch (event.type) {
    case "ShipmentAttemptFailed": return event.inDoubt ? null : { shipmentId, courierId: event.courierId, at };
    case "ShipmentAttemptSettled": return event.outcome === "left" ? null : { shipmentId, courierId: event.courierId, at };
    case "ShipmentCancelled": {
      const booking = bookingIn(before);
      return booking && { shipmentId, courierId: booking.courierId, at };
    }
    default: return null;
  }
}

function countedBy(event: ShipmentEvent, before: InHistory["before"], dayAt: Learning["dayAt"]): Entry["booked"] {
  const booking = event.type === "ShipmentBooked" ? event : event.type === "ShipmentCancelled" ? bookingIn(before) : null;
  return booking && { courierId: booking.courierId, day: dayAt(Date.parse(booking.bookedAt)), parcels: event.type === "ShipmentBooked" ? 1 : -1 };
}

function bookingIn(before: InHistory["before"]) {
  return before.map(({ event }) => event).find((event) => event.type === "ShipmentBooked") ?? null;
}

/** A courier that names no prices beforehand is known by what it charged. */
async function rememberPrice({ job: { event }, before }: InHistory, { prices }: Learning): Promise<void> {
  if (event.type !== "ShipmentBooked" || event.priceMinor === null) return;
  const { courierId, region, weightGrams, service, priceMinor, promisedDays, bookedAt } = event;
  const cash = before.reduce((known, { event: earlier }) => (earlier.type === "ShipmentDecided" ? earlier.cashOnDeliveryMinor : known), 0);
  const place = { courierId, region, weightClass: weightClassOf(weightGrams, cash) };
  await prices.remember(place, [{ service: serviceName(service), priceMinor, promisedDays }], Date.parse(bookedAt));
}

async function readHistories(pool: Pool, jobs: readonly EventJob<ShipmentEvent>[]): Promise<readonly InHistory[]> {
  const { rows } = await pool.query<HistoryRow>({
    name: "courier_lesson_histories",
    text: "SELECT stream_id, version, type, data, recorded_at FROM event_log WHERE stream_id = ANY($1::text[]) ORDER BY stream_id, version",
    values: [[...new Set(jobs.map(({ streamId }) => streamId))]],
  });
  const byStream = Map.groupBy(rows, ({ stream_id }) => stream_id);
  return jobs.map((job) => ({
    job, before: (byStream.get(job.streamId) ?? []).filter(({ version }) => version < job.version).map(({ type, data, recorded_at }) => (
      { event: { type, ...data } as unknown as ShipmentEvent, recordedAt: recorded_at.toISOString() }
    )),
  }));
}
