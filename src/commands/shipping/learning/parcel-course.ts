import type { ShipmentBooked, ShipmentEvent, ShipmentTracked } from "../../../events/shipping.js";
import { millisecondsBetween } from "../../../kernel/time.js";
import { dayOf, type Outcome } from "../choice/lane-state.js";
import { laneKeys, type LaneKeys } from "../choice/lanes.js";
import { leftStatuses } from "../shipment/shipment-state.js";

/** What one event teaches of a courier. */
export interface Lesson {
  readonly keys: LaneKeys;
  readonly outcome: Outcome;
  /** When it happened, milliseconds since 1970. */
  readonly atMs: number;
}

/** A parcel as far as it teaches something. */
export interface ParcelCourse {
  /** When each attempt was begun. */
  readonly attempts: ReadonlyMap<number, number>;
  readonly booking: Booking | null;
  /** When the courier got it; null before. */
  readonly beganMs: number | null;
  readonly end: "delivered" | "failed" | "called_off" | null;
  /** When it was declared lost, where that is its end. */
  readonly lostMs: number | null;
}

interface Booking {
  readonly keys: LaneKeys;
  readonly bookedMs: number;
  readonly handOverByMs: number;
  readonly promisedDays: number;
}

export interface LessonTerms {
  /** What is promised by those who promise nothing. */
  readonly unpromisedDays: number;
  readonly serviceName: (service: string | null) => string;
}

interface Step {
  readonly course: ParcelCourse;
  readonly lessons: readonly Lesson[];
}

export const noCourse: ParcelCourse = { attempts: new Map(), booking: null, beganMs: null, end: null, lostMs: null };

/** Attempts that came to nothing on our side: the courier was never asked, or our worker died while it was. */
const ours: ReadonlySet<string> = new Set(["held_back", "abandoned"]);

/**
 * The next event of a parcel, and what it teaches: a function of the parcel's history alone, so that events may be learnt in any order.
 * @param recordedAt on our clock: couriers' clocks may be wrong, and nothing happens after we have heard of it
 */
export function follow(course: ParcelCourse, event: ShipmentEvent, recordedAt: string, terms: LessonTerms): Step {
  const nowMs = momentOf(recordedAt);
  switch (event.type) {
    case "ShipmentAttempted":
      return { course: { ...course, attempts: new Map(course.attempts).set(event.attempt, momentOf(event.attemptedAt)) }, lessons: [] };
    case "ShipmentAttemptFailed": {
      const keys = laneKeys(event.courierId, terms.serviceName(event.service), event.region, course.attempts.get(event.attempt) ?? nowMs);
      return { course, lessons: ours.has(event.code) ? [] : [{ keys, outcome: { kind: "booking_failed" }, atMs: nowMs }] };
    }
    case "ShipmentBooked": return booked(course, event, terms);
    case "ShipmentHandedOver": return begun(course, momentOf(event.handedOverAt), nowMs);
    case "ShipmentTracked": return tracked(course, event, nowMs);
    case "ShipmentLost": return course.beganMs === null ? nothing(course) : ended(course, "failed", momentOf(event.lostAt), momentOf(event.lostAt));
    case "ShipmentReturnStarted": return course.beganMs === null ? nothing(course) : ended(course, "failed", nowMs);
    case "ShipmentCancelled": return course.beganMs === null ? nothing({ ...course, end: course.end ?? "called_off" }) : ended(course, "called_off", nowMs);
    case "ShipmentDecided":
    case "ShipmentAttemptSettled":
    case "ShipmentSurplusFound":
    case "ShipmentDelayed":
    case "ShipmentImpossible":
    case "ShipmentLabelKept":
    case "ShipmentVoidRequested":
    case "ShipmentVoidRefused": return nothing(course);
  }
}

function nothing(course: ParcelCourse): Step {
  return { course, lessons: [] };
}

function booked(course: ParcelCourse, event: ShipmentBooked, { unpromisedDays, serviceName }: LessonTerms): Step {
  const { courierId, service, region, promisedDays, bookedAt, handOverBy } = event;
  const bookedMs = momentOf(bookedAt);
  const keys = laneKeys(courierId, serviceName(service), region, bookedMs);
  const booking: Booking = { keys, bookedMs, handOverByMs: momentOf(handOverBy), promisedDays: Math.ceil(promisedDays ?? unpromisedDays) };
  return { course: { ...course, booking }, lessons: [{ keys, outcome: { kind: "booked" }, atMs: bookedMs }] };
}

/** The courier has it from now on. */
function begun(course: ParcelCourse, atMs: number, nowMs: number): Step {
  const { booking } = course;
  if (booking === null || course.beganMs !== null || course.end !== null) return nothing(course);
  const beganMs = within(atMs, booking.bookedMs, nowMs);
  return { course: { ...course, beganMs }, lessons: [{ keys: booking.keys, outcome: { kind: "handed_over", dueDay: dayOf(beganMs) + booking.promisedDays }, atMs: beganMs }] };
}

function tracked(course: ParcelCourse, event: ShipmentTracked, nowMs: number): Step {
  const { booking } = course;
  if (booking === null) return nothing(course);
  const atMs = within(momentOf(event.occurredAt), booking.bookedMs, nowMs);
  // Whose first scan is at a door was with the courier before: since the pick-up, as far as anybody knows.
  const leftMs = event.status === "in_transit" ? atMs : Math.min(atMs, booking.handOverByMs);
  const started = leftStatuses.has(event.status) ? begun(course, leftMs, nowMs) : nothing(course);
  const arrived = event.milestone === "delivered" ? delivered(started.course, atMs) : event.milestone === "returning" ? ended(started.course, "failed", atMs) : null;
  return arrived ? { course: arrived.course, lessons: [...started.lessons, ...arrived.lessons] } : started;
}

function delivered(course: ParcelCourse, atMs: number): Step {
  const { booking, beganMs, lostMs, end } = course;
  if (booking === null || beganMs === null) return nothing(course);
  const arrival = { dueDay: dayOf(beganMs) + booking.promisedDays, deliveredDay: dayOf(atMs) };
  if (end === "failed" && lostMs !== null) {
    const found: Outcome = { kind: "found", ...arrival, lostAtMs: lostMs };
    return { course: { ...course, end: "delivered", lostMs: null }, lessons: [{ keys: booking.keys, outcome: found, atMs }] };
  }
  if (end !== null) return nothing(course);
  return { course: { ...course, end: "delivered" }, lessons: [{ keys: booking.keys, outcome: { kind: "delivered", ...arrival }, atMs }] };
}

/** Not by delivery. The first end counts: what a buyer sends back had arrived. */
function ended(course: ParcelCourse, end: "failed" | "called_off", atMs: number, lostMs: number | null = null): Step {
  const { booking, beganMs } = course;
  if (course.end === "failed" && end === "failed") return nothing({ ...course, lostMs: null });
  if (booking === null || beganMs === null || course.end !== null) return nothing(course);
  return {
    course: { ...course, end, lostMs },
    lessons: [{ keys: booking.keys, outcome: { kind: end, dueDay: dayOf(beganMs) + booking.promisedDays }, atMs }],
  };
}

const epoch = "1970-01-01T00:00:00.000Z";

function momentOf(time: string): number {
  return millisecondsBetween(epoch, time);
}

function within(atMs: number, fromMs: number, toMs: number): number {
  return Math.max(fromMs, Math.min(atMs, toMs));
}
