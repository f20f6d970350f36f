import { Journal } from "../journal.js";
import type { Beginning } from "./courier-clock.js";
import { stateAfter, type BookingRecord, type Instruction, type Parcel, type ScanEvent, type Sighting } from "./courier-records.js";
import type { JourneyStep } from "./journey.js";
import { totalsOf, type CourierTotals } from "./courier-totals.js";

interface KeyRecord {
  readonly key: string;
  readonly hash: string;
}

type CourierLine =
  | { readonly t: "began"; readonly beginning: Beginning }
  | { readonly t: "booked"; readonly by: KeyRecord | null; readonly booking: BookingRecord }
  | { readonly t: "cancelled"; readonly id: string; readonly carried?: true }
  /** A step of the plan. */
  | { readonly t: "scan"; readonly id: string; readonly step: number; readonly atMs: number }
  /** Beside the plan, on order. */
  | { readonly t: "seen"; readonly id: string; readonly sighting: Sighting }
  /** The sender said what is to become of it: these steps follow. */
  | { readonly t: "instructed"; readonly id: string; readonly instruction: Instruction; readonly steps: readonly JourneyStep[] }
  | { readonly t: "settled"; readonly eventId: string };

/** All parcels there ever were, in memory and in the journal. */
export class CourierBooks {
  readonly #journal: Journal<CourierLine>;
  readonly #parcels = new Map<string, Parcel>();
  readonly #byTrackingCode = new Map<string, Parcel>();
  readonly #byShipment = new Map<string, Parcel[]>();
  readonly #answers = new Map<string, { readonly hash: string; readonly parcel: Parcel }>();
  readonly #unsettled = new Map<string, ScanEvent>();
  #beginning: Beginning | undefined;

  constructor(dataFile: string | undefined) {
    this.#journal = Journal.open<CourierLine>(dataFile, (line) => { this.#apply(line); });
  }

  /** When this courier first started: what was written then, otherwise now. */
  beginning(now: Beginning): Beginning {
    if (!this.#beginning) this.#write({ t: "began", beginning: now });
    return this.#beginning ?? now;
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

  /** Oldest first. */
  parcelsOf(shipmentId: string): readonly Parcel[] {
    return this.#byShipment.get(shipmentId) ?? [];
  }

  answerOf(key: string): { readonly hash: string; readonly parcel: Parcel } | undefined {
    return this.#answers.get(key);
  }

  book(booking: BookingRecord, by: KeyRecord | null): Parcel {
    this.#write({ t: "booked", by, booking });
    return this.#parcelOf(booking.id);
  }

  /** @param carried true where the parcel travels all the same */
  cancel({ booking }: Parcel, carried: boolean): void {
    this.#write({ t: "cancelled", id: booking.id, ...(carried ? { carried } : {}) });
  }

  /** Writes the next step of the parcel's plan. */
  scan(parcel: Parcel, nowMs: number): ScanEvent {
    this.#write({ t: "scan", id: parcel.booking.id, step: parcel.planned, atMs: nextMs(parcel, nowMs) });
    return lastEvent(parcel);
  }

  /** Writes what no plan holds. */
  see(parcel: Parcel, code: string, city: string | null, nowMs: number): ScanEvent {
    this.#write({ t: "seen", id: parcel.booking.id, sighting: { code, city, atMs: nextMs(parcel, nowMs) } });
    return lastEvent(parcel);
  }

  /** Puts these steps in the place of all that were still to come. */
  instruct({ booking }: Parcel, instruction: Instruction, steps: readonly JourneyStep[]): void {
    this.#write({ t: "instructed", id: booking.id, instruction, steps });
  }

  /** Scans whose webhook is neither delivered nor given up. */
  unsettled(): readonly ScanEvent[] {
    return [...this.#unsettled.values()];
  }

  settle(id: string): void {
    if (this.#unsettled.delete(id)) this.#journal.appendLazily({ t: "settled", eventId: id });
  }

  totals(): CourierTotals {
    return totalsOf(this.#parcels, this.#unsettled.size);
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
      case "began":
        this.#beginning = line.beginning;
        return;
      case "booked":
        this.#add(line.booking, line.by);
        return;
      case "cancelled": {
        const parcel = this.#parcelOf(line.id);
        parcel.state = "cancelled";
        parcel.carried = line.carried ?? false;
        return;
      }
      case "scan": {
        const parcel = this.#parcelOf(line.id);
        const { code, city } = parcel.booking.plan[line.step] ?? { code: "ERROR", city: null };
        parcel.planned = line.step + 1;
        this.#sight(parcel, { code, city, atMs: line.atMs });
        return;
      }
      case "seen":
        this.#sight(this.#parcelOf(line.id), line.sighting);
        return;
      case "instructed": {
        const parcel = this.#parcelOf(line.id);
        parcel.instruction = line.instruction;
        parcel.booking = { ...parcel.booking, plan: [...parcel.booking.plan.slice(0, parcel.planned), ...line.steps] };
        return;
      }
      case "settled":
        this.#unsettled.delete(line.eventId);
    }
  }

  #add(booking: BookingRecord, by: KeyRecord | null): void {
    const parcel: Parcel = { booking, seen: [], planned: 0, state: "labelled", carried: false, instruction: null };
    this.#parcels.set(booking.id, parcel);
    this.#byTrackingCode.set(booking.trackingCode, parcel);
    const siblings = this.#byShipment.get(booking.shipmentId);
    if (siblings) siblings.push(parcel);
    else this.#byShipment.set(booking.shipmentId, [parcel]);
    if (by) this.#answers.set(by.key, { hash: by.hash, parcel });
  }

  #sight(parcel: Parcel, sighting: Sighting): void {
    parcel.seen.push(sighting);
    parcel.state = stateAfter(parcel.state, sighting.code);
    const event = lastEvent(parcel);
    this.#unsettled.set(event.id, event);
  }

  #parcelOf(bookingId: string): Parcel {
    const parcel = this.#parcels.get(bookingId);
    if (!parcel) throw new Error(`there is no booking ${bookingId}`);
    return parcel;
  }
}

function nextMs({ seen }: Parcel, nowMs: number): number {
  return Math.max(nowMs, (seen.at(-1)?.atMs ?? 0) + 1);
}

/** Its id is the same at every repetition, also after a restart. */
function lastEvent(parcel: Parcel): ScanEvent {
  const index = parcel.seen.length - 1;
  return { id: `evt_${parcel.booking.id}_${index}`, parcel, index };
}
