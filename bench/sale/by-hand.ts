import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { defaultHotSku, type Target } from "./order-request.js";

export interface HandServer {
  readonly target: Target;
  readonly pid: number;
  /** Ends it at once, with whatever waits in it. */
  stop(): Promise<void>;
}

/** The server by hand in a process of its own, on the same primary. */
export async function startHandServer(databaseUrl: string, poolSize: number): Promise<HandServer> {
  const child = fork(fileURLToPath(new URL("./by-hand-server.js", import.meta.url)), [databaseUrl, String(poolSize)], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const ended = once(child, "exit");
  const [message] = await Promise.race([once(child, "message"), ended.then(() => [null])]) as [{ url: string } | null];
  if (message === null) throw new Error("the server by hand did not start");
  return {
    target: { kind: "by-hand", url: message.url, hotSku: defaultHotSku }, pid: child.pid ?? 0,
    async stop() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** The other products; the hot one is there. */
export async function fillHandStock(databaseUrl: string): Promise<void> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  await client.query("INSERT INTO hand_stock SELECT 'COLD-' || n, 10000000, 0 FROM generate_series(0, 199) n");
  await client.end();
}
