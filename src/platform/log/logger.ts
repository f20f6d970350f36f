import { pino, type Logger } from "pino";

export type { Logger };

/**
 * One JSON line an event on standard error, so that a command's own output stays clean.
 * @param level pino's words: `trace debug info warn error fatal silent`
 */
export function createLogger(level: string, bindings: Record<string, string> = {}): Logger {
  return pino({ level, base: { ...bindings, pid: process.pid } }, pino.destination({ dest: 2, sync: false }));
}
