import { dayMs, dayOf } from "../../../src/commands/shipping/choice/lane-state.js";
import { costs, type Dispatcher, type Given, type News, type Offer } from "../reports.js";
import { Agenda } from "./agenda.js";
import { bookingFails, fateOf } from "./dice.js";
import { parcelsOf, type SeasonParcel } from "./parcels.js";
import { SeasonBreaker } from "./season-breaker.js";
import { regions, type World } from "./world.js";

/** What a season cost, in minor units, and how often the dead courier was called on the day that it was dead. */
export interface SeasonResult {
  readonly priceMinor: number;
  readonly lateMinor: number;
  readonly failedMinor: number;
  readonly bookingFailedMinor: number;
  readonly totalMinor: number;
  readonly lateParcels: number;
  readonly failedParcels: number;
  readonly dead: { readonly callsInFirstSeconds: number; readonly callsAfter: number; readonly probes: number };
}

const answerMs = 300;
/** A question for rates that hangs counts as failed by then, as the platform counts it. */
const questionSlowMs = 1_200;
/** A call that hangs is given up by then. */
const callTimeoutMs = 2_000;
/** Until a parcel that nobody took is tried again. */
const backOffMs = 60_000;
const firstSecondsMs = 10_000;
/** A courier leaves a question for its rates unanswered so often: its last price is used. */
const unansweredEvery = 50;

/** Plays one season: parcels come, the dispatcher ranks, bookings succeed or not, and news comes when it would. */
export class Season {
  readonly #world: World;
  readonly #seed: number;
  readonly #dispatcher: Dispatcher;
  readonly #agenda = new Agenda();
  readonly #breakers = new Map<string, SeasonBreaker>();
  readonly #total = { priceMinor: 0, lateMinor: 0, failedMinor: 0, bookingFailedMinor: 0, lateParcels: 0, failedParcels: 0 };
  readonly #dead = { callsInFirstSeconds: 0, callsAfter: 0, probes: 0 };

  constructor(world: World, seed: number, dispatcher: Dispatcher) {
    this.#world = world;
    this.#seed = seed;
    this.#dispatcher = dispatcher;
  }

  play(): SeasonResult {
    for (const parcel of parcelsOf(this.#seed, this.#world)) this.#agenda.enter(parcel.atMs, (nowMs) => { this.#dispatch(parcel, nowMs, 0); });
    this.#agenda.play();
    const { priceMinor, lateMinor, failedMinor, bookingFailedMinor } = this.#total;
    return { ...this.#total, totalMinor: priceMinor + lateMinor + failedMinor + bookingFailedMinor, dead: this.#dead };
  }

  #dispatch(parcel: SeasonParcel, nowMs: number, attempt: number): void {
    const { country, postalCode } = regions[parcel.region]!;
    const { parcelId, weightGrams, deadlineDays } = parcel;
    this.#question(parcel, nowMs);
    const order = this.#dispatcher.choose({ parcelId, weightGrams, country, postalCode, deadlineDays }, this.#offers(parcel, nowMs), nowMs);
    this.#ask(parcel, order, nowMs, attempt);
  }

  /** Every courier that may take it is asked for its rates, unless its breaker is open; each breaker hears whether there was an answer. */
  #question(parcel: SeasonParcel, nowMs: number): void {
    const silent = new Map<string, boolean>();
    for (const [index, { courierId }] of this.#world.services.entries()) {
      if (this.#world.goesTo(index, parcel.region, parcel.weightGrams)) silent.set(courierId, (silent.get(courierId) ?? false) || this.#isSilent(parcel, index, nowMs));
    }
    for (const [courierId, isSilent] of silent) {
      const breaker = this.#breaker(courierId);
      if (breaker.state(nowMs) === "closed") this.#agenda.enter(nowMs + (isSilent ? questionSlowMs : answerMs), (doneMs) => { breaker.answered(doneMs, !isSilent); });
    }
  }

  #isSilent({ parcelId }: SeasonParcel, index: number, nowMs: number): boolean {
    return this.#world.isDead(this.#world.services[index]?.courierId ?? "", nowMs) || (parcelId + index) % unansweredEvery === 0;
  }

  #offers(parcel: SeasonParcel, nowMs: number): Offer[] {
    return this.#world.services.flatMap(({ courierId, service }, index) => {
      if (!this.#world.goesTo(index, parcel.region, parcel.weightGrams)) return [];
      const breaker = this.#breaker(courierId);
      const silent = this.#isSilent(parcel, index, nowMs);
      return [{
        courierId, service, priceMinor: this.#world.priceMinor(index, parcel.region, parcel.weightGrams, dayOf(nowMs) - (silent ? 1 : 0)),
        priceSource: silent ? "last_known" : "quoted", promisedDays: this.#world.promisedDays(index, parcel.region),
        breaker: breaker.state(nowMs), probeFree: breaker.probeFree,
      } as const];
    });
  }

  /** Goes down the list until one takes the parcel; with nobody left it waits, and is decided anew. */
  #ask(parcel: SeasonParcel, order: readonly Given[], nowMs: number, attempt: number): void {
    const [next, ...others] = order;
    if (!next) {
      this.#agenda.enter(nowMs + backOffMs, (laterMs) => { this.#dispatch(parcel, laterMs, attempt); });
      return;
    }
    const breaker = this.#breaker(next.courierId);
    const state = breaker.state(nowMs);
    if (state === "open" || (state === "half_open" && !breaker.probeFree)) {
      this.#ask(parcel, others, nowMs, attempt);
      return;
    }
    const probe = breaker.begin(nowMs);
    this.#countDead(next.courierId, nowMs, probe);
    const service = this.#indexOf(next);
    const behaviour = this.#world.behaviour(service, parcel.region, dayOf(nowMs));
    const dead = this.#world.isDead(next.courierId, nowMs);
    const fails = dead || bookingFails(this.#seed, parcel.parcelId, service, attempt, behaviour);
    const tookMs = dead && this.#world.dead.hangs ? callTimeoutMs : answerMs;
    this.#agenda.enter(nowMs + tookMs, (doneMs) => {
      breaker.end(doneMs, !fails, probe);
      this.#tell(next, fails ? "booking_failed" : "booked", doneMs);
      if (!fails) { this.#carry(parcel, next, service, doneMs); return; }
      this.#total.bookingFailedMinor += costs.bookingFailureMinor;
      this.#ask(parcel, others, doneMs, attempt + 1);
    });
  }

  #carry(parcel: SeasonParcel, given: Given, service: number, bookedMs: number): void {
    const today = dayOf(bookedMs);
    const { region, weightGrams, deadlineDays, parcelId } = parcel;
    this.#total.priceMinor += this.#world.priceMinor(service, region, weightGrams, today);
    const fate = fateOf(this.#seed, parcelId, service, this.#world.behaviour(service, region, today));
    const daysUnderWay = Math.max(0, this.#world.promisedDays(service, region) + fate.offset);
    this.#agenda.enter(today * dayMs + 20 * dayMs / 24, (eveningMs) => { this.#tell(given, "handed_over", eveningMs); });
    const arrivalMs = (today + daysUnderWay) * dayMs + 22 * dayMs / 24;
    if (fate.kind !== "delivered") {
      this.#total.failedMinor += costs.failureMinor;
      this.#total.failedParcels++;
      if (fate.kind === "returned") this.#agenda.enter(arrivalMs, (backMs) => { this.#tell(given, "returned", backMs); });
      return;
    }
    const lateDays = Math.max(0, daysUnderWay - deadlineDays);
    this.#total.lateMinor += lateDays * costs.lateDayMinor;
    if (lateDays > 0) this.#total.lateParcels++;
    this.#agenda.enter(arrivalMs, (doneMs) => { this.#tell(given, "delivered", doneMs); });
  }

  #tell(given: Given, kind: News["kind"], atMs: number): void {
    const { parcelId, courierId, service } = given;
    this.#dispatcher.hear({ kind, parcelId, courierId, service, atMs });
  }

  #countDead(courierId: string, nowMs: number, probe: boolean): void {
    if (!this.#world.isDead(courierId, nowMs)) return;
    if (probe) this.#dead.probes++;
    else if (nowMs < this.#world.diesAtMs + firstSecondsMs) this.#dead.callsInFirstSeconds++;
    else this.#dead.callsAfter++;
  }

  #breaker(courierId: string): SeasonBreaker {
    const known = this.#breakers.get(courierId) ?? new SeasonBreaker();
    this.#breakers.set(courierId, known);
    return known;
  }

  #indexOf({ courierId, service }: Given): number {
    return this.#world.services.findIndex((one) => one.courierId === courierId && one.service === service);
  }
}
