import { hash, randomUUID } from "node:crypto";
import { happens } from "../faults.js";
import type { SimulatorAnswer } from "../simulator-server.js";
import type { Carrier } from "./carrier.js";
import type { CourierBooks } from "./courier-books.js";
import { labelAnswer } from "./courier-label.js";
import { bookingAnswer, bookingBody, bookingsAnswer, instructionBody, problem, ratesBody, trackingAnswer, type BookingBody } from "./courier-messages.js";
import type { Deal, Parcel } from "./courier-records.js";
import type { CourierQuirks } from "./courier-quirks.js";
import { dayMs, journeyAs, planJourney, type JourneyStep, type JourneyTimes } from "./journey.js";

export interface BookingDeskOptions {
  readonly id: string;
  readonly books: CourierBooks;
  readonly quirks: () => CourierQuirks;
  readonly random: () => number;
  /** What a courier without a personality takes. */
  readonly times: JourneyTimes;
  /** Prices, regions and fates; without one it speaks only the contract's first version. */
  readonly carrier: Carrier | null;
  /** How many times faster than real its days pass. */
  readonly speed: number;
  /** Sends the parcel on its way, or on another one. */
  begin(parcel: Parcel): void;
  /** Its label was fetched. */
  labelled(parcel: Parcel): void;
}

/** Parcels kept in memory; a simulator that is full says so. */
const parcelsMax = 1_000_000;

/** What a courier does with the calls that reach it. */
export class BookingDesk {
  readonly #options: BookingDeskOptions;

  constructor(options: BookingDeskOptions) {
    this.#options = options;
  }

  rates(body: unknown): SimulatorAnswer {
    const { carrier } = this.#options;
    if (!carrier) return unknownPath;
    const parsed = ratesBody.safeParse(body);
    if (!parsed.success) return invalid(parsed.error.issues);
    const { parcel, destination, cash_on_delivery_minor: cashOnDeliveryMinor } = parsed.data;
    return carrier.rates({
      weightGrams: parcel.weight_grams, sizeMm: parcel.size_mm, country: destination.country, postalCode: destination.postal_code, cashOnDeliveryMinor,
    }, Date.now());
  }

  /** @param text of the body, as it came: the same key must come with the same */
  book(body: unknown, text: string, key: string | null): SimulatorAnswer {
    if (key === null) return problem(400, "idempotency_key_missing", "Booking needs the header Idempotency-Key.");
    const digest = hash("sha1", text, "hex");
    const { books, id, carrier } = this.#options;
    const kept = books.answerOf(key);
    if (kept) return kept.hash === digest ? bookingAnswer(kept.parcel, true) : problem(422, "idempotency_key_reused", "This key was used with another body.");
    const parsed = bookingBody.safeParse(body);
    if (!parsed.success) return invalid(parsed.error.issues);
    if (books.size >= parcelsMax) return problem(503, "unavailable", `The simulator holds at most ${parcelsMax} parcels.`);
    const nowMs = Date.now();
    const work = carrier ? carrier.takeOn(parsed.data, this.#options.quirks().unknownCodeRate, nowMs) : this.#asUsual(parsed.data);
    if ("status" in work) return work;
    const name = randomUUID().replaceAll("-", "");
    const parcel = books.book({
      id: `bk_${name.slice(0, 20)}`, trackingCode: `${id.slice(0, 3).toUpperCase()}${name.slice(20).toUpperCase()}`,
      shipmentId: parsed.data.shipment_id, orderId: parsed.data.order_id, bookedAtMs: nowMs, ...work,
    }, { key, hash: digest });
    this.#options.begin(parcel);
    return bookingAnswer(parcel, false);
  }

  /** @param inWork a booking for it is being made right now: that there is none would be no lasting truth */
  find(shipmentId: string, inWork: boolean): SimulatorAnswer {
    if (!this.#options.carrier) return unknownPath;
    if (shipmentId === "") return problem(400, "invalid_request", "Name a shipment_id.");
    if (inWork) return problem(409, "booking_in_progress", "A booking is being made.");
    return bookingsAnswer(this.#options.books.parcelsOf(shipmentId));
  }

  cancel(bookingId: string): SimulatorAnswer {
    const { books, quirks, random } = this.#options;
    const parcel = books.parcel(bookingId);
    if (!parcel) return problem(404, "not_found", "There is no such booking.");
    if (parcel.state !== "labelled" && parcel.state !== "cancelled") return problem(409, "too_late", "The parcel has been picked up.");
    if (parcel.state === "labelled") books.cancel(parcel, happens(quirks().carriesCancelledRate, random));
    return { status: 200, body: { booking_id: parcel.booking.id, status: "cancelled" } };
  }

  track(trackingCode: string): SimulatorAnswer {
    const parcel = this.#options.books.parcelByTrackingCode(trackingCode);
    return parcel ? trackingAnswer(parcel) : problem(404, "not_found", "No parcel has this tracking code.");
  }

  label(bookingId: string): SimulatorAnswer {
    const { carrier, books, id } = this.#options;
    if (!carrier) return unknownPath;
    const parcel = books.parcel(bookingId);
    if (!parcel) return problem(404, "not_found", "There is no such booking.");
    if (parcel.state === "cancelled") return problem(410, "cancelled", "The label was voided.");
    this.#options.labelled(parcel);
    return labelAnswer(parcel, id, carrier.labelFormat);
  }

  instruct(bookingId: string, body: unknown): SimulatorAnswer {
    const { carrier, books, speed } = this.#options;
    if (!carrier) return unknownPath;
    const parcel = books.parcel(bookingId);
    if (!parcel) return problem(404, "not_found", "There is no such booking.");
    const parsed = instructionBody.safeParse(body);
    if (!parsed.success) return invalid(parsed.error.issues);
    const { instruction } = parsed.data;
    if (parcel.instruction !== instruction) {
      const isUnderway = parcel.state === "inTransit" || parcel.carried;
      if (!isUnderway) return problem(409, "too_late", "The parcel is not on its way.");
      const days = ((Date.now() - parcel.booking.bookedAtMs) * speed) / dayMs;
      books.instruct(parcel, instruction, journeyAs(instruction, parcel.booking.deal?.city ?? null, days));
      this.#options.begin(parcel);
    }
    return { status: 200, body: { booking_id: bookingId, instruction } };
  }

  #asUsual({ destination }: BookingBody): { readonly plan: readonly JourneyStep[]; readonly deal?: Deal } {
    const { times, quirks, random } = this.#options;
    return { plan: planJourney(times, destination.city, quirks().unknownCodeRate, random) };
  }
}

export const unknownPath = problem(404, "not_found", "There is nothing at this path.");

function invalid(issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]): SimulatorAnswer {
  return problem(400, "invalid_request", issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
}
