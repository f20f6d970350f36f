/** What is counted while a replay runs. */
export class Tally {
  /** Orders acknowledged, by line; the journal's of earlier runs are not among them. */
  readonly acknowledged = new Map<number, string>();
  /** Of those, answers that the shop had given before. */
  replayed = 0;
  /** Lines that the shop refused, by its code. */
  readonly refused = new Map<string, number[]>();
  /** Lines to which no answer came in time, by the last code: they may have been taken. */
  readonly unanswered = new Map<string, number[]>();
  /** Repetitions of requests, by what came before. */
  readonly repeats = new Map<string, number>();
  /** Lines whose answer names another order than an earlier answer did. */
  readonly contradicted: number[] = [];
  /** Milliseconds from when the order should have gone out to its answer, repetitions included; only of fresh orders. */
  readonly latenciesMs: number[] = [];
  placingMs = 0;

  get answered(): number {
    return this.acknowledged.size + countOf(this.refused);
  }

  repeat(code: string): void {
    this.repeats.set(code, (this.repeats.get(code) ?? 0) + 1);
  }

  refuse(code: string, line: number): void {
    note(this.refused, code, line);
  }

  leaveUnanswered(code: string, line: number): void {
    note(this.unanswered, code, line);
  }
}

export function countOf(lines: ReadonlyMap<string, readonly number[]>): number {
  return [...lines.values()].reduce((sum, some) => sum + some.length, 0);
}

function note(lines: Map<string, number[]>, code: string, line: number): void {
  const known = lines.get(code);
  if (known) known.push(line);
  else lines.set(code, [line]);
}
