import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "../../src/platform/embedded/free-port.js";

const program = fileURLToPath(new URL("../../bin/millrace.mjs", import.meta.url));
const built = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const directory = fileURLToPath(new URL("../..", import.meta.url));

const readyWithinMs = 60_000;
const endsWithinMs = 60_000;
const lookEveryMs = 50;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program that ran to its end, and what it said. */
export interface Finished extends Exit {
  readonly stdout: string;
  readonly stderr: string;
}

/** A process of server mode that runs: `api`, `worker` or `projector`. */
export interface MillraceProcess {
  readonly name: string;
  readonly pid: number;
  /** Of the API, or else of health and metrics. */
  readonly url: string;
  /** Everything it has written so far. */
  output(): string;
  isAlive(): boolean;
  /** Sends the signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<Exit>;
}

interface Child {
  readonly child: ChildProcess;
  readonly said: { stdout: string; stderr: string };
  readonly exited: Promise<Exit>;
}

/** Runs one command of the built program to its end. Only the given settings are in its environment. */
export async function runMillrace(args: readonly string[], environment: Readonly<Record<string, string>>): Promise<Finished> {
  const { child, said, exited } = start(args, environment);
  const overdue = setTimeout(() => { child.kill("SIGKILL"); }, endsWithinMs);
  const exit = await exited;
  clearTimeout(overdue);
  return { ...exit, ...said };
}

/** Starts a process of the built program and waits until `/readyz` says so. @throws with its output where it ends before that */
export async function startMillrace(args: readonly string[], environment: Readonly<Record<string, string>>, ports = new Set<number>()): Promise<MillraceProcess> {
  const port = await freePort(undefined, ports);
  ports.add(port);
  const name = args.join(" ");
  const { child, said, exited } = start(args, { ...environment, [args[0] === "api" ? "PORT" : "OPERATIONS_PORT"]: String(port) });
  const url = `http://127.0.0.1:${String(port)}`;
  const output = (): string => said.stdout + said.stderr;
  const isAlive = (): boolean => child.exitCode === null && child.signalCode === null;
  const giveUpAt = Date.now() + readyWithinMs;
  while (!await isReady(url)) {
    if (!isAlive() || Date.now() > giveUpAt) {
      child.kill("SIGKILL");
      throw new Error(`millrace ${name} ${isAlive() ? `was not ready within ${String(readyWithinMs)} ms` : "ended before it was ready"}:\n${output()}`);
    }
    await delay(lookEveryMs);
  }
  return {
    name, url, output, isAlive, pid: child.pid!,
    async end(signal) {
      if (isAlive()) child.kill(signal);
      const overdue = setTimeout(() => { child.kill("SIGKILL"); }, endsWithinMs);
      const exit = await exited;
      clearTimeout(overdue);
      return exit;
    },
  };
}

function start(args: readonly string[], environment: Readonly<Record<string, string>>): Child {
  if (!existsSync(built)) throw new Error('The program has not been built: run "npm run build" first; "npm test" does.');
  const { PATH, SystemRoot } = process.env;
  // Tests take all there is of the machine: a worker that gave way to them would be waited for.
  const env = { ...(PATH && { PATH }), ...(SystemRoot && { SystemRoot }), NODE_ENV: "test", BACKGROUND_NICE: "0", ...environment };
  const child = spawn(process.execPath, [program, ...args], { cwd: directory, env, stdio: ["ignore", "pipe", "pipe"] });
  const said = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => { said.stdout += text; });
  child.stderr.setEncoding("utf8").on("data", (text: string) => { said.stderr += text; });
  const exited = once(child, "close").then(([code, signal]) => ({ code: code as number | null, signal: signal as NodeJS.Signals | null }));
  return { child, said, exited };
}

async function isReady(url: string): Promise<boolean> {
  try {
    const { ok } = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(3_000) });
    return ok;
  } catch {
    return false;
  }
}
