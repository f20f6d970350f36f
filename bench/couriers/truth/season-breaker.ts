import { CircuitState, SamplingBreaker } from "cockatiel";

/** As couriers have it by default (`src/cli/couriers.ts`): three failures in a row are enough, however rare the bookings. */
const options = { failureRate: 0.5, windowMs: 10_000, callsMin: 5, failuresInRow: 3, openMs: 2_000, openMaxMs: 300_000 };
/** The mean of the platform's jitter, so that a season can be played again. */
const jitter = 0.75;

/** The platform's breaker by the season's clock: the same counting (cockatiel's) of bookings and of questions, each by themselves, the same doubling, one probe at a time. */
export class SeasonBreaker {
  #bookings = new Sample();
  #questions = new Sample();
  #state: "closed" | "open" | "half_open" = "closed";
  #openUntilMs = 0;
  #failedProbes = 0;
  #probing = false;

  state(nowMs: number): "closed" | "open" | "half_open" {
    if (this.#state === "open" && nowMs >= this.#openUntilMs) this.#state = "half_open";
    return this.#state;
  }

  get probeFree(): boolean {
    return !this.#probing;
  }

  /** @returns whether the call that begins is a probe */
  begin(nowMs: number): boolean {
    const probe = this.state(nowMs) === "half_open";
    if (probe) this.#probing = true;
    return probe;
  }

  end(nowMs: number, wentWell: boolean, probe: boolean): void {
    if (probe) this.#probing = false;
    // What began before it opened and ends meanwhile changes nothing.
    if (this.#state === "open") return;
    const opens = this.#bookings.counts(nowMs, wentWell, probe);
    if (opens) this.#open(nowMs);
    else if (wentWell && probe) this.#close();
  }

  /** An answer to a question for rates, or none; a question is no probe. */
  answered(nowMs: number, wentWell: boolean): void {
    if (this.state(nowMs) === "closed" && this.#questions.counts(nowMs, wentWell, false)) this.#open(nowMs);
  }

  #open(nowMs: number): void {
    const openMs = Math.min(options.openMaxMs, options.openMs * 2 ** this.#failedProbes);
    this.#state = "open";
    this.#openUntilMs = nowMs + Math.ceil(openMs * jitter);
    this.#failedProbes++;
  }

  /** What was counted before is forgotten. */
  #close(): void {
    [this.#state, this.#failedProbes] = ["closed", 0];
    [this.#bookings, this.#questions] = [new Sample(), new Sample()];
  }
}

class Sample {
  readonly #counting = newCounting();
  #failedInRow = 0;

  /** @returns whether that opens the breaker */
  counts(nowMs: number, wentWell: boolean, probe: boolean): boolean {
    const state = probe ? CircuitState.HalfOpen : CircuitState.Closed;
    if (wentWell) {
      this.#failedInRow = 0;
      byClock(nowMs, () => { this.#counting.success(state); });
      return false;
    }
    this.#failedInRow++;
    return byClock(nowMs, () => this.#counting.failure(state)) || this.#failedInRow >= options.failuresInRow;
  }
}

function newCounting(): SamplingBreaker {
  const { failureRate: threshold, windowMs: duration, callsMin } = options;
  return new SamplingBreaker({ threshold, duration, minimumRps: callsMin / (duration / 1_000) });
}

/** Cockatiel counts by `Date.now`, and asks nobody else for the time. */
function byClock<Result>(nowMs: number, work: () => Result): Result {
  const real = Date.now;
  Date.now = () => nowMs;
  try {
    return work();
  } finally {
    Date.now = real;
  }
}
