import { z } from "zod";
import { courierQuirksSchema, type CourierQuirks } from "./courier-quirks.js";
import type { CourierClock } from "./courier-clock.js";
import type { Episode } from "./personality.js";

/** How a courier is right now in one region. */
export interface Conditions {
  readonly priceFactor: number;
  readonly daysFactor: number;
  readonly troubleFactor: number;
}

const factor = z.number().min(0).max(1_000).optional();

const episodesSchema = z.array(z.strictObject({
  fromDay: z.number().optional(), toDay: z.number().optional(),
  weekdays: z.array(z.int().min(0).max(6)).optional(), regions: z.array(z.string()).optional(),
  quirks: courierQuirksSchema.partial().optional(), priceFactor: factor, daysFactor: factor, troubleFactor: factor,
})).max(100);

/** Knows which of a courier's episodes hold at a moment. */
export class Episodes {
  #episodes: readonly Episode[] = [];

  /** @throws RangeError naming what is wrong */
  constructor(episodes: readonly Episode[], private readonly clock: CourierClock) {
    this.set(episodes);
  }

  all(): readonly Episode[] {
    return this.#episodes;
  }

  /** Puts these in the place of all there were. @throws RangeError naming what is wrong */
  set(given: unknown): void {
    const parsed = episodesSchema.safeParse(given);
    if (!parsed.success) throw new RangeError(parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
    // What is absent is absent: the schema's `undefined` stands in no JSON.
    this.#episodes = parsed.data as readonly Episode[];
  }

  quirks(standing: CourierQuirks, nowMs: number): CourierQuirks {
    if (this.#episodes.length === 0) return standing;
    return Object.assign({}, standing, ...this.#at(nowMs).map(({ quirks }) => quirks)) as CourierQuirks;
  }

  conditions(region: string, nowMs: number): Conditions {
    const held = this.#at(nowMs);
    const there = held.filter(({ regions }) => regions?.includes(region) ?? true);
    return {
      priceFactor: held.reduce((product, { priceFactor = 1 }) => product * priceFactor, 1),
      daysFactor: there.reduce((product, { daysFactor = 1 }) => product * daysFactor, 1),
      troubleFactor: there.reduce((product, { troubleFactor = 1 }) => product * troubleFactor, 1),
    };
  }

  #at(nowMs: number): readonly Episode[] {
    const age = this.clock.age(nowMs), weekday = this.clock.weekday(nowMs);
    return this.#episodes.filter(({ fromDay = -Infinity, toDay = Infinity, weekdays }) =>
      age >= fromDay && age < toDay && (weekdays?.includes(weekday) ?? true));
  }
}
