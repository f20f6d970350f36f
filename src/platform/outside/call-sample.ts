import { CircuitState, ConsecutiveBreaker, SamplingBreaker } from "cockatiel";
import type { BreakerOpened } from "../../kernel/breaker.js";

export interface SampleOptions {
  /** Trips where more than this share of the calls in the window failed; above 0, below 1. */
  readonly failureRate: number;
  readonly windowMs: number;
  /** Fewer calls in the window than this never trip it. */
  readonly callsMin: number;
  /** So many failures without a success between them trip it, however long they took; 0: never. */
  readonly failuresInRow: number;
}

export type Trip = Pick<BreakerOpened, "reason" | "failureRate" | "calls">;

/** The window and the row of failures of one kind of calls in this process. */
export class CallSample {
  readonly #window: SamplingBreaker;
  readonly #row: ConsecutiveBreaker | null;

  constructor({ failureRate: threshold, windowMs: duration, callsMin, failuresInRow }: SampleOptions) {
    this.#window = new SamplingBreaker({ threshold, duration, minimumRps: callsMin / (duration / 1_000) });
    this.#row = failuresInRow === 0 ? null : new ConsecutiveBreaker(failuresInRow);
  }

  succeeded(): void {
    this.#window.success(CircuitState.Closed);
    this.#row?.success();
  }

  /** @returns why the breaker has to open; null where it need not */
  failed(): Trip | null {
    const inRow = this.#row?.failure() ?? false;
    if (this.#window.failure(CircuitState.Closed)) return { reason: "failure_rate", ...this.#counted() };
    return inRow ? { reason: "failures_in_row", ...this.#counted() } : null;
  }

  #counted(): { readonly failureRate: number; readonly calls: number } {
    const { currentFailures, currentSuccesses } = this.#window.state as { readonly currentFailures: number; readonly currentSuccesses: number };
    const calls = currentFailures + currentSuccesses;
    return { failureRate: currentFailures / calls, calls };
  }
}
