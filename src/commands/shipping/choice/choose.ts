import type { Considered, Exclusion, Expectation, LossReason, Term, Weights } from "../../../events/courier-decisions.js";
import { believe } from "./beliefs.js";
import type { Random } from "./chance.js";
import type { Candidate, ChoiceRequest, Decision } from "./choice.js";
import { expectationOf, readDraw, readMean, sampleSizes, slackDaysMax, weekdayFactors, type Reading } from "./estimates.js";
import { scoreOf, termsOf, weightsOf, type Terms } from "./policy.js";
import { excludedBy } from "./rules.js";

/** A candidate with all that is thought of it. */
interface Judged {
  readonly candidate: Candidate;
  readonly excluded: Exclusion | null;
  /** It promises to come later than a strict deadline. */
  readonly tooLate: boolean;
  /** Nobody knows what it costs. */
  readonly unpriced: boolean;
  readonly expected: Expectation;
  readonly terms: Terms;
  readonly score: number;
  /** Its score again, by another reading of what is believed. */
  readonly scoreBy: (read: Reading) => number;
}

/**
 * Ranks the candidates for one parcel by expected total cost, so that where one fails the next is asked.
 * The same request gives the same decision; chance comes in with it.
 */
export function choose(request: ChoiceRequest): Decision {
  const weights = weightsOf(request.policy);
  const judged = request.candidates.map((candidate) => judge(candidate, request, weights)).sort(compare);
  const able = judged.filter(({ excluded }) => excluded === null);
  const best = able[0];
  const chosen = best && request.random ? explore(best, able, request.parameters.explorationShare, request.random) : best;
  const order = chosen ? [chosen, ...judged.filter((one) => one !== chosen)] : judged;
  return {
    chosen: chosen ? { courierId: chosen.candidate.courierId, service: chosen.candidate.service } : null,
    explored: chosen !== best,
    candidates: order.map((one, index) => consider(one, index, chosen, request)),
  };
}

function judge(candidate: Candidate, request: ChoiceRequest, weights: Weights): Judged {
  const { parameters, nowMs, deadline } = request;
  const promisedDays = candidate.promisedDays ?? parameters.unpromisedDays;
  const slackDays = deadline ? Math.min(slackDaysMax, deadline.days - promisedDays) : 0;
  const { service, lane } = believe(candidate.evidence, parameters, nowMs);
  const factors = weekdayFactors(service, candidate.evidence.weekday, parameters, nowMs);
  const expectedBy = (read: Reading): Expectation => expectationOf(lane, factors, promisedDays, slackDays, read);
  const expected = expectedBy(readMean);
  const terms = termsFor(candidate, expected, weights);
  return {
    candidate, excluded: excludedBy(candidate, request), expected, terms, score: scoreOf(terms),
    tooLate: deadline !== null && deadline.strict && slackDays < 0, unpriced: candidate.priceMinor === null,
    scoreBy: (read) => scoreOf(termsFor(candidate, expectedBy(read), weights)),
  };
}

/** While a breaker is half open its courier's past refusals say nothing: the probe finds out, and the breaker bounds what it costs. */
function termsFor({ priceMinor, breaker }: Candidate, expected: Expectation, weights: Weights): Terms {
  const terms = termsOf(priceMinor ?? 0, expected, weights);
  return breaker === "half_open" ? { ...terms, booking_failure: 0 } : terms;
}

/** Those that are out come last, before them those without a price, and those that promise too late; ties are decided by price, then by name. */
function compare(one: Judged, other: Judged): number {
  return Number(one.excluded !== null) - Number(other.excluded !== null)
    || Number(one.unpriced) - Number(other.unpriced)
    || Number(one.tooLate) - Number(other.tooLate)
    || one.score - other.score
    || (one.candidate.priceMinor ?? 0) - (other.candidate.priceMinor ?? 0)
    || (nameOf(one) < nameOf(other) ? -1 : 1);
}

function nameOf({ candidate }: Judged): string {
  return `${candidate.courierId}/${candidate.service}`;
}

/**
 * Thompson sampling with a bound: who is best by a draw from what is believed is tried, but where that is expected to cost more than
 * `share` of the best score, only so often that on average it costs no more.
 */
function explore(best: Judged, able: readonly Judged[], share: number, random: Random): Judged {
  const read = readDraw(random);
  let chosen = best;
  let lowest = Infinity;
  for (const one of able) {
    if (one.tooLate !== best.tooLate || one.unpriced !== best.unpriced) continue;
    const drawn = one.scoreBy(read);
    if (drawn < lowest) [chosen, lowest] = [one, drawn];
  }
  const extra = chosen.score - best.score;
  return random() * extra <= share * Math.max(0, best.score) ? chosen : best;
}

function consider(one: Judged, index: number, chosen: Judged | undefined, { parameters, nowMs }: ChoiceRequest): Considered {
  const { candidate: { courierId, service, priceMinor, priceSource, promisedDays, breaker, evidence }, excluded, expected, score } = one;
  const { bookings, outcomes } = sampleSizes(evidence.lane, parameters, nowMs);
  return {
    courierId, service, rank: excluded === null ? index + 1 : null, priceMinor, priceSource, promisedDays, breaker,
    expected: {
      bookingFailure: rounded(expected.bookingFailure, 4), failure: rounded(expected.failure, 4), late: rounded(expected.late, 4),
      lateDays: rounded(expected.lateDays, 3), days: rounded(expected.days, 2),
    },
    sampleSizes: { bookings: rounded(bookings, 1), outcomes: rounded(outcomes, 1) },
    scoreMinor: priceMinor === null ? null : Math.round(score),
    lost: one === chosen ? null : excluded ?? (chosen ? lossAgainst(one, chosen) : null),
  };
}

function lossAgainst(loser: Judged, winner: Judged): LossReason {
  if (loser.unpriced && !winner.unpriced) return "no_price";
  if (loser.tooLate && !winner.tooLate) return "promised_too_late";
  if (loser.score < winner.score) return "not_tried";
  if (loser.score === winner.score) return "tie";
  const terms: readonly Term[] = ["price", "days", "lateness", "failure", "booking_failure"];
  return terms.reduce((worst, term) => (loser.terms[term] - winner.terms[term] > loser.terms[worst] - winner.terms[worst] ? term : worst));
}

function rounded(value: number, digits: number): number {
  const unit = 10 ** digits;
  return Math.round(value * unit) / unit;
}
