import { mkdir, writeFile } from "node:fs/promises";

/** One figure beside its baseline from the same run. */
export interface BenchResult {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  /** Null where there is nothing to compare with. */
  readonly baseline: number | null;
  /** `value / baseline`. */
  readonly ratio: number | null;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** What it was measured against, and how. */
  readonly note: string;
}

export interface Measured {
  readonly value: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
}

export function compare(name: string, unit: string, measured: Measured, baseline: number | null, note: string): BenchResult {
  const round = (figure: number): number => Number(figure.toPrecision(4));
  return {
    name, unit, value: round(measured.value),
    baseline: baseline === null ? null : round(baseline),
    ratio: baseline === null ? null : round(measured.value / baseline),
    p50Ms: measured.p50Ms === undefined ? null : round(measured.p50Ms),
    p99Ms: measured.p99Ms === undefined ? null : round(measured.p99Ms),
    note,
  };
}

/** Writes the results as an array of `BenchResult`. */
export async function writeResults(folder: string, file: string, results: readonly BenchResult[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}/${file}`, `${JSON.stringify(results, null, 2)}\n`);
}

/** A table for people, in the order of the results. */
export function table(results: readonly BenchResult[]): string {
  const cell = (value: number | null): string => (value === null ? "" : value.toLocaleString("en-US", { maximumSignificantDigits: 4 }));
  const rows = results.map(({ name, unit, value, baseline, ratio, p50Ms, p99Ms, note }) => [name, cell(value), unit, cell(baseline), cell(ratio), cell(p50Ms), cell(p99Ms), note]);
  const header = ["name", "value", "unit", "baseline", "ratio", "p50 ms", "p99 ms", "against"];
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  return [header, ...rows].map((row) => row.map((text, column) => {
    const width = widths[column] ?? 0;
    const isNumber = column === 1 || (column >= 3 && column <= 6);
    return isNumber ? text.padStart(width) : text.padEnd(width);
  }).join("  ").trimEnd()).join("\n");
}
