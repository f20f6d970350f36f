import { setTimeout as pause } from "node:timers/promises";

const lookEveryMs = 20;

/** Waits for a named condition, at most `timeoutMs`. */
export async function until(condition: string, holds: () => Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!await holds()) {
    if (Date.now() > deadline) throw new Error(`Not within ${String(timeoutMs)} ms: ${condition}`);
    await pause(lookEveryMs);
  }
}
