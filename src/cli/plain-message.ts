import { ConfigurationError } from "../platform/config/config.js";
import { EmbeddedError } from "../platform/embedded/embedded-error.js";
import { ListenError } from "../platform/http/listen-error.js";
import { PreflightError } from "../platform/postgres/preflight.js";
import { ResyncNeededError } from "../platform/replication/resync-needed.js";

/** Errors that are a person's to mend: told in one line, without a stack. */
const plainErrors = [ConfigurationError, EmbeddedError, ListenError, PreflightError, ResyncNeededError];

const unreachable = new Set(["ECONNREFUSED", "ECONNRESET", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT"]);
/** PostgreSQL's: wrong role or password, no such database, starting or stopping, no connection left. */
const turnedAway = new Set(["28000", "28P01", "3D000", "57P03", "57P01", "53300"]);

/** What to tell whoever gave the command; null for a bug, whose stack is needed. */
export function plainMessageOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  if (plainErrors.some((kind) => error instanceof kind)) return error.message;
  // A name with several addresses fails once for each.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  if (!(first instanceof Error) || !("code" in first) || typeof first.code !== "string") return null;
  if (unreachable.has(first.code)) return `A server that the settings name cannot be reached: ${first.message}. Start it, or correct its URL.`;
  if (turnedAway.has(first.code)) return `A database server that the settings name turns us away: ${first.message}. Correct its URL, or the server.`;
  return null;
}
