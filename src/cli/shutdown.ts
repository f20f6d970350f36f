import type { Logger } from "../platform/log/logger.js";
import type { Running } from "./deployment.js";

const signals = ["SIGTERM", "SIGINT"] as const;
const parentCheckMs = 500;

/**
 * Aborted by the first SIGTERM or SIGINT, with its name as the reason; a second one ends the process at once.
 * Asked for before anything is started, so that a stop in the middle of a start leaves nothing behind.
 */
export function stopRequested(): AbortSignal {
  const stop = new AbortController();
  for (const name of signals) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(1);
      stop.abort(name);
    });
  }
  if (process.env["npm_lifecycle_script"]?.includes("millrace")) abortWithoutParent(stop);
  return stop.signal;
}

/** npm passes a SIGTERM to the shell that it runs scripts in, and the shell dies of it without a word to us. */
function abortWithoutParent(stop: AbortController): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    stop.abort("npm ended");
  }, parentCheckMs).unref();
}

/** Keeps the process alive until it is asked to stop, then stops the parts; one that takes longer than `timeoutMs` is not waited for. */
export async function untilSignal(parts: readonly Running[], logger: Logger, timeoutMs: number, stop = stopRequested()): Promise<void> {
  if (!stop.aborted) await new Promise((resolve) => { stop.addEventListener("abort", resolve, { once: true }); });
  logger.info({ signal: stop.reason as unknown }, "stopping: what was accepted is finished first");
  const overdue = setTimeout(() => {
    logger.error("stopping takes too long; ending at once");
    process.exit(1);
  }, timeoutMs);
  await stopAll(parts, logger);
  clearTimeout(overdue);
}

/** Stops the parts, the last one first; one that fails does not keep the others. */
export async function stopAll(parts: readonly Running[], logger: Logger): Promise<void> {
  for (const part of [...parts].reverse()) {
    try {
      await part.stop();
    } catch (error) {
      logger.error({ err: error }, "a part did not stop cleanly");
    }
  }
}
