import type { Actor } from "../../kernel/command.js";
import { SystemError } from "../errors.js";
import type { ClientAddress } from "./client-address.js";
import type { Count, LimitCounter } from "./limit-counter.js";
import type { Limit, Limits } from "./limits.js";
import { actualCost, requestedCost, type OperationCost, type Variables } from "./operation-cost.js";
import { policyHeader, stateHeader } from "./rate-limit-headers.js";

/** An operation that costs no more is paid for by the request it comes in: a hot mutation is counted once. */
export const costOfRequest = 50;

export type Counters = { readonly [Name in keyof Limits]: LimitCounter | null };

/** Told of each refusal. */
export type OnRefusal = (limit: Limit) => void;

/** `extensions.cost`, in points. */
export interface CostReport {
  readonly requested: number;
  readonly actual: number;
  /** Null where no limit holds for the caller. */
  readonly remaining: number | null;
  readonly limit: number | null;
}

interface TakenCost {
  readonly cost: OperationCost;
  readonly requested: number;
  readonly asked: boolean;
  readonly count: Count | null;
}

interface Costs {
  readonly counter: LimitCounter | null;
  readonly key: string;
}

/**
 * One request, or one operation of a socket, on its way through the limits. Counting is begun as soon as it is known
 * whom to count, and waited for once, before anything is executed: so all limits are asked in one round trip.
 */
export class Admission {
  readonly #counters: Counters;
  readonly #address: ClientAddress;
  readonly #onRefusal: OnRefusal;
  readonly #begun: Promise<Count>[] = [];
  readonly #counts: Count[] = [];
  #costs: Costs;
  #taken: TakenCost | null = null;

  constructor(counters: Counters, address: ClientAddress, onRefusal: OnRefusal) {
    this.#counters = counters;
    this.#address = address;
    this.#onRefusal = onRefusal;
    this.#costs = { counter: counters.addressCost, key: address.key };
  }

  /**
   * Counts the address, before a body is read. Null where nothing has to be waited for: nothing is limited, or the
   * address had so much room a moment ago that its answer can be waited for together with the others.
   * The promise fails with SystemError RATE_LIMITED.
   */
  enter(): Promise<void> | null {
    const { address: counter } = this.#counters;
    const { key, exempt } = this.#address;
    if (!counter || exempt) return null;
    const count = counter.take(key);
    if (counter.hasRoom(key)) {
      this.#begin(count);
      return null;
    }
    return count.then((counted) => { this.#judge([counted]); });
  }

  /**
   * Counts who sends the request. API keys get counters of their own here when there are any.
   * @throws SystemError RATE_LIMITED where that is known without asking
   */
  identify(actor: Actor | null): void {
    if (!actor) return;
    const { operator, operatorCost, customer, customerCost } = this.#counters;
    const key = `${actor.role}:${actor.id}`;
    this.#costs = { counter: actor.role === "operator" ? operatorCost : customerCost, key };
    const counter = actor.role === "operator" ? operator : customer;
    if (!counter) return;
    const known = counter.knownRefusal(key);
    if (known) this.#judge([known]);
    this.#begin(counter.take(key));
  }

  /**
   * Takes an operation's cost and waits for all that was counted.
   * @param asked whether `extensions.cost` is wanted: then it is counted however small it is
   * @throws SystemError RATE_LIMITED, QUERY_TOO_COSTLY
   */
  async admit(cost: OperationCost, variables: Variables, asked: boolean): Promise<void> {
    const { counter, key } = this.#costs;
    const requested = requestedCost(cost, variables);
    const pays = counter !== null && !this.#isUnlimited && (asked || requested > costOfRequest);
    if (counter && requested > counter.limit.points) throw this.#tooCostly(requested, counter.limit);
    const paying = pays ? counter.take(key, requested) : null;
    const [counts, count] = await Promise.all([Promise.all(this.#begun), paying]);
    if (pays || asked) this.#taken = { cost, requested, asked, count };
    try {
      this.#judge(count ? [...counts, count] : counts);
    } catch (refused) {
      // What was not executed is not paid for: smaller operations may still fit into what is left.
      if (count) counter?.giveBack(key, requested, count);
      this.#taken = null;
      throw refused;
    }
  }

  /** After execution: gives back what the answer did not use. Null where nobody asked what it cost. */
  settle(data: unknown): CostReport | null {
    if (!this.#taken) return null;
    const { cost, requested, asked, count } = this.#taken;
    const { counter, key } = this.#costs;
    const actual = actualCost(cost, data);
    const unused = Math.max(0, requested - actual);
    if (count) counter?.giveBack(key, unused, count);
    if (!asked) return null;
    return { requested, actual, remaining: count ? count.remaining + unused : null, limit: count?.limit.points ?? null };
  }

  /** Sets `RateLimit-Policy` and `RateLimit`, where a limit has counted. Costs have `extensions.cost` instead. */
  writeHeaders(set: (name: string, value: string) => unknown): void {
    const counts = this.#counts.filter(({ limit }) => limit.level !== "cost");
    if (counts.length === 0) return;
    set("ratelimit-policy", policyHeader(counts));
    set("ratelimit", stateHeader(counts));
  }

  /** A caller without a token whose address is exempt. */
  get #isUnlimited(): boolean {
    return this.#address.exempt && this.#costs.counter === this.#counters.addressCost;
  }

  #begin(count: Promise<Count>): void {
    count.catch(() => undefined); // a request that fails earlier never comes to wait for it
    this.#begun.push(count);
  }

  /** @throws SystemError RATE_LIMITED by the limit that lasts longest */
  #judge(counts: readonly Count[]): void {
    this.#counts.push(...counts);
    const refusals = counts.filter(({ allowed }) => !allowed).sort((one, other) => other.leftMs - one.leftMs);
    const [longest] = refusals;
    if (!longest) return;
    for (const { limit } of refusals) this.#onRefusal(limit);
    const { limit: { name, points, windowSeconds }, leftMs } = longest;
    const retryAfterSeconds = Math.max(1, Math.ceil(leftMs / 1_000));
    throw new SystemError("RATE_LIMITED", `The limit "${name}" allows ${String(points)} in ${String(windowSeconds)} seconds. Repeat after ${String(retryAfterSeconds)} s.`, {
      retryAfterSeconds, details: { limit: name },
    });
  }

  #tooCostly(requested: number, limit: Limit): SystemError {
    this.#onRefusal(limit);
    return new SystemError("QUERY_TOO_COSTLY", `The operation costs ${String(requested)} points; ${String(limit.points)} are the most. Ask for shorter lists or fewer fields.`, {
      details: { cost: { requested, limit: limit.points } },
    });
  }
}
