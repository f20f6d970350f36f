import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { errorCode } from "../../src/platform/embedded/embedded-error.js";
import { freePort } from "../../src/platform/embedded/free-port.js";
import { recordCompanion } from "./run-directory.js";

const readyTimeoutMs = 10_000;

export interface TestRedis {
  /** Undefined where there is no Redis on this machine. */
  readonly value: string | undefined;
  stop(): Promise<void>;
}

/** Whether the program is installed: a Redis that a test may stop, REDIS_URL or not. */
export function hasRedisServer(): boolean {
  return spawnSync("redis-server", ["--version"], { stdio: "ignore" }).status === 0;
}

/** The Redis that `REDIS_URL` names, or one of the run's own where the program is installed. */
export async function startTestRedis(directory: string): Promise<TestRedis> {
  const { REDIS_URL } = process.env;
  if (REDIS_URL) return { value: REDIS_URL, stop: () => Promise.resolve() };
  return startRedis(directory, await freePort(undefined, new Set()));
}

/** A Redis that keeps nothing, on that port of the loopback interface; it goes with the run in `directory`. */
export async function startRedis(directory: string, port: number): Promise<TestRedis> {
  const child = spawn("redis-server", ["--bind", "127.0.0.1", "--port", String(port), "--save", "", "--appendonly", "no", "--dir", directory], { stdio: "ignore", detached: true });
  try {
    await once(child, "spawn");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return { value: undefined, stop: () => Promise.resolve() };
    throw error;
  }
  child.unref();
  if (child.pid !== undefined) await recordCompanion(directory, child.pid);
  const ended = once(child, "exit");
  await untilAccepting(port, () => child.exitCode === null);
  return {
    value: `redis://127.0.0.1:${String(port)}`,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.ref();
      child.kill("SIGTERM");
      await ended;
    },
  };
}

async function untilAccepting(port: number, alive: () => boolean): Promise<void> {
  const giveUpAt = Date.now() + readyTimeoutMs;
  while (alive() && Date.now() < giveUpAt) {
    if (await accepts(port)) return;
    await delay(20);
  }
  throw new Error(`redis-server did not listen on 127.0.0.1:${String(port)}: run it by hand to see why.`);
}

async function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => { socket.destroy(); resolve(true); });
    socket.once("error", () => { resolve(false); });
  });
}
