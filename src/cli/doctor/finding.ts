/** How a check came out: `warn` is to be known, `FAIL` is wrong. */
export type Verdict = "ok" | "warn" | "FAIL";

/** What one check has to say. */
export interface Finding {
  /** Stable, for machines: `stock`, `orders_moving` … */
  readonly check: string;
  /** `primary`, or the node's name. */
  readonly where: string;
  readonly verdict: Verdict;
  readonly message: string;
  /** What to do; null where nothing is to be done. */
  readonly remedy: string | null;
  /** What is wrong, by name: at most `namedMax`. */
  readonly named: readonly string[];
  /** How many there are in all. */
  readonly count: number;
}

/** One thing that is wrong. */
export interface Problem {
  /** The same each time it is looked at, so that a second look can tell whether it is still there. */
  readonly key: string;
  readonly text: string;
}

/** A check with everything that it found, before it is judged. */
export interface Examined {
  readonly check: string;
  readonly where: string;
  /** What was examined, for the line that says ok: `4,012 SKUs, 1,100,210 facts`. */
  readonly examined: string;
  /** What is wrong where something is, e.g. `orders that nothing moves`. */
  readonly wrong: string;
  readonly remedy: string;
  readonly problems: readonly Problem[];
  /** More than `problems` where those are cut. */
  readonly count?: number;
  /** `FAIL` where absent. */
  readonly severity?: "warn" | "FAIL";
}

/** Problems told by name; one is enough to begin with. */
export const namedMax = 20;
/** Problems kept in memory; what is beyond is only counted. */
export const problemsMax = 1_000;

export function ok(check: string, where: string, message: string): Finding {
  return { check, where, verdict: "ok", message, remedy: null, named: [], count: 0 };
}

export function found(verdict: "warn" | "FAIL", check: string, where: string, message: string, remedy: string, named: readonly string[] = []): Finding {
  return { check, where, verdict, message, remedy, named: named.slice(0, namedMax), count: Math.max(named.length, 1) };
}

/** Says ok, or names what is wrong. */
export function judge({ check, where, examined, wrong, remedy, problems, count = problems.length, severity = "FAIL" }: Examined): Finding {
  if (problems.length === 0) return ok(check, where, examined);
  const named = problems.slice(0, namedMax).map(({ text }) => text);
  return { check, where, verdict: severity, message: `${String(count)} ${wrong}`, remedy, named, count };
}

/** Only what a second look saw again is wrong. */
export function seenTwice(first: readonly Examined[], second: readonly Examined[]): Examined[] {
  return second.map((again) => {
    const before = first.find(({ check, where }) => check === again.check && where === again.where);
    const known = new Set(before?.problems.map(({ key }) => key));
    const isCut = (again.count ?? 0) > again.problems.length || (before?.count ?? 0) > (before?.problems.length ?? 0);
    // Where not all of them could be kept, the two looks may have kept different ones: the second one counts.
    if (isCut) return again;
    const problems = again.problems.filter(({ key }) => known.has(key));
    return { ...again, problems, count: problems.length };
  });
}

/** Collects problems and counts those beyond what is kept. */
export class Problems {
  readonly list: Problem[] = [];
  count = 0;

  add(key: string, text: string): void {
    this.count += 1;
    if (this.list.length < problemsMax) this.list.push({ key, text });
  }
}

/** `1234567` as `1,234,567`. */
export function inThousands(count: number): string {
  return count.toLocaleString("en-US");
}

export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(messageOf).join("; ");
  return error instanceof Error ? error.message : String(error);
}
