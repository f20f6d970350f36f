import type { Logger } from "../platform/log/logger.js";
import type { Running } from "./deployment.js";

/**
 * Keeps the process alive until SIGTERM or SIGINT, then stops the parts one after the other, the last one first.
 * A second signal, or a stop that takes longer than `timeoutMs`, ends the process at once.
 */
export async function untilSignal(parts: readonly Running[], logger: Logger, timeoutMs: number): Promise<void> {
  const signal = await new Promise<string>((resolve) => {
    for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, resolve);
  });
  logger.info({ signal }, "stopping: what was accepted is finished first");
  const overdue = setTimeout(() => {
    logger.error("stopping takes too long; ending at once");
    process.exit(1);
  }, timeoutMs);
  for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => process.exit(1));
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
