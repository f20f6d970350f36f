import { z } from "zod";

/** A share of all cases, 0 to 1. */
export const rate = z.number().min(0).max(1);

/** True in that share of calls. */
export function happens(share: number, random: () => number): boolean {
  return share > 0 && random() < share;
}

/** Keeps no process alive: a simulator's server does that, until it is stopped. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => { setTimeout(resolve, milliseconds).unref(); });
}

/** The faults that are ordered right now; changed by function or over HTTP, checked either way. */
export class FaultSwitch<Faults extends object> {
  readonly #schema: z.ZodType<Faults>;
  #current: Faults;

  constructor(schema: z.ZodType<Faults>, none: Faults) {
    this.#schema = schema;
    this.#current = none;
  }

  get current(): Faults {
    return this.#current;
  }

  /** Changes what is named, leaves the rest. @throws RangeError naming what is wrong */
  set(change: Partial<Faults>): void {
    const problem = this.#change(change);
    if (problem !== null) throw new RangeError(problem);
  }

  /** @returns what is wrong, null where the change was made */
  setFromJson(body: string): string | null {
    try {
      const change: unknown = JSON.parse(body);
      return typeof change === "object" && change !== null ? this.#change(change) : "an object is needed";
    } catch {
      return "this is no JSON";
    }
  }

  #change(change: object): string | null {
    const parsed = this.#schema.safeParse({ ...this.#current, ...change });
    if (!parsed.success) return parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
    this.#current = parsed.data;
    return null;
  }
}
