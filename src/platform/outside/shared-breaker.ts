import { breakerDecider, type BreakerCommand, type BreakerCondition, type BreakerMove } from "../../kernel/breaker.js";
import { fold } from "../../kernel/decider.js";

type WithoutParty<Move> = Move extends unknown ? Omit<Move, "party"> : never;

/** What a process wants of its neighbour's breaker. */
export type MoveWish = WithoutParty<BreakerMove>;

/** A neighbour's breaker as all processes have it in common, as far as this one knows. */
export interface SharedBreaker {
  /** As known by now. */
  readonly condition: BreakerCondition;
  /** Called with each change, whoever made it. */
  follow(onChange: (condition: BreakerCondition) => void): void;
  /** Never throws: where nobody answers, the process decides alone. @returns how it stands then */
  move(wish: MoveWish): Promise<BreakerCondition>;
}

/** The same rules as everywhere, by this process's clock. A refusal of what an operator wants is thrown. */
export function moved(condition: BreakerCondition, party: string, wish: MoveWish, nowMs: number): BreakerCondition {
  const command = { ...wish, party, now: new Date(nowMs).toISOString() } as BreakerCommand;
  return fold(breakerDecider, breakerDecider.decide(command, condition), condition);
}

/** A breaker of this process alone. */
export class LocalBreaker implements SharedBreaker {
  #condition = breakerDecider.initial;
  readonly #followers: ((condition: BreakerCondition) => void)[] = [];

  constructor(private readonly party: string) {}

  get condition(): BreakerCondition {
    return this.#condition;
  }

  follow(onChange: (condition: BreakerCondition) => void): void {
    this.#followers.push(onChange);
  }

  move(wish: MoveWish): Promise<BreakerCondition> {
    const before = this.#condition;
    this.#condition = moved(before, this.party, wish, Date.now());
    if (this.#condition !== before) for (const follower of this.#followers) follower(this.#condition);
    return Promise.resolve(this.#condition);
  }
}
