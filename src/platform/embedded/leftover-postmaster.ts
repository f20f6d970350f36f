import { rm } from "node:fs/promises";
import { basename } from "node:path";
import type { Logger } from "../log/logger.js";
import { EmbeddedError } from "./embedded-error.js";
import { postmasterPidFile, readPostmasterPid } from "./postmaster-pid.js";
import { commandOf, identifyProcess, processExists } from "./process-identity.js";
import type { ServerPrograms } from "./server-programs.js";

/** A stop waits this long for open transactions to be rolled back, then for the harder way. */
const fastSeconds = 30;
const immediateSeconds = 10;

/**
 * Stops the server that a killed Millrace left running in `dataDirectory`.
 * A pid file that names somebody else's process is removed and that process left alone.
 * @param answers whether the server on a port says that `dataDirectory` is its own
 */
export async function clearLeftover(
  dataDirectory: string, programs: ServerPrograms, answers: (port: number) => Promise<boolean>, logger: Logger,
): Promise<void> {
  const left = await readPostmasterPid(dataDirectory);
  if (!left || !processExists(left.pid)) return; // a dead one's file is PostgreSQL's to judge: its children may live on
  if (await isOurs(left.pid, left.port, dataDirectory, answers)) {
    logger.warn({ postmaster: left.pid, dataDirectory }, "stopping the server that a killed process left behind");
    await stopPostmaster(dataDirectory, programs);
    return;
  }
  // PostgreSQL would take that process for a server and refuse to start.
  logger.warn({ postmaster: left.pid, dataDirectory }, "the pid file is stale: its process is not this server");
  await rm(postmasterPidFile(dataDirectory), { force: true });
}

/**
 * The command line ties the process to the directory even while the server recovers and answers nobody.
 * Where the system does not show it, the server is asked by its port.
 */
async function isOurs(pid: number, port: number, dataDirectory: string, answers: (port: number) => Promise<boolean>): Promise<boolean> {
  if (!identifyProcess(pid)) return false; // ended, and waits to be reaped
  const command = commandOf(pid);
  if (command === "") return answers(port);
  const words = command.split("\0");
  if (words.length === 1) return command.includes("postgres") && command.includes(`-D ${dataDirectory} `) && (await answers(port));
  return basename(words[0] ?? "").startsWith("postgres") && words.includes(dataDirectory);
}

/** Ends the server and waits: first with a checkpoint, then without, which costs a recovery at the next start. */
export async function stopPostmaster(dataDirectory: string, programs: ServerPrograms): Promise<void> {
  const attempts = [["fast", fastSeconds], ["immediate", immediateSeconds]] as const;
  for (const [mode, seconds] of attempts) {
    const { ok } = await programs.run("pgCtl", ["stop", "-D", dataDirectory, "-m", mode, "-w", "-t", String(seconds)], dataDirectory);
    const left = await readPostmasterPid(dataDirectory);
    if (ok || !left || !identifyProcess(left.pid)) return;
  }
  const left = await readPostmasterPid(dataDirectory);
  throw new EmbeddedError(`The PostgreSQL server of ${dataDirectory} does not stop: end its process${left ? ` (kill -9 ${String(left.pid)})` : ""} and start again.`);
}
