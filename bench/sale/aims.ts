import type { BenchResult } from "../result.js";

/** What the sale is to reach; the words go next to the value. */
export interface Aim {
  readonly words: string;
  readonly isMet: boolean;
}

export const aims = {
  acceptedShare: (share: number): Aim => ({ words: ">= 90 % of the best steady rate", isMet: share >= 0.9 }),
  acceptedP99: (p99Ms: number): Aim => ({ words: "p99 < 1 s", isMet: p99Ms < 1_000 }),
  recovered: (seconds: number | null): Aim => ({ words: "within 5 s", isMet: seconds !== null && seconds <= 5 }),
  byHandWith200: (ratio: number): Aim => ({ words: ">= 10 times", isMet: ratio >= 10 }),
  byHandWith10: (ratio: number): Aim => ({ words: ">= 3 times", isMet: ratio >= 3 }),
  othersP50: (ratio: number): Aim => ({ words: "< 1.3 times their normal p50", isMet: ratio < 1.3 }),
  none: (count: number): Aim => ({ words: "0", isMet: count === 0 }),
  exactly: (wanted: number, found: number): Aim => ({ words: String(wanted), isMet: found === wanted }),
  rate: (sent: number, wanted: number): Aim => ({ words: `>= ${wanted.toFixed(0)} clicks/s sent`, isMet: sent >= wanted }),
} as const;

export function withAims(result: BenchResult, ...reached: readonly Aim[]): BenchResult {
  const words = reached.map(({ words: aim, isMet }) => `aim ${aim}: ${isMet ? "pass" : "MISS"}`);
  return { ...result, note: [...words, result.note].filter(Boolean).join("; ") };
}
