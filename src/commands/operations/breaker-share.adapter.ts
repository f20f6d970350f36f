import type { Pool } from "pg";
import { breakerDecider, type BreakerCondition } from "../../kernel/breaker.js";
import { newId } from "../../kernel/ids.js";
import type { CommandBus } from "../../platform/bus/command-bus.js";
import { startPeriodic, type Periodic } from "../../platform/jobs/periodic.js";
import type { Logger } from "../../platform/log/logger.js";
import { moved, type MoveWish, type SharedBreaker } from "../../platform/outside/shared-breaker.js";
import { NodeListener } from "../../platform/projector/node-listener.js";
import { moveBreaker } from "./breaker-move.js";
import { breakerChannel, breakersSql, type BreakerRow } from "./breaker.write-state.js";

export interface BreakerShareOptions {
  readonly bus: CommandBus;
  /** On the primary, like the bus. */
  readonly pool: Pool;
  /** Of the primary, for a connection that listens. */
  readonly url: string;
  readonly logger: Logger;
  /** A message that was not heard costs this much at most. Default 1,000. */
  readonly pollMs?: number;
  /** Who is not answered within this time decides alone. Default 1,000. */
  readonly answerMs?: number;
}

const actor = { role: "system", id: "breakers" } as const;

/** The breakers of this process's neighbours, kept on the primary, so that what one process finds out all know. */
export class BreakerShare {
  readonly #options: Required<BreakerShareOptions>;
  readonly #parties = new Map<string, PartyBreaker>();
  readonly #polling: Periodic;
  readonly #listening: Promise<NodeListener>;
  #reading: Promise<void> | null = null;
  #again = false;

  constructor(options: BreakerShareOptions) {
    this.#options = { pollMs: 1_000, answerMs: 1_000, ...options };
    const { url, logger, pollMs: everyMs } = this.#options;
    const look = (): void => { this.#look().catch(() => undefined); };
    this.#listening = NodeListener.open({ url, applicationName: "millrace breakers", channels: [breakerChannel], onNotification: look, onConnected: look });
    this.#polling = startPeriodic({ name: "outside.breakers", everyMs, logger, round: async () => { await this.#look(); return false; } });
  }

  /** The breaker of one neighbour; the same one for the same name. It may be used at once, and knows how it stands a moment later. */
  of(party: string): SharedBreaker {
    let breaker = this.#parties.get(party);
    if (!breaker) this.#parties.set(party, breaker = new PartyBreaker(party, this.#options));
    return breaker;
  }

  async close(): Promise<void> {
    await Promise.all([this.#polling.stop(), this.#listening.then((listener) => listener.close())]);
    this.#again = false;
    await this.#reading?.catch(() => undefined);
  }

  /** What was told while somebody reads is read once more. */
  #look(): Promise<void> {
    this.#again = true;
    return this.#reading ??= this.#read().finally(() => { this.#reading = null; });
  }

  async #read(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      const { rows } = await this.#options.pool.query<BreakerRow>(breakersSql);
      const byParty = new Map(rows.map(({ party, ...condition }) => [party, condition]));
      for (const [party, breaker] of this.#parties) breaker.adopt(byParty.get(party) ?? breakerDecider.initial);
    }
  }
}

/** What a process has decided alone since the primary last answered. */
interface Alone {
  /** It has opened the breaker: to be told when the primary is back. */
  readonly opening: Extract<MoveWish, { readonly type: "Trip" }> | null;
}

/** Of one neighbour: what the primary said last, and what this process goes by, which is its own where the primary was away. */
class PartyBreaker implements SharedBreaker {
  readonly #followers: ((condition: BreakerCondition) => void)[] = [];
  #told: BreakerCondition = breakerDecider.initial;
  #condition: BreakerCondition = breakerDecider.initial;
  #asking = 0;
  #alone: Alone | null = null;

  constructor(private readonly party: string, private readonly options: Required<BreakerShareOptions>) {}

  get condition(): BreakerCondition {
    return this.#condition;
  }

  follow(onChange: (condition: BreakerCondition) => void): void {
    this.#followers.push(onChange);
  }

  async move(wish: MoveWish): Promise<BreakerCondition> {
    // What the process has just seen holds for it at once; the right to probe is given by the primary, as long as it answers.
    const seen = wish.type === "Trip" || wish.type === "ProbeFailed";
    const alone = wish.type === "ClaimProbe" && this.#alone !== null;
    if (seen || alone) this.#decide(wish);
    if (alone || await this.#ask(wish)) return this.#condition;
    if (!seen) this.#decide(wish);
    this.#alone = { opening: wish.type === "Trip" ? wish : this.#alone?.opening ?? null };
    return this.#condition;
  }

  /** What was read on the primary. */
  adopt(read: BreakerCondition): void {
    if (read.changes > this.#told.changes) this.#told = read;
    if (this.#asking > 0) return; // its answer says more than this
    if (this.#told.installed) this.#settle();
    else void this.#ask({ type: "Install" });
  }

  /** Goes by what the primary says, unless it has not heard yet what this process found out alone. */
  #settle(): void {
    const opening = this.#alone?.opening ?? null;
    this.#alone = null;
    // Where others have opened and closed it meanwhile, they know more.
    const isNews = this.#told.state === "closed" && this.#told.closings === opening?.closings;
    if (opening && isNews && this.#condition.state !== "closed") void this.move(opening);
    else this.#go(this.#told);
  }

  /** @returns false where nobody answered in time */
  async #ask(wish: MoveWish): Promise<boolean> {
    this.#asking += 1;
    const told = await this.#answerTo(wish);
    this.#asking -= 1;
    if (told) this.adopt(told);
    return told !== null;
  }

  async #answerTo(wish: MoveWish): Promise<BreakerCondition | null> {
    const { bus, answerMs, logger } = this.options;
    const inTime = new AbortController();
    const timer = setTimeout(() => { inTime.abort(); }, answerMs);
    try {
      const asked = bus.execute(moveBreaker, { ...wish, party: this.party }, { actor, idempotencyKey: newId(), signal: inTime.signal });
      const outcome = await Promise.race([asked, rejectedWhen(inTime.signal)]);
      return outcome.answer ?? this.#told;
    } catch (err) {
      logger.debug({ err, party: this.party }, "the primary does not tell of a breaker: this process decides alone");
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  #decide(wish: MoveWish): void {
    this.#go(moved(this.#condition, this.party, wish, Date.now()));
  }

  #go(condition: BreakerCondition): void {
    if (condition === this.#condition) return;
    this.#condition = condition;
    for (const follower of this.#followers) follower(condition);
  }
}

function rejectedWhen(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => { reject(new Error("no answer in time")); }, { once: true });
  });
}
