import { setTimeout as delay } from "node:timers/promises";

const lookEveryMs = 50;

/**
 * Looks again and again until the value is there.
 * @param look undefined, false or an exception: not yet
 * @throws after `withinMs`, with what it was that did not come about
 */
export async function eventually<Value>(what: string, withinMs: number, look: () => Promise<Value | undefined | false> | Value | undefined | false): Promise<Value> {
  const giveUpAt = Date.now() + withinMs;
  for (;;) {
    let cause: unknown = null;
    try {
      const value = await look();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      cause = error;
    }
    if (Date.now() > giveUpAt) throw new Error(`Not within ${String(withinMs)} ms: ${what}`, { cause });
    await delay(lookEveryMs);
  }
}
