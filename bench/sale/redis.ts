import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "../../src/platform/embedded/free-port.js";

const readyWithinMs = 10_000;

export interface BenchRedis {
  readonly url: string;
  /** Null where it is not ours. */
  readonly pid: number | null;
  stop(): Promise<void>;
}

/** The Redis that `REDIS_URL` names, or one of the benchmark's own. @throws Error where there is neither */
export async function startRedis(directory: string): Promise<BenchRedis> {
  const { REDIS_URL } = process.env;
  if (REDIS_URL) return { url: REDIS_URL, pid: null, stop: () => Promise.resolve() };
  const port = await freePort(undefined, new Set());
  const child = spawn("redis-server", ["--bind", "127.0.0.1", "--port", String(port), "--save", "", "--appendonly", "no", "--dir", directory], { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => { child.once("exit", () => { resolve(); }); });
  try {
    await once(child, "spawn");
  } catch (error) {
    throw new Error("This needs Redis: install redis-server, or set REDIS_URL.", { cause: error });
  }
  const giveUpAt = Date.now() + readyWithinMs;
  while (!await accepts(port)) {
    if (Date.now() > giveUpAt || child.exitCode !== null) {
      child.kill("SIGKILL");
      throw new Error("redis-server did not start.");
    }
    await delay(20);
  }
  return {
    url: `redis://127.0.0.1:${String(port)}`, pid: child.pid ?? null,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

async function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => { socket.destroy(); resolve(true); });
    socket.once("error", () => { resolve(false); });
  });
}
