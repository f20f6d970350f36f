/**
 * What a failed batch calls for:
 * - `answered`: another process answered one of the keys first; run again, now the answer is found
 * - `clash`: versions or locks collided; load again and retry
 * - `lost`: the connection or the server went away; the outcome is unknown until the keys tell
 * - `locked`: somebody holds a lock too long; find out whose commands wait for it
 * - `large`: the batch needs more locks at once than the server has room for; split
 * - `full`: the server can take nothing at all (disk, memory, connections)
 * - `poison`: something in one of the commands; split
 */
export type FailureKind = "answered" | "clash" | "lost" | "locked" | "large" | "full" | "poison";

/** The primary could not be reached, or did not let us in. Whatever the server said, no command is to blame. */
export class NotConnected extends Error {
  override readonly name = "NotConnected";
}


export function sqlStateOf(error: unknown): string | null {
  if (typeof error !== "object" || error === null || !("code" in error)) return null;
  return typeof error.code === "string" && /^[0-9A-Z]{5}$/.test(error.code) ? error.code : null;
}

const byState: Readonly<Record<string, FailureKind>> = {
  MR001: "answered",
  "40P01": "clash",
  "40001": "clash",
  "55P03": "locked",
  "57014": "locked",
  "53200": "large",
  "57P01": "lost", // the server is shutting down
  "57P02": "lost",
  "57P03": "lost", // it is still starting
  "57P05": "lost",
  "25P03": "lost", // our transaction idled too long, e.g. while this process was paused
  "25006": "lost", // it became a standby
};

export function classify(error: unknown): FailureKind {
  if (error instanceof NotConnected) return "lost";
  const state = sqlStateOf(error);
  if (state === null) return isConnectionError(error) ? "lost" : "poison";
  const known = byState[state];
  if (known) return known;
  if (state === "23505" && constraintOf(error) === "event_log_stream_version") return "clash";
  if (state.startsWith("08")) return "lost";
  if (state.startsWith("53")) return "full";
  return "poison";
}

function constraintOf(error: unknown): string | null {
  return typeof error === "object" && error !== null && "constraint" in error && typeof error.constraint === "string" ? error.constraint : null;
}

const connectionCodes = new Set(["ECONNRESET", "ECONNREFUSED", "EPIPE", "ETIMEDOUT", "ENOTFOUND", "EHOSTUNREACH", "ENETUNREACH", "EAI_AGAIN", "ENOENT"]);

/** node-postgres tells a lost connection in words only. */
function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ("code" in error && typeof error.code === "string" && connectionCodes.has(error.code)) return true;
  return /connection (terminated|error|ended)|client (was closed|has encountered)|not queryable|timeout expired|read timeout/i.test(error.message);
}
