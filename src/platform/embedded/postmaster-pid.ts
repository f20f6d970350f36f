import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "./embedded-error.js";

/** What a running (or killed) server wrote about itself into its data directory. */
export interface PostmasterPid {
  readonly pid: number;
  readonly port: number;
  readonly ready: boolean;
}

export function postmasterPidFile(dataDirectory: string): string {
  return join(dataDirectory, "postmaster.pid");
}

/** Lines as in PostgreSQL's `utils/pidfile.h`. @returns undefined where the file is absent or cut short */
export async function readPostmasterPid(dataDirectory: string): Promise<PostmasterPid | undefined> {
  let text: string;
  try {
    text = await readFile(postmasterPidFile(dataDirectory), "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
  const lines = text.split("\n");
  const pid = Number(lines[0]);
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  return { pid, port: Number(lines[3] ?? 0), ready: lines[7]?.trim() === "ready" };
}
