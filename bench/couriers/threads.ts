import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Played } from "./seeds.js";

/** Plays the seasons, one at a time on every core; what comes of a seed does not depend on the others. @returns them in the order of the seeds */
export async function playInThreads(seeds: readonly number[], each: (seed: number, played: Played) => void): Promise<readonly Played[]> {
  const played = new Map<number, Played>();
  const waiting = [...seeds];
  await Promise.all(Array.from({ length: Math.min(seeds.length, availableParallelism()) }, async () => {
    for (let seed = waiting.shift(); seed !== undefined; seed = waiting.shift()) {
      const [season] = await once(new Worker(new URL("./season-thread.js", import.meta.url), { workerData: seed }), "message") as [Played];
      played.set(seed, season);
      each(seed, season);
    }
  }));
  return seeds.map((seed) => played.get(seed)!);
}
