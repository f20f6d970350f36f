import type { Json } from "../../kernel/json.js";
import type { CommandOutcome } from "./command-bus.js";
import { callerGone } from "./system-failures.js";

/** Somebody who waits for a command's answer. */
export interface Caller {
  readonly resolve: (outcome: CommandOutcome<Json>) => void;
  readonly reject: (error: unknown) => void;
  /** Aborted when nobody reads the answer any more. */
  readonly signal?: AbortSignal | undefined;
}

/** A command on its way, with everybody who waits for its answer. */
export class Flight {
  readonly #first: Caller;
  readonly #callers = new Set<Caller>();
  readonly #leave = new Map<Caller, () => void>();
  readonly #onOver: (callers: number) => void;
  #begun = false;
  #callersEver = 0;
  /** Where it waits: told when the last caller has left. */
  waitsIn: { noteGone(): void } | null = null;

  /** @param onOver told once, when it was answered or everybody has left, how many callers it had */
  constructor(first: Caller, onOver: (callers: number) => void) {
    this.#first = first;
    this.#onOver = onOver;
    this.join(first);
  }

  /** Nobody waits for it, and it was not begun: it need not be. */
  get isGone(): boolean {
    return !this.#begun && this.#callers.size === 0;
  }

  join(caller: Caller): void {
    this.#callersEver += 1;
    this.#callers.add(caller);
    if (!caller.signal || this.#begun) return;
    const leave = (): void => { this.#left(caller); };
    caller.signal.addEventListener("abort", leave, { once: true });
    this.#leave.set(caller, leave);
  }

  /** From now on it is answered, whoever may have gone. */
  begin(): void {
    this.#begun = true;
    this.#forgetSignals();
  }

  /** The first caller hears it as it is, the others as a repetition. */
  readonly resolve = (outcome: CommandOutcome<Json>): void => {
    for (const caller of this.#end()) caller.resolve(caller === this.#first ? outcome : { ...outcome, replayed: true });
  };

  readonly reject = (error: unknown): void => {
    for (const caller of this.#end()) caller.reject(error);
  };

  #left(caller: Caller): void {
    this.#leave.delete(caller);
    this.#callers.delete(caller);
    caller.reject(callerGone(caller.signal?.reason));
    if (this.#callers.size > 0) return;
    this.waitsIn?.noteGone();
    this.#onOver(this.#callersEver);
  }

  #end(): readonly Caller[] {
    const callers = [...this.#callers];
    this.#forgetSignals();
    this.#callers.clear();
    if (callers.length > 0) this.#onOver(this.#callersEver);
    return callers;
  }

  #forgetSignals(): void {
    for (const [{ signal }, leave] of this.#leave) signal?.removeEventListener("abort", leave);
    this.#leave.clear();
  }
}

/**
 * The commands that wait or are under way in this process. A repetition, a second click, joins the first and hears its
 * answer; the same key with another payload is another flight, and the stored answer tells which of the two is right.
 */
export class InFlight {
  readonly #flights = new Map<string, Flight>();
  /** Idempotency keys of the flights, and how many have each: two customers may use the same. */
  readonly #keys = new Map<string, number>();
  readonly #repetitionsMax: number;
  #repetitions = 0;

  /** @param repetitionsMax callers that may wait for a command that somebody else has sent */
  constructor(repetitionsMax: number) {
    this.#repetitionsMax = repetitionsMax;
  }

  /**
   * The flight that the caller has joined, or null where the command is not on its way.
   * `full` where too many wait for the commands of others.
   */
  join(commandId: string, payloadHash: string, caller: Caller): Flight | "full" | null {
    const flight = this.#flights.get(keyOf(commandId, payloadHash));
    if (!flight) return null;
    if (this.#repetitions >= this.#repetitionsMax) return "full";
    this.#repetitions += 1;
    flight.join(caller);
    return flight;
  }

  open(commandId: string, payloadHash: string, idempotencyKey: string, caller: Caller): Flight {
    const key = keyOf(commandId, payloadHash);
    const flight = new Flight(caller, (callers) => {
      this.#repetitions -= callers - 1;
      this.#flights.delete(key);
      const others = (this.#keys.get(idempotencyKey) ?? 1) - 1;
      if (others > 0) this.#keys.set(idempotencyKey, others);
      else this.#keys.delete(idempotencyKey);
    });
    this.#flights.set(key, flight);
    this.#keys.set(idempotencyKey, (this.#keys.get(idempotencyKey) ?? 0) + 1);
    return flight;
  }

  /** Whether anybody's command with that key is on its way. */
  hasKey(idempotencyKey: string): boolean {
    return this.#keys.has(idempotencyKey);
  }

  /** Commands on their way; 0 when all is quiet. */
  get size(): number {
    return this.#flights.size;
  }
}

function keyOf(commandId: string, payloadHash: string): string {
  return `${commandId} ${payloadHash}`;
}
