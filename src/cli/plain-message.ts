import { ConfigurationError } from "../platform/config/config.js";
import { httpStatusOf, SystemError } from "../platform/errors.js";
import { EmbeddedError } from "../platform/embedded/embedded-error.js";
import { ListenError } from "../platform/http/listen-error.js";
import { PreflightError } from "../platform/postgres/preflight.js";
import { ResyncNeededError } from "../platform/replication/resync-needed.js";
import { CommandError } from "./command-error.js";

/** Errors that are a person's to mend: told in one line, without a stack. */
const plainErrors = [CommandError, ConfigurationError, EmbeddedError, ListenError, PreflightError, ResyncNeededError];

const unreachable = new Set(["ECONNREFUSED", "ECONNRESET", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT"]);
/** PostgreSQL's: wrong role or password, no such database, starting or stopping, no connection left. */
const turnedAway = new Set(["28000", "28P01", "3D000", "57P03", "57P01", "53300"]);

/** What to tell whoever gave the command; null for a bug, whose stack is needed. */
export function plainMessageOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  if (plainErrors.some((kind) => error instanceof kind)) return error.message;
  if (error instanceof SystemError && httpStatusOf[error.code] === 503) return `${error.message} If Millrace does not run, start it first (\`npm start\`, or the servers that the settings name).`;
  // A name with several addresses fails once for each.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  if (!(first instanceof Error) || !("code" in first) || typeof first.code !== "string") return null;
  if (unreachable.has(first.code)) return `A server cannot be reached: ${first.message}. Start it (the embedded ones run while \`npm start\` does), or correct its URL.`;
  if (turnedAway.has(first.code)) return `A database server that the settings name turns us away: ${first.message}. Correct its URL, or the server.`;
  return null;
}
