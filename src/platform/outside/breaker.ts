import { performance } from "node:perf_hooks";
import { isProbeFree, stateAt, type BreakerCondition, type BreakerState } from "../../kernel/breaker.js";
import { newId } from "../../kernel/ids.js";
import { GatewayError } from "../http-client/gateway-error.js";
import { CallSample } from "./call-sample.js";
import { Hearing } from "./hearing.js";
import type { SharedBreaker } from "./shared-breaker.js";

export interface BreakerOptions {
  /** Opens where more than this share of the calls in the window failed. Default 0.8: below it repetitions still get through. */
  readonly failureRate?: number;
  /** Default 10,000. */
  readonly windowMs?: number;
  /** Fewer calls in the window than this never open it. Default 20. */
  readonly callsMin?: number;
  /** So many failures without a success between them open it, however long they took. Default 0: never. */
  readonly failuresInRow?: number;
  /** A call that takes longer counts as failed, whatever comes of it, from that moment on. */
  readonly slowMs: number;
  /** The same for questions, whose answers are of no use later. Default: `slowMs`. */
  readonly questionSlowMs?: number;
  /** How long it is open at first; doubled with each probe that fails. Default 2,000. */
  readonly openMs?: number;
  /** Default 60,000. */
  readonly openMaxMs?: number;
  /** Calls, of all processes together, that try it when its time is over: all must succeed, one that fails opens it again. Default 3. */
  readonly probes?: number;
}

/**
 * What a call is to the breaker. A `deed` is what the neighbour is there for: while it is half open, only deeds are probes.
 * An `errand` belongs to an earlier deed, a `question` changes nothing and can be done without: both go out also while it is
 * half open, one at a time, and decide nothing then.
 */
export type CallKind = "deed" | "errand" | "question";

/** What a call gave, and whether it took too long. */
interface Timed<Answer> {
  readonly answer: Answer;
  readonly slow: boolean;
}

/** A call that may go out. */
export interface Pass {
  readonly kind: CallKind;
  /** Null for a call that is no probe. */
  readonly probeId: string | null;
  /** As when it went out: what it sees says nothing of a breaker that was closed since. */
  readonly closings: number;
  readonly aside: boolean;
}

/** More of a call's time than that our own process had no moment to hear the answer: its slowness says nothing of the neighbour. */
const ownFaultShare = 0.5;
/** In a shorter time nobody can tell. */
const ownFaultFromMs = 500;
const hearing = new Hearing();

/** A claim is given to another process after this many times the time of a slow call. */
const probePatience = 4;

/** The neighbour's failure, not ours, not a refusal: those say that it is alive. 409 is one of our own calls still at work. */
export function isNeighbourFailure(error: unknown): boolean {
  return error instanceof GatewayError && !error.heldBack && (error.kind === "timeout" || error.kind === "unavailable") && error.status !== 409;
}

/**
 * What this process does by a breaker that it shares: it judges its own calls, asks for the right to probe, and says when a call
 * will be worth trying again. Deeds are judged by themselves, so that rates that answer do not hide bookings that fail.
 */
export class Breaker {
  readonly #options: Required<BreakerOptions>;
  readonly #shared: SharedBreaker;
  #samples: { readonly deeds: CallSample; readonly others: CallSample };
  #closings: number;
  #claiming = 0;
  #aside = false;

  constructor(options: BreakerOptions, shared: SharedBreaker) {
    this.#options = { failureRate: 0.8, windowMs: 10_000, callsMin: 20, failuresInRow: 0, openMs: 2_000, openMaxMs: 60_000, probes: 3, questionSlowMs: options.slowMs, ...options };
    this.#shared = shared;
    this.#samples = this.#newSamples();
    this.#closings = shared.condition.closings;
    shared.follow((condition) => { this.#changed(condition); });
  }

  /** @param nowMs milliseconds since 1970 */
  state(nowMs: number): BreakerState {
    return stateAt(this.#shared.condition, new Date(nowMs).toISOString());
  }

  /** Half open, and a deed would be let through to try it. */
  probeFree(nowMs: number): boolean {
    return isProbeFree(this.#shared.condition, new Date(nowMs).toISOString(), this.#options.probes, this.#claiming);
  }

  /** Milliseconds until a call may be tried; 0 where one may be tried now. @param nowMs milliseconds since 1970 */
  waitMs(kind: CallKind, nowMs: number): number {
    const { slowMs, openMaxMs } = this.#options;
    const { dryRun, openUntil } = this.#shared.condition;
    const state = this.state(nowMs);
    if (state === "held_open") return openMaxMs; // by hand: an operator means it, dry run or not
    if (dryRun) return 0;
    switch (state) {
      case "closed": return 0;
      case "open": return Math.max(1, Date.parse(openUntil ?? "") - nowMs);
      // Those under way decide; they take as long as a slow call at most, or the breaker opens again.
      case "half_open": return (kind === "deed" ? this.probeFree(nowMs) : !this.#aside) ? 0 : slowMs;
    }
  }

  /** Null where the call may not go out: another process had the last probe. Whoever has a pass uses it at once. */
  async admit(kind: CallKind): Promise<Pass | null> {
    const nowMs = Date.now();
    if (this.waitMs(kind, nowMs) > 0) return null;
    const { closings, dryRun } = this.#shared.condition;
    const pass = { kind, probeId: null, closings, aside: false };
    if (this.state(nowMs) !== "half_open") return pass;
    if (kind !== "deed") {
      this.#aside = true;
      return { ...pass, aside: true };
    }
    const probeId = this.probeFree(nowMs) ? await this.#claim() : null;
    if (probeId !== null) return { ...pass, probeId };
    // It may have been closed while we asked.
    return dryRun || this.state(Date.now()) === "closed" ? pass : null;
  }

  async run<Answer>(pass: Pass, work: () => Promise<Answer>): Promise<Timed<Answer>> {
    const slowMs = pass.kind === "question" ? this.#options.questionSlowMs : this.#options.slowMs;
    hearing.listen();
    const [startedMs, deafMs] = [performance.now(), hearing.deafMs];
    const isOurFault = (): boolean => {
      const tookMs = performance.now() - startedMs;
      return tookMs > ownFaultFromMs && hearing.deafMs - deafMs > ownFaultShare * tookMs;
    };
    let judged = false;
    const judge = (failed: boolean): void => {
      if (!judged) this.#judge(pass, failed);
      judged = true;
    };
    // Who hangs is found out when it is slow, not when it was given up.
    const timer = setTimeout(() => { if (!isOurFault()) judge(true); }, slowMs);
    try {
      const answer = await work();
      const slow = performance.now() - startedMs > slowMs && !isOurFault();
      judge(slow);
      return { answer, slow };
    } catch (error) {
      // A mistake of ours says nothing of the neighbour: a probe's claim runs out.
      if (error instanceof GatewayError && !(error.kind === "timeout" && isOurFault())) judge(isNeighbourFailure(error));
      throw error;
    } finally {
      clearTimeout(timer);
      hearing.rest();
      if (pass.aside) this.#aside = false;
    }
  }

  async #claim(): Promise<string | null> {
    const probeId = newId();
    const { probes: probesMax, slowMs } = this.#options;
    this.#claiming += 1;
    try {
      const { probes } = await this.#shared.move({ type: "ClaimProbe", probeId, probesMax, probeMs: Math.max(5_000, slowMs * probePatience) });
      return probes.some((probe) => probe.probeId === probeId) ? probeId : null;
    } finally {
      this.#claiming -= 1;
    }
  }

  #judge({ kind, probeId, closings }: Pass, failed: boolean): void {
    const { probes: probesMax, openMs, openMaxMs } = this.#options;
    if (probeId !== null) {
      void this.#shared.move(failed ? { type: "ProbeFailed", probeId, openMs, openMaxMs } : { type: "ProbeSucceeded", probeId, probesMax });
      return;
    }
    const { condition } = this.#shared;
    if (condition.state !== "closed" || condition.closings !== closings) return;
    const sample = kind === "deed" ? this.#samples.deeds : this.#samples.others;
    if (!failed) {
      sample.succeeded();
      return;
    }
    const trip = sample.failed();
    if (trip) void this.#shared.move({ type: "Trip", closings, ...trip, openMs, openMaxMs });
  }

  /** What was counted before it was closed is forgotten. */
  #changed({ closings }: BreakerCondition): void {
    if (closings !== this.#closings) this.#samples = this.#newSamples();
    this.#closings = closings;
  }

  #newSamples(): { readonly deeds: CallSample; readonly others: CallSample } {
    return { deeds: new CallSample(this.#options), others: new CallSample(this.#options) };
  }
}
