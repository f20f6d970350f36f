/** What a load came to. */
export interface LoadResult {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/**
 * Closed load: so many callers, each begins its next call when the last one was answered.
 * What is begun within `durationMs` counts, and is waited for.
 */
export async function closedLoad(callers: number, durationMs: number, call: () => Promise<unknown>): Promise<LoadResult> {
  const latencies: number[] = [];
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: callers }, async () => {
    while (performance.now() - startedMs < durationMs) {
      const begunMs = performance.now();
      await call();
      latencies.push(performance.now() - begunMs);
    }
  }));
  return summarize(latencies, performance.now() - startedMs);
}

export function summarize(latencies: number[], elapsedMs: number): LoadResult {
  latencies.sort((a, b) => a - b);
  return {
    perSecond: (latencies.length * 1_000) / elapsedMs,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
  };
}

/** Of sorted values. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** The round with the middle rate: one noisy round decides nothing. */
export function medianOf(rounds: readonly LoadResult[]): LoadResult {
  const sorted = [...rounds].sort((a, b) => a.perSecond - b.perSecond);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (!middle) throw new Error("there was no round");
  return middle;
}
