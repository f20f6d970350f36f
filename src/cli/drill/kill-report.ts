import type { DoneKill, KillDrillResult } from "./kill-drill.js";

const columns = ["kill", "at", "what", "acknowledged", "down"] as const;

/** The table of kills, and what was found after them. */
export function killReport({ kills, count, clientExitCode, doctorExitCode, stopExitCode, ok }: KillDrillResult): string {
  const rows = [columns, ...kills.map(rowOf)];
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const table = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd());
  return [
    "", ...table, "",
    `acknowledged  ${count.acknowledged} orders in the client's journal, ${count.atPrimary} at the primary, ${count.delivered} delivered`,
    `lost          ${told(count.lost)}`,
    `doubled       ${told(count.doubled)}`,
    `paid twice    ${told(count.chargedTwice)}`,
    `client        ${clientExitCode === 0 ? "found every promise kept" : `exit code ${String(clientExitCode)}: see client.log`}`,
    `doctor        ${doctorExitCode === null ? "THERE IS NONE: nothing else was examined" : doctorExitCode === 0 ? "clean" : `exit code ${doctorExitCode}: see doctor.log`}`,
    `stop          ${stopExitCode === 0 ? "clean" : `exit code ${String(stopExitCode)}`}`,
    ok ? "The drill was passed." : "THE DRILL WAS NOT PASSED.",
  ].join("\n");
}

function rowOf({ atSeconds, target, databaseProcesses, acknowledged, downSeconds }: DoneKill, place: number): readonly string[] {
  const what = target === "process" ? target : `${target} (${databaseProcesses})`;
  return [String(place + 1), `${atSeconds.toFixed(1)} s`, what, String(acknowledged), `${downSeconds.toFixed(1)} s`];
}

/** How many, and which ones. */
export function told(ids: readonly string[]): string {
  return ids.length === 0 ? "0" : `${ids.length}: ${ids.slice(0, 20).join(", ")}${ids.length > 20 ? " …" : ""}`;
}
