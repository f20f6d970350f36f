import type { Considered, Weights } from "../../../events/courier-decisions.js";
import { scoreOf, termsOf } from "./policy.js";

/** A decision as it was kept. */
export interface PastDecision {
  readonly chosen: { readonly courierId: string; readonly service: string } | null;
  readonly explored: boolean;
  readonly candidates: readonly Considered[];
}

/** Who had the parcel, and who would have had it. */
export interface DecidedAgain {
  readonly before: Considered;
  readonly after: Considered;
  /** The one before had been tried out. */
  readonly explored: boolean;
}

/** Decides again, from what was expected then, under other weights and without trying anybody out. Null where nobody was left then. */
export function decideAgain({ chosen, explored, candidates }: PastDecision, weights: Weights): DecidedAgain | null {
  const able = candidates.filter(({ rank }) => rank !== null);
  const before = chosen && able.find(({ courierId, service }) => courierId === chosen.courierId && service === chosen.service);
  if (!before) return null;
  // Who comes behind others whatever it costs did so then, and does now: these are no matter of weights.
  const leading = able.filter(({ lost }) => lost !== "promised_too_late" && lost !== "no_price");
  const [first = before, ...others] = leading;
  const after = others.reduce((best, one) => (rate(one, weights) < rate(best, weights) ? one : best), first);
  return { before, after: rate(before, weights) === rate(after, weights) ? before : after, explored };
}

function rate({ priceMinor, expected, breaker }: Considered, weights: Weights): number {
  const terms = termsOf(priceMinor ?? 0, expected, weights);
  return scoreOf(breaker === "half_open" ? { ...terms, booking_failure: 0 } : terms);
}

/** What a number of parcels is expected to come to. */
export interface Expected {
  readonly priceMinor: number;
  readonly lateDays: number;
  readonly late: number;
  readonly failures: number;
  readonly bookingFailures: number;
  readonly days: number;
}

export function sumExpected(parcels: readonly Considered[]): Expected {
  const sum = (read: (one: Considered) => number): number => parcels.reduce((total, one) => total + read(one), 0);
  return {
    priceMinor: sum(({ priceMinor }) => priceMinor ?? 0), lateDays: sum(({ expected }) => expected.lateDays), late: sum(({ expected }) => expected.late),
    failures: sum(({ expected }) => expected.failure), bookingFailures: sum(({ expected }) => expected.bookingFailure), days: sum(({ expected }) => expected.days),
  };
}

/** How a person names the weights, and what they are called here. */
const named = { price: "price", day: "dayMinor", late: "lateDayMinor", failure: "failureMinor", booking: "bookingFailureMinor" } as const;
const nameList = Object.keys(named).join(", ");

/** A mistake in weights that a person wrote; its message says what is allowed. */
export class WeightsError extends Error {
  override readonly name = "WeightsError";
}

/** `price=1,late=250`: those that are not named stay as they are in `usual`. @throws WeightsError */
export function readWeights(text: string, usual: Weights): Weights {
  return text.split(",").reduce((weights, part) => {
    const [name = "", value = "", ...more] = part.split("=").map((piece) => piece.trim());
    const property = Object.hasOwn(named, name) ? named[name as keyof typeof named] : null;
    if (property === null) throw new WeightsError(`there is no weight ${JSON.stringify(name)}: there are ${nameList}`);
    const number = Number(value);
    if (value === "" || more.length > 0 || !Number.isFinite(number) || number < 0) {
      throw new WeightsError(`${name}: must be a number from 0 up, as in ${name}=${String(usual[property])}; there are ${nameList}`);
    }
    return { ...weights, [property]: number };
  }, usual);
}

export function tellWeights(weights: Weights): string {
  return Object.entries(named).map(([name, property]) => `${name}=${String(weights[property])}`).join(",");
}
