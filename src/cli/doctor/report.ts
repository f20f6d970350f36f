import type { Finding } from "./finding.js";

/** One line a check; below it what to do and what is wrong by name. */
export function inLines(findings: readonly Finding[]): string[] {
  const width = Math.max(0, ...findings.map(({ check, where }) => `${where} ${check}`.length));
  return [...findings.flatMap((finding) => linesOf(finding, width)), summaryOf(findings)];
}

function linesOf({ verdict, check, where, message, remedy, named, count }: Finding, width: number): string[] {
  const more = count - named.length;
  return [
    `${verdict.padEnd(4)}  ${`${where} ${check}`.padEnd(width)}  ${message}`,
    ...named.map((name) => `        - ${name}`),
    ...(named.length > 0 && more > 0 ? [`        - and ${String(more)} more`] : []),
    ...(remedy === null ? [] : [`        → ${remedy}`]),
  ];
}

export function failuresOf(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(({ verdict }) => verdict === "FAIL");
}

export function summaryOf(findings: readonly Finding[]): string {
  const failed = failuresOf(findings).length;
  const warnings = findings.filter(({ verdict }) => verdict === "warn").length;
  const noted = warnings === 0 ? "" : `, ${String(warnings)} to be known`;
  return failed === 0 ? `doctor: ${String(findings.length)} checks, all well${noted}` : `doctor: ${String(failed)} of ${String(findings.length)} checks failed${noted}`;
}
