import { Counter, Gauge, type Registry } from "prom-client";
import type { Actor } from "../../kernel/command.js";
import type { BusState } from "../bus/command-bus.js";
import { SystemError } from "../errors.js";
import { EventLoopDelay } from "./event-loop-delay.js";
import { DegradedMode } from "./degraded-mode.js";
import type { Importance } from "./importance.js";
import type { LastAnswers } from "./last-answers.js";
import { PressureLevel, type Level } from "./pressure-level.js";

export interface OverloadOptions {
  /** Requests and operations of sockets at work at once; more are refused before they are read. */
  readonly inFlightMax: number;
  /** Longest wait that is accepted, by the measured rate. */
  readonly waitMaxMs: number;
  /** Delay of the event loop at which optional queries go. */
  readonly delayMs: number;
  readonly bus: BusState | null;
  /** Whether any read node answers. */
  readonly readable: () => boolean;
  readonly lastAnswers: LastAnswers;
  readonly registry: Registry;
}

export type Shed = "optional query" | "query" | "command" | "request";

const sampleMs = 250;
/** So many are always let in: a rate tells something only while there is a queue. */
const inFlightAlways = 1_000;
/** How full the lane of orders is when other commands of customers have to wait. */
const fillingAt = 0.25;
const ordersLane = "orders";
const retryMaxSeconds = 60;

/**
 * How hard a process is pressed, and what it refuses for it: queries before commands, orders last. Refused is only what
 * was not begun; whatever was accepted is answered.
 */
export class Overload {
  readonly degraded = new DegradedMode();
  readonly #options: OverloadOptions;
  readonly #pressure: PressureLevel;
  readonly #delay = new EventLoopDelay();
  readonly #sampling: NodeJS.Timeout;
  readonly #shed: Record<Shed, number> = { "optional query": 0, query: 0, command: 0, request: 0 };
  readonly #counter: Counter<"what">;
  #inFlight = 0;
  #answered = 0;
  #sampledAtMs = performance.now();
  /** Answers a second, smoothed. */
  #answerRate = 0;
  #delayMs = 0;

  constructor(options: OverloadOptions) {
    this.#options = options;
    this.#pressure = new PressureLevel({ delayMs: options.delayMs });
    const registers = [options.registry];
    this.#counter = new Counter({ name: "millrace_shed_total", help: "What was refused because of the load, before it was begun.", registers, labelNames: ["what"] });
    new Gauge({ name: "millrace_overload_level", help: "0 normal, 1 no optional queries, 2 essential queries only, 3 no new requests.", registers, collect: this.#collect((gauge) => { gauge.set(this.level); }) });
    new Gauge({ name: "millrace_requests_in_flight", help: "Requests and operations of sockets at work.", registers, collect: this.#collect((gauge) => { gauge.set(this.#inFlight); }) });
    new Gauge({ name: "millrace_degraded", help: "1 while products come from the cache and optional queries are off.", registers, collect: this.#collect((gauge) => { gauge.set(this.degraded.isOn ? 1 : 0); }) });
    this.#sampling = setInterval(() => { this.#sample(); }, sampleMs).unref();
  }

  /** 3 where no new request is let in at the moment. */
  get level(): Level | 3 {
    return this.isFull ? 3 : this.#pressure.level;
  }

  get isFull(): boolean {
    const { inFlightMax, waitMaxMs } = this.#options;
    return this.#inFlight >= inFlightMax || (this.#inFlight >= inFlightAlways && this.#inFlight * 1_000 > this.#answerRate * waitMaxMs);
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get eventLoopDelayMs(): number {
    return this.#delayMs;
  }

  /** How much was refused since the process began. */
  get shed(): Readonly<Record<Shed, number>> {
    return this.#shed;
  }

  get bus(): BusState | null {
    return this.#options.bus;
  }

  get lastAnswers(): LastAnswers {
    return this.#options.lastAnswers;
  }

  enter(): void {
    this.#inFlight += 1;
  }

  /** @param answered false where it was turned away: that takes no time, and would make us look quick */
  leave(answered = true): void {
    this.#inFlight -= 1;
    if (answered) this.#answered += 1;
  }

  /** Seconds until what is here now will have been worked off, at the measured rates; at least 1. */
  get retryAfterSeconds(): number {
    const forRequests = this.#answerRate > 0 ? Math.ceil(this.#inFlight / this.#answerRate) : 1;
    return Math.min(retryMaxSeconds, Math.max(1, forRequests, this.#options.bus?.lane(ordersLane)?.waitSeconds ?? 1));
  }

  /** Whether any query is refused at the moment. */
  get sheds(): boolean {
    return this.level > 0 || this.degraded.isOn;
  }

  /** @throws SystemError OVERLOADED, DEGRADED where a query of this importance is not served at the moment */
  admitQuery(importance: Importance): void {
    const { level } = this;
    if (importance === "optional" && this.degraded.isOn) throw this.refuse("optional query", "This query is off while the shop runs degraded. Orders go on.", "DEGRADED");
    if (importance === "optional" && level >= 1) throw this.refuse("optional query", "This query is off until the load is over. Orders go on.");
    if (importance === "normal" && level >= 2) throw this.refuse("query", "Queries are off until the load is over. Orders go on.");
  }

  /**
   * Orders are let in as long as their lane has room; operators always, since they are who can help.
   * @throws SystemError OVERLOADED where other commands have to wait for the orders
   */
  admitCommand({ lane }: { readonly lane?: string | undefined }, { role }: Actor): void {
    if (this.level < 2 || lane === ordersLane || role === "operator" || role === "system") return;
    if ((this.#options.bus?.lane(ordersLane)?.fill ?? 0) < fillingAt) return;
    throw this.refuse("command", "Orders go first at the moment. Nothing was begun; repeat with the same key.");
  }

  /** Counts something refused, and says when to come again. */
  refuse(what: Shed, message: string, code: "OVERLOADED" | "DEGRADED" = "OVERLOADED"): SystemError {
    this.count(what);
    return new SystemError(code, message, { retryAfterSeconds: this.retryAfterSeconds });
  }

  count(what: Shed): void {
    this.#shed[what] += 1;
    this.#counter.inc({ what });
  }

  close(): void {
    clearInterval(this.#sampling);
    this.#delay.close();
  }

  #sample(): void {
    this.#delayMs = this.#delay.take();
    // A busy event loop takes its samples late.
    const nowMs = performance.now();
    const rate = (this.#answered * 1_000) / Math.max(1, nowMs - this.#sampledAtMs);
    this.#sampledAtMs = nowMs;
    this.#answerRate = this.#answerRate === 0 ? rate : this.#answerRate * 0.8 + rate * 0.2;
    this.#answered = 0;
    this.#pressure.next({
      delayMs: this.#delayMs,
      laneFill: this.#options.bus?.lane(ordersLane)?.fill ?? 0,
      inFlight: this.#inFlight / this.#options.inFlightMax,
    }, performance.now());
    this.degraded.next({ level: this.level, readable: this.#options.readable() }, Date.now());
  }

  #collect(set: (gauge: Gauge) => void): (this: Gauge) => void {
    return function collect(this: Gauge) { set(this); };
  }
}
