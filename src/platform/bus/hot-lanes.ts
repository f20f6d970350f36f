import type { Logger } from "../log/logger.js";
import type { HotLane } from "./command-bus.js";
import { HotKeys } from "./hot-keys.js";
import type { Lane, WaitingCommand } from "./lane.js";

export interface HotLanesOptions {
  /** Lanes, and so connections, at once; 0 for none. */
  readonly max: number;
  /** Commands that must wait before a key gets a lane, and below which its lane counts as quiet. */
  readonly queueMin: number;
  /** After so long without a queue a lane is given up. */
  readonly quietMs: number;
  readonly logger: Logger;
  /** A lane of one connection. */
  open(name: string): Lane;
}

/** A key gets a lane when every fourth command asks for it: then most batches would hold its row. */
const shareMin = 0.25;
const lookEveryMs = 1_000;

/**
 * Lanes for the products that everybody wants at the moment, so that other orders never wait behind their rows. Where
 * a command waits decides nothing but when it runs: the same key may wait in two lanes, and the database tells which was first.
 */
export class HotLanes {
  readonly #options: HotLanesOptions;
  readonly #keys: HotKeys;
  readonly #lanes = new Map<string, Lane>();
  /** Lanes that are worked off before they close; they still hold their connection. */
  readonly #leaving = new Map<Lane, Promise<void>>();
  #look: NodeJS.Timeout | null = null;

  constructor(options: HotLanesOptions) {
    this.#options = options;
    this.#keys = new HotKeys({ hotMax: options.max, shareMin, queueMin: options.queueMin, quietMs: options.quietMs, now: () => performance.now() });
  }

  /** Where a command with these keys has to wait: in a lane of its own, or in the common one. */
  laneFor(keys: readonly string[], common: Lane): Lane {
    if (this.#options.max === 0 || keys.length === 0) return common;
    const hot = this.#keys.hotOf(keys);
    if (hot !== undefined) return this.#laneOf(hot, common);
    const becomesHot = this.#keys.arrived(keys, common.waiting);
    return becomesHot === undefined ? common : this.#laneOf(becomesHot, common);
  }

  lanes(): readonly HotLane[] {
    return [...this.#lanes].map(([key, lane]) => ({ key, lane: lane.name, waiting: lane.waiting }));
  }

  /** Keys whose lane refuses at the moment. */
  fullKeys(): readonly string[] {
    return [...this.#lanes].filter(([, lane]) => lane.isFull).map(([key]) => key);
  }

  async close(): Promise<void> {
    if (this.#look) clearInterval(this.#look);
    await Promise.all([...[...this.#lanes.values()].map((lane) => lane.close()), ...this.#leaving.values()]);
  }

  #laneOf(key: string, common: Lane): Lane {
    const known = this.#lanes.get(key);
    if (known) {
      this.#keys.queued(key, known.waiting);
      return known;
    }
    // A lane that closes keeps its connection until it is empty.
    const name = this.#freeName();
    if (name === null) return common;
    const lane = this.#options.open(name);
    this.#lanes.set(key, lane);
    this.#options.logger.info({ key, lane: name }, "a product gets a lane of its own");
    common.moveTo(lane, (command) => keysOf(command).includes(key));
    this.#look ??= setInterval(() => { this.#closeQuiet(); }, lookEveryMs).unref();
    return lane;
  }

  #freeName(): string | null {
    const taken = new Set([...this.#lanes.values(), ...this.#leaving.keys()].map(({ name }) => name));
    for (let number = 1; number <= this.#options.max; number += 1) {
      const name = `hot-${String(number)}`;
      if (!taken.has(name)) return name;
    }
    return null;
  }

  #closeQuiet(): void {
    for (const [key, lane] of this.#lanes) this.#keys.queued(key, lane.waiting);
    for (const key of this.#keys.coolDown()) {
      const lane = this.#lanes.get(key);
      this.#lanes.delete(key);
      if (lane) this.#leaving.set(lane, lane.close().finally(() => this.#leaving.delete(lane)));
      this.#options.logger.info({ key, lane: lane?.name }, "a product's own lane is given up");
    }
    if (this.#lanes.size > 0 || !this.#look) return;
    clearInterval(this.#look);
    this.#look = null;
  }
}

function keysOf({ definition, input }: WaitingCommand): readonly string[] {
  return definition.hotKeys?.(input) ?? [];
}
