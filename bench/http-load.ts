import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { LoadResult } from "./load.js";

/** What the load's process is told. `%KEY%` in the body becomes a key of its own for each request. */
export interface HttpLoad {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly connections: number;
  readonly durationMs: number;
}

/** Sends closed HTTP load from a process of its own, so that it shares no event loop with what it measures. */
export async function httpLoad(load: HttpLoad): Promise<LoadResult> {
  const child = fork(fileURLToPath(new URL("./http-load-process.js", import.meta.url)), { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  child.send(load);
  const [message] = await once(child, "message") as [LoadResult | { readonly failed: string }];
  child.disconnect();
  if ("failed" in message) throw new Error(message.failed);
  return message;
}
