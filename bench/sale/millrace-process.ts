import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** The program as it was compiled together with the benchmark. */
const program = fileURLToPath(new URL("../../src/main.js", import.meta.url));
const readyWithinMs = 60_000;
const endsWithinMs = 40_000;
const lookEveryMs = 50;

export interface MillraceProcess {
  readonly name: ProcessOptions["name"];
  readonly pid: number;
  readonly url: string;
  /** Lets it finish what it accepted. */
  stop(): Promise<void>;
}

export interface ProcessOptions {
  readonly name: "api" | "worker" | "projector";
  readonly port: number;
  readonly settings: Readonly<Record<string, string>>;
  readonly logDirectory: string;
  /** For Node, e.g. `--cpu-prof`. */
  readonly nodeOptions?: readonly string[];
}

/** One process of server mode. Only the given settings reach it. @throws Error with the end of its log where it does not get ready */
export async function startProcess({ name, port, settings, logDirectory, nodeOptions = [] }: ProcessOptions): Promise<MillraceProcess> {
  const { PATH = "" } = process.env;
  const env = { PATH, NODE_ENV: "production", LOG_LEVEL: "warn", ...settings, [name === "api" ? "PORT" : "OPERATIONS_PORT"]: String(port) };
  const logFile = join(logDirectory, `${name}.log`);
  const child = spawn(process.execPath, [...nodeOptions, program, name], { env, stdio: ["ignore", "pipe", "pipe"] });
  process.once("exit", () => child.kill("SIGKILL")); // nobody else would end it
  const log = createWriteStream(logFile);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const ended = once(child, "close").finally(() => log.end());
  const url = `http://127.0.0.1:${String(port)}`;
  const isAlive = (): boolean => child.exitCode === null && child.signalCode === null;
  const giveUpAt = Date.now() + readyWithinMs;
  while (!await isReady(url)) {
    if (!isAlive() || Date.now() > giveUpAt) {
      child.kill("SIGKILL");
      throw new Error(`millrace ${name} did not get ready:\n${(await readFile(logFile, "utf8")).slice(-2_000)}`);
    }
    await delay(lookEveryMs);
  }
  return {
    name, url, pid: child.pid ?? 0,
    async stop() {
      if (isAlive()) child.kill("SIGTERM");
      const overdue = setTimeout(() => child.kill("SIGKILL"), endsWithinMs);
      await ended;
      clearTimeout(overdue);
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(3_000) })).ok;
  } catch {
    return false;
  }
}
