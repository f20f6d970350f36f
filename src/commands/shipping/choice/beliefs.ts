import { meanOf, type Beta } from "./chance.js";
import { dayOf, earliestOffset, emptyLane, failedIn, weightAt, type LaneState } from "./lane-state.js";
import type { Evidence } from "./lanes.js";
import type { ChooserParameters } from "./parameters.js";

/** What is believed of a service somewhere: three uncertain things, each with how much was seen of it. */
export interface Beliefs {
  readonly bookingFailure: Beta;
  readonly failure: Beta;
  /** The nth: that a parcel not delivered before that day is delivered on it; one for each day against the promise but the last. */
  readonly hazards: readonly Beta[];
}

const nothing = emptyLane(0);

/**
 * From the general to the special, each level the prior of the next (partial pooling): all, courier, service, lane.
 * What is believed of the service in all regions comes too: its weekdays are compared with it.
 */
export function believe(evidence: Evidence, parameters: ChooserParameters, nowMs: number): { readonly service: Beliefs; readonly lane: Beliefs } {
  const service = [evidence.all, evidence.courier, evidence.service]
    .reduce((beliefs, state) => update(beliefs, state ?? nothing, parameters, nowMs), priorBeliefs(parameters));
  return { service, lane: update(service, evidence.lane ?? nothing, parameters, nowMs) };
}

function priorBeliefs({ prior, priorStrength }: ChooserParameters): Beliefs {
  let left = 1;
  const hazards = prior.arrivals.slice(0, -1).map((share) => {
    const hazard = Math.min(1, share / left);
    const certainty = certaintyAt(left, priorStrength);
    left = Math.max(1e-9, left - share);
    return beta(hazard, certainty);
  });
  return { bookingFailure: beta(prior.bookingFailure, priorStrength), failure: beta(prior.failure, priorStrength), hazards };
}

/** The level above, worth `priorStrength` parcels, and what was seen here. */
function update(above: Beliefs, state: LaneState, { halfLifeDays, priorStrength }: ChooserParameters, nowMs: number): Beliefs {
  const weight = weightAt(state.atMs, nowMs, halfLifeDays);
  const delivered = sumOf(state.arrivals);
  return {
    bookingFailure: beta(meanOf(above.bookingFailure), priorStrength, weight * state.refused, weight * state.booked),
    failure: beta(meanOf(above.failure), priorStrength, weight * failedIn(state), weight * delivered),
    hazards: updateHazards(above.hazards, state, { weight, delivered, priorStrength, today: dayOf(nowMs) }),
  };
}

interface Weighing {
  readonly weight: number;
  readonly delivered: number;
  readonly priorStrength: number;
  readonly today: number;
}

/**
 * Kaplan and Meier's estimator with a prior: on each day against the promise, those delivered on it against those that were still
 * to be delivered after it. A parcel under way counts for all days that it has outlived, so one that is overdue is late already.
 */
function updateHazards(above: readonly Beta[], state: LaneState, { weight, delivered, priorStrength, today }: Weighing): Beta[] {
  const waiting = outlivedFrom(state, today);
  let later = delivered * weight;
  let survival = 1;
  return above.map((prior, index) => {
    const arrived = weight * (state.arrivals[index] ?? 0);
    later = Math.max(0, later - arrived);
    const certainty = certaintyAt(survival, priorStrength);
    const mean = meanOf(prior);
    survival *= 1 - mean;
    return beta(mean, certainty, arrived, later + (waiting[index] ?? 0));
  });
}

/** How many parcels under way have outlived each day against the promise; the nth belongs to the nth hazard. */
function outlivedFrom({ arrivals, underWay }: LaneState, today: number): readonly number[] {
  const outlived = arrivals.map(() => 0);
  for (const [dueDay, parcels] of underWay) {
    const last = Math.min(outlived.length, today - dueDay - earliestOffset) - 1;
    if (parcels > 0 && last >= 0) outlived[last] = (outlived[last] ?? 0) + parcels;
  }
  for (let index = outlived.length - 2; index >= 0; index--) outlived[index] = (outlived[index] ?? 0) + (outlived[index + 1] ?? 0);
  return outlived;
}

/** Of the prior's parcels only those that come as far say something of a day; never less than one, or a single parcel would decide it. */
function certaintyAt(survival: number, priorStrength: number): number {
  return Math.max(1, survival * priorStrength);
}

function beta(mean: number, certainty: number, hits = 0, misses = 0): Beta {
  return { hits: mean * certainty + hits, misses: (1 - mean) * certainty + misses };
}

export function sumOf(counts: readonly number[]): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}
