import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { errorCode } from "./embedded-error.js";

/** A process, told from a later one that got the same id by when it began. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Boot and start time in the system's own words; empty where the system does not tell. */
  readonly startedAt: string;
}

/** @returns undefined when no such process runs; one that has ended and only waits to be reaped does not run */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  if (!processExists(pid)) return undefined;
  if (process.platform !== "linux") return { pid, startedAt: askPs(pid, "lstart") };
  const stat = readProc(`/proc/${String(pid)}/stat`);
  // The name stands in parentheses and may itself contain blanks and parentheses, so count from the last one.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, startTicks] = [fields[0], fields[19]];
  // In a container whose first process reaps nobody, a killed process stays visible for ever.
  if (state === "Z" || state === "X") return undefined;
  return { pid, startedAt: startTicks ? `${readProc("/proc/sys/kernel/random/boot_id").trim()}/${startTicks}` : "" };
}

export function isRunning({ pid, startedAt }: ProcessIdentity): boolean {
  const found = identifyProcess(pid);
  return found !== undefined && (startedAt === "" || found.startedAt === "" || found.startedAt === startedAt);
}

/** The words a process was started with, each followed by NUL on Linux; empty where the system does not tell. */
export function commandOf(pid: number): string {
  return process.platform === "linux" ? readProc(`/proc/${String(pid)}/cmdline`) : askPs(pid, "command");
}

/** Whether the system still has the process, if only as one that waits to be reaped. */
export function processExists(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === "EPERM"; // it runs, and belongs to somebody else
  }
}

function readProc(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function askPs(pid: number, column: string): string {
  if (process.platform === "win32") return "";
  try {
    return execFileSync("ps", ["-o", `${column}=`, "-p", String(pid)], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return "";
  }
}
