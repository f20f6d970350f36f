import type { Random } from "../../../src/commands/shipping/choice/chance.js";
import type { Candidate, ChoiceRequest } from "../../../src/commands/shipping/choice/choice.js";
import { choose } from "../../../src/commands/shipping/choice/choose.js";
import { dayMs, dayOf, emptyLane, learn, type LaneState, type Outcome } from "../../../src/commands/shipping/choice/lane-state.js";
import { laneKeys, regionOf, type Evidence, type LaneKey, type LaneKeys } from "../../../src/commands/shipping/choice/lanes.js";
import type { ChooserParameters } from "../../../src/commands/shipping/choice/parameters.js";
import { costs, type Dispatcher, type Given, type News, type Offer, type ParcelToSend } from "../reports.js";

/** So long after the promised day a silent parcel is declared lost. */
const lostAfterDays = 14;
/** Requests that are kept, for timing decisions on the season's own evidence. */
const requestsKept = 500;

interface UnderWay {
  readonly keys: LaneKeys;
  readonly dueDay: number;
}

/** Millrace's chooser with its table of evidence in memory. It sees what couriers report. */
export class OurDispatcher implements Dispatcher {
  readonly #rows = new Map<string, LaneState>();
  readonly #promised = new Map<number, { readonly region: string; readonly promisedDays: ReadonlyMap<string, number> }>();
  readonly #underWay = new Map<number, UnderWay>();
  readonly #parameters: ChooserParameters;
  readonly #random: Random | null;
  #today = 0;
  readonly requests: ChoiceRequest[] = [];

  /** @param random null tries nothing out */
  constructor(parameters: ChooserParameters, random: Random | null) {
    this.#parameters = parameters;
    this.#random = random;
  }

  choose(parcel: ParcelToSend, offers: readonly Offer[], nowMs: number): readonly Given[] {
    this.#declareLost(nowMs);
    const region = regionOf(parcel);
    const request: ChoiceRequest = {
      nowMs, parcel: { weightGrams: parcel.weightGrams, cashOnDeliveryMinor: 0, country: parcel.country, region, fineRegion: region },
      deadline: { days: parcel.deadlineDays, strict: false },
      candidates: offers.map((offer): Candidate => ({
        ...offer, limits: {}, evidence: this.#evidence(laneKeys(offer.courierId, offer.service, region, nowMs)),
      })),
      policy: { kind: "balanced", costs }, rules: { never: [], shareMax: {}, capacityPerDay: {} }, volume: { today: {}, window: {} },
      parameters: this.#parameters, random: this.#random,
    };
    this.requests[parcel.parcelId % requestsKept] = request;
    this.#promised.set(parcel.parcelId, { region, promisedDays: new Map(offers.map((offer) => [nameOf(offer), offer.promisedDays])) });
    return choose(request).candidates.filter(({ rank }) => rank !== null)
      .map(({ courierId, service }) => ({ parcelId: parcel.parcelId, courierId, service }));
  }

  hear(news: News): void {
    const { parcelId, atMs, kind } = news;
    switch (kind) {
      case "booked":
      case "booking_failed": {
        const region = this.#promised.get(parcelId)?.region ?? "*";
        this.#learn(laneKeys(news.courierId, news.service, region, atMs), { kind }, atMs);
        return;
      }
      case "handed_over": {
        const asked = this.#promised.get(parcelId);
        this.#promised.delete(parcelId);
        const keys = laneKeys(news.courierId, news.service, asked?.region ?? "*", atMs);
        const dueDay = dayOf(atMs) + (asked?.promisedDays.get(nameOf(news)) ?? this.#parameters.unpromisedDays);
        this.#underWay.set(parcelId, { keys, dueDay });
        this.#learn(keys, { kind, dueDay }, atMs);
        return;
      }
      case "delivered":
      case "returned": {
        const parcel = this.#underWay.get(parcelId);
        if (!parcel) return;
        this.#underWay.delete(parcelId);
        const { keys, dueDay } = parcel;
        this.#learn(keys, kind === "delivered" ? { kind, dueDay, deliveredDay: dayOf(atMs) } : { kind: "failed", dueDay }, atMs);
      }
    }
  }

  /** Once a day, as a job would. */
  #declareLost(nowMs: number): void {
    if (dayOf(nowMs) === this.#today) return;
    this.#today = dayOf(nowMs);
    for (const [parcelId, { keys, dueDay }] of this.#underWay) {
      if (dueDay + lostAfterDays >= this.#today) continue;
      this.#underWay.delete(parcelId);
      this.#learn(keys, { kind: "failed", dueDay }, this.#today * dayMs);
    }
  }

  #learn(keys: LaneKeys, outcome: Outcome, atMs: number): void {
    for (const key of Object.values(keys)) {
      const name = rowOf(key);
      this.#rows.set(name, learn(this.#rows.get(name) ?? emptyLane(atMs), outcome, atMs, this.#parameters.halfLifeDays));
    }
  }

  #evidence(keys: LaneKeys): Evidence {
    const row = (key: LaneKey): LaneState | undefined => this.#rows.get(rowOf(key));
    return { lane: row(keys.lane), service: row(keys.service), courier: row(keys.courier), all: row(keys.all), weekday: row(keys.weekday) };
  }
}

function rowOf({ courierId, service, region }: LaneKey): string {
  return `${courierId}/${service}/${region}`;
}

function nameOf({ courierId, service }: { readonly courierId: string; readonly service: string }): string {
  return `${courierId}/${service}`;
}
