import { Journal } from "../journal.js";
import type { JourneyStep } from "./journey.js";

/** What was booked. Of the buyer only the city is kept: the journal needs no personal data. */
export interface BookingRecord {
  readonly id: string;
  readonly trackingCode: string;
  readonly shipmentId: string;
  readonly orderId: string;
  readonly bookedAtMs: number;
  readonly plan: readonly JourneyStep[];
}

export interface Parcel {
  readonly booking: BookingRecord;
  /** Times of the scans so far; the nth belongs to the plan's nth step. */
  readonly scansMs: number[];
  cancelled: boolean;
}

/** One scan of one parcel: what a webhook tells of. */
export interface ScanEvent {
  readonly id: string;
  readonly parcel: Parcel;
  readonly step: number;
}

interface KeyRecord {
  readonly key: string;
  readonly hash: string;
}

type CourierLine =
  | { readonly t: "booked"; readonly by: KeyRecord | null; readonly booking: BookingRecord }
  | { readonly t: "cancelled"; readonly id: string }
  | { readonly t: "scan"; readonly id: string; readonly step: number; readonly atMs: number }
  | { readonly t: "settled"; readonly eventId: string };

/** The courier's own truth; `labelled + inTransit + delivered + cancelled = bookings`. */
export interface CourierTotals {
  readonly bookings: number;
  readonly labelled: number;
  readonly inTransit: number;
  readonly delivered: number;
  readonly cancelled: number;
  /** Shipments with more than one label that was not cancelled, at most 100 of them. */
  readonly shipmentsLabelledTwice: readonly string[];
  readonly webhooksWaiting: number;
}

export type ParcelState = "labelled" | "inTransit" | "delivered" | "cancelled";

/** All parcels there ever were, in memory and in the journal. */
export class CourierBooks {
  readonly #journal: Journal<CourierLine>;
  readonly #parcels = new Map<string, Parcel>();
  readonly #byTrackingCode = new Map<string, Parcel>();
  readonly #answers = new Map<string, { readonly hash: string; readonly parcel: Parcel }>();
  readonly #unsettled = new Map<string, ScanEvent>();

  constructor(dataFile: string | undefined) {
    this.#journal = Journal.open<CourierLine>(dataFile, (line) => { this.#apply(line); });
  }

  get size(): number {
    return this.#parcels.size;
  }

  parcels(): Iterable<Parcel> {
    return this.#parcels.values();
  }

  parcel(bookingId: string): Parcel | undefined {
    return this.#parcels.get(bookingId);
  }

  parcelByTrackingCode(code: string): Parcel | undefined {
    return this.#byTrackingCode.get(code);
  }

  answerOf(key: string): { readonly hash: string; readonly parcel: Parcel } | undefined {
    return this.#answers.get(key);
  }

  book(booking: BookingRecord, by: KeyRecord | null): Parcel {
    this.#write({ t: "booked", by, booking });
    return this.#parcelOf(booking.id);
  }

  cancel({ booking }: Parcel): void {
    this.#write({ t: "cancelled", id: booking.id });
  }

  /** Writes the parcel's next scan. Times of one parcel always rise. */
  scan({ booking, scansMs }: Parcel, nowMs: number): ScanEvent {
    const step = scansMs.length;
    const atMs = Math.max(nowMs, (scansMs.at(-1) ?? 0) + 1);
    this.#write({ t: "scan", id: booking.id, step, atMs });
    return { id: eventId(booking.id, step), parcel: this.#parcelOf(booking.id), step };
  }

  /** Scans whose webhook is neither delivered nor given up. */
  unsettled(): readonly ScanEvent[] {
    return [...this.#unsettled.values()];
  }

  settle(id: string): void {
    if (this.#unsettled.delete(id)) this.#journal.appendLazily({ t: "settled", eventId: id });
  }

  totals(): CourierTotals {
    const count: Record<ParcelState, number> = { labelled: 0, inTransit: 0, delivered: 0, cancelled: 0 };
    const live = new Map<string, number>();
    for (const parcel of this.#parcels.values()) {
      const state = stateOf(parcel);
      count[state] += 1;
      const { shipmentId } = parcel.booking;
      if (state !== "cancelled") live.set(shipmentId, (live.get(shipmentId) ?? 0) + 1);
    }
    const twice = [...live].filter(([, labels]) => labels > 1).map(([shipmentId]) => shipmentId);
    return { bookings: this.#parcels.size, ...count, shipmentsLabelledTwice: twice.slice(0, 100), webhooksWaiting: this.#unsettled.size };
  }

  close(): void {
    this.#journal.close();
  }

  /** First the journal: what cannot be written did not happen. */
  #write(line: CourierLine): void {
    this.#journal.append(line);
    this.#apply(line);
  }

  #apply(line: CourierLine): void {
    switch (line.t) {
      case "booked": {
        const parcel: Parcel = { booking: line.booking, scansMs: [], cancelled: false };
        this.#parcels.set(line.booking.id, parcel);
        this.#byTrackingCode.set(line.booking.trackingCode, parcel);
        if (line.by) this.#answers.set(line.by.key, { hash: line.by.hash, parcel });
        return;
      }
      case "cancelled":
        this.#parcelOf(line.id).cancelled = true;
        return;
      case "scan": {
        const parcel = this.#parcelOf(line.id);
        parcel.scansMs.push(line.atMs);
        const id = eventId(line.id, line.step);
        this.#unsettled.set(id, { id, parcel, step: line.step });
        return;
      }
      case "settled":
        this.#unsettled.delete(line.eventId);
    }
  }

  #parcelOf(bookingId: string): Parcel {
    const parcel = this.#parcels.get(bookingId);
    if (!parcel) throw new Error(`there is no booking ${bookingId}`);
    return parcel;
  }
}

export function stateOf({ booking, scansMs, cancelled }: Parcel): ParcelState {
  if (cancelled) return "cancelled";
  if (scansMs.length === booking.plan.length) return "delivered";
  return booking.plan.slice(0, scansMs.length).some(({ code }) => code === "PICKED_UP") ? "inTransit" : "labelled";
}

/** The same at every repetition, also after a restart. */
function eventId(bookingId: string, step: number): string {
  return `evt_${bookingId}_${step}`;
}
