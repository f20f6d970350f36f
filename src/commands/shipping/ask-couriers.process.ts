import type { Considered } from "../../events/courier-decisions.js";
import type { Booking, Destination } from "../../gateways/couriers/courier-port.js";
import { GatewayError } from "../../platform/http-client/gateway-error.js";
import { bookingFailureOf, bookWithin, comeBack, type BookingFailure } from "./booking-call.process.js";
import { CourierDesk, requestOf, type OfParcel, type ShippingJobs } from "./courier-desk.process.js";
import type { Weighed } from "./market/parcel-market.js";
import { NoCourierAlert } from "./no-courier.alert.js";
import type { KnownParcel } from "./parcel.reader.js";
import { isImpossibleFor, type NextAttempt } from "./shipment/allocation.rules.js";
import type { ParcelContent, Shipment } from "./shipment/shipment-state.js";

/** A parcel that is to be given to a courier. */
export interface ParcelToSend extends OfParcel {
  readonly content: ParcelContent;
  /** Millimetres, longest first; absent where nobody measured. */
  readonly sizeMm?: readonly [number, number, number];
  readonly destination: Destination;
}

/** Why a courier cannot have this parcel, today or ever. */
const lasting: ReadonlySet<Considered["lost"]> = new Set<Considered["lost"]>(["rule_never", "destination", "too_heavy", "too_large", "no_cash_on_delivery"]);

/** A courier may have nothing to offer for a moment; one that has nothing for so long does not carry such a parcel. */
const unservedSeconds = 60;

interface Tried {
  readonly courierId: string;
  readonly failure: BookingFailure;
}

/** Asks couriers for parcels, one after the other, each in the ranked order of one decision. */
export class AskCouriers {
  readonly #desk: CourierDesk;
  readonly #jobs: ShippingJobs;
  readonly #alert: NoCourierAlert;

  constructor(jobs: ShippingJobs) {
    this.#jobs = jobs;
    this.#desk = new CourierDesk(jobs);
    this.#alert = new NoCourierAlert(jobs.alerts);
  }

  /** Nothing where a courier has the parcel already. @throws GatewayError `heldBack` where it has to wait: it comes back by itself */
  async send(parcel: ParcelToSend): Promise<void> {
    const known = await this.#takeOver(parcel);
    const { shipment } = known;
    if (shipment.booking === "booked" || shipment.booking === "cancelled" || isImpossibleFor(shipment, parcel.causationId)) return;
    const sending = { ...parcel, content: shipment.content ?? parcel.content };
    const weighed = await this.#weigh(sending, shipment);
    const tried = await this.#askInTurn(sending, weighed);
    if (tried === "sent") return;
    if (tried.length === 0 && await this.#cleared(sending, shipment)) throw comeBack(1, `what was in doubt of parcel ${parcel.shipmentId} is cleared up`);
    await this.#wait(sending, known, weighed, tried);
  }

  /** What is left of a parcel that nobody wants sent any more: no call is forgotten. */
  async leave(parcel: OfParcel): Promise<void> {
    const { shipment, openSeconds } = await this.#desk.parcel(parcel.shipmentId);
    if (openSeconds !== null) await this.#giveUpAbandoned(parcel, shipment, openSeconds);
  }

  /** An attempt that is under way is somebody else's. One that is too old lost its worker: its courier is asked what it did, before any other is. */
  async #takeOver(parcel: ParcelToSend): Promise<KnownParcel> {
    const known = await this.#desk.parcel(parcel.shipmentId);
    if (known.openSeconds === null) return known;
    await this.#giveUpAbandoned(parcel, known.shipment, known.openSeconds);
    await this.#cleared(parcel, (await this.#desk.parcel(parcel.shipmentId)).shipment);
    return this.#desk.parcel(parcel.shipmentId);
  }

  async #giveUpAbandoned(parcel: OfParcel, { attempts }: Shipment, openSeconds: number): Promise<void> {
    const abandonedSeconds = 3 * this.#jobs.bookTimeoutMs / 1_000 + 1;
    if (openSeconds < abandonedSeconds) throw comeBack(Math.max(1, abandonedSeconds - openSeconds), elsewhere(parcel));
    const open = attempts.find(({ state }) => state === "open");
    const gone = { code: "abandoned", message: "the worker that called was gone", inDoubt: true, next: null } as const;
    if (open) await this.#desk.move(parcel, { type: "GiveUpAttempt", attempt: open.attempt, ...gone });
  }

  /** Asks after what is in doubt, as far as couriers answer; their own jobs go on asking. @returns whether there was an answer */
  async #cleared(parcel: OfParcel, { attempts, content }: Shipment): Promise<boolean> {
    if (!content) return false;
    const answers = await Promise.all(attempts.filter(({ state }) => state === "in_doubt").map((attempt) => (
      this.#desk.settle(parcel, { attempts }, content, attempt).then(() => true, (error: unknown) => {
        if (error instanceof GatewayError) return false;
        throw error;
      })
    )));
    return answers.includes(true);
  }

  #weigh({ shipmentId, orderId, content, sizeMm, destination }: ParcelToSend, { attempts }: Shipment): Promise<Weighed> {
    const { weightGrams, cashOnDeliveryMinor } = content;
    const asked = new Map<string, "in_doubt" | "failed_before">();
    for (const { courierId, state, forGood } of attempts) {
      if (forGood && !asked.has(courierId)) asked.set(courierId, "failed_before");
      if (state === "in_doubt" || state === "surplus") asked.set(courierId, "in_doubt");
    }
    return this.#jobs.market.weigh({
      shipmentId, orderId, destination, cashOnDeliveryMinor, asked, parcel: { weightGrams, ...(sizeMm ? { sizeMm } : {}) }, nowMs: Date.now(),
    });
  }

  /** @returns those that failed, where none took it; each was written down before it was called */
  async #askInTurn(parcel: ParcelToSend, weighed: Weighed): Promise<"sent" | readonly Tried[]> {
    const { lines, parcelCount, packing } = parcel.content;
    const tried: Tried[] = [];
    let next = await weighed.next(Date.now());
    if (!next) return tried;
    const decision = { ...weighed.decision, lines, parcelCount, ...(packing === undefined ? {} : { packing }) };
    let { begun } = await this.#desk.move(parcel, { type: "Decide", decision, next, delayReason: "" });
    while (next) {
      if (begun === null) throw comeBack(1, elsewhere(parcel));
      const failure = await this.#ask(parcel, next, begun);
      if (!failure) return "sent";
      tried.push({ courierId: next.courierId, failure });
      next = await weighed.next(Date.now());
      ({ begun } = await this.#desk.move(parcel, { type: "GiveUpAttempt", attempt: begun, ...failure, next }));
    }
    return tried;
  }

  async #ask(parcel: ParcelToSend, next: NextAttempt, attempt: number): Promise<BookingFailure | null> {
    const courier = this.#jobs.market.courier(next.courierId);
    if (!courier) return { code: "held_back", message: "the settings name no such courier", inDoubt: false };
    const called = { ...next, attempt };
    let booking;
    // Whoever has moved on meanwhile has a label too many then; where it cannot be written down, the attempt's own job finds it.
    const late = (label: Booking): void => { this.#desk.record(parcel, parcel.content, called, label).catch(() => undefined); };
    try {
      booking = await bookWithin(courier, requestOf(parcel, parcel.content, called, parcel.destination), this.#jobs.bookTimeoutMs, late);
    } catch (error) {
      if (error instanceof GatewayError) return bookingFailureOf(error);
      throw error;
    }
    await this.#desk.record(parcel, parcel.content, called, booking);
    this.#alert.over();
    return null;
  }

  /** @throws GatewayError unless no courier will ever take it */
  async #wait(parcel: ParcelToSend, { shipment, searchSeconds }: KnownParcel, weighed: Weighed, tried: readonly Tried[]): Promise<void> {
    const { shipmentId, orderId, content: { lines, parcelCount, packing } } = parcel;
    const ofPacking = packing === undefined ? {} : { packing };
    const reason = weighed.impossible ?? refusedByAll(weighed, shipment, tried) ?? (searchSeconds > unservedSeconds ? unserved(weighed) : null);
    if (reason !== null) {
      await this.#desk.move(parcel, { type: "RecordImpossible", shipmentId, orderId, reason, wantedBy: parcel.causationId, ...ofPacking });
      return;
    }
    const delayReason = tried.map(({ courierId, failure }) => `${courierId}: ${failure.code}`).join(", ") || weighed.delayReason;
    // Our own limits are no courier's fault. They may be over in a moment, and each time that they are not leaves an attempt in the parcel's history.
    const isOurs = tried.length > 0 && tried.every(({ failure }) => failure.code === "held_back");
    if (isOurs) throw comeBack(patienceSeconds(searchSeconds), `parcel ${shipmentId} was not offered to anybody: ${delayReason}`);
    const decision = { ...withoutTried(weighed.decision, tried), lines, parcelCount, ...ofPacking };
    if (!shipment.delayed || tried.length > 0) await this.#desk.move(parcel, { type: "Decide", decision, next: null, delayReason });
    // What is over within seconds wakes nobody.
    if (shipment.delayed) this.#alert.raise(delayReason);
    throw comeBack(patienceSeconds(searchSeconds), `no courier takes parcel ${shipmentId} now: ${delayReason}`);
  }
}

/** Doubled by chance, so that it is at most 15 s in the first ten minutes; for one that has waited so long, a minute. */
function patienceSeconds(searchSeconds: number): number {
  return Math.max(1, Math.min(searchSeconds / 4, searchSeconds < 600 ? 7.5 : 30));
}

function elsewhere({ shipmentId }: OfParcel): string {
  return `somebody else asks a courier for parcel ${shipmentId}`;
}

function refusedByAll({ decision: { candidates, unanswered } }: Weighed, { attempts }: Shipment, tried: readonly Tried[]): string | null {
  const refused = new Map(attempts.filter(({ forGood }) => forGood).map(({ courierId }) => [courierId, "no"]));
  for (const { courierId, failure } of tried) if (failure.forGood) refused.set(courierId, failure.code);
  if (refused.size === 0 || unanswered.some((courierId) => !refused.has(courierId))) return null;
  if (candidates.some(({ courierId, lost }) => !refused.has(courierId) && !lasting.has(lost))) return null;
  return `no courier takes it: ${[...refused].map(([courierId, code]) => `${courierId} says ${code}`).join(", ")}`;
}

function unserved({ decision: { candidates, unanswered } }: Weighed): string | null {
  const isUnserved = unanswered.length === 0 && candidates.length > 0 && candidates.every(({ lost }) => lasting.has(lost));
  const reasons = candidates.map(({ courierId, service, lost }) => `${courierId}/${service}: ${String(lost)}`);
  return isUnserved ? `no courier carries it: ${reasons.join(", ")}` : null;
}

/** The same decision when all of its ranking has failed. */
function withoutTried(decision: Weighed["decision"], tried: readonly Tried[]): Weighed["decision"] {
  const failures = new Map(tried.map(({ courierId, failure }) => [courierId, failure]));
  return {
    ...decision, chosen: null, explored: false,
    candidates: decision.candidates.map((candidate): Considered => {
      const failure = failures.get(candidate.courierId);
      return failure ? { ...candidate, rank: null, lost: failure.inDoubt ? "in_doubt" : "failed_before" } : candidate;
    }),
  };
}
