import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { ClosedJob, ClosedRecord, LoadJob, LoadMessage, OpenJob, OpenRecord } from "./load-job.js";

/** @param onStart hears the load's process at the moment from which the schedule counts */
export async function openLoad(job: OpenJob, onStart: (pid: number) => void): Promise<OpenRecord> {
  const message = await run(job, onStart);
  if (message.kind !== "open") throw new Error(`the load answered ${message.kind}`);
  return message.record;
}

export async function closedLoad(job: ClosedJob): Promise<ClosedRecord> {
  const message = await run(job, () => undefined);
  if (message.kind !== "closed") throw new Error(`the load answered ${message.kind}`);
  return message.record;
}

async function run(job: LoadJob, onStart: (pid: number) => void): Promise<LoadMessage> {
  const child = fork(fileURLToPath(new URL("./load-process.js", import.meta.url)), { serialization: "advanced", stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const ended = Promise.withResolvers<LoadMessage>();
  child.on("message", (message: LoadMessage) => {
    if (message.kind === "started") onStart(child.pid ?? 0);
    else if (message.kind === "failed") ended.reject(new Error(message.why));
    else ended.resolve(message);
  });
  child.on("exit", (code, signal) => { ended.reject(new Error(`the load's process ended: ${String(code ?? signal)}`)); });
  child.send(job);
  try {
    return await ended.promise;
  } finally {
    if (child.connected) child.disconnect();
  }
}
