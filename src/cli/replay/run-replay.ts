import type { Settings } from "../../platform/config/config.js";
import { keptJwtSecret, targetsFor } from "../embedded-targets.js";
import { mintToken } from "../token.js";
import { replayOperator } from "./identity.js";
import { createProgress } from "./progress.js";
import { replay } from "./replay.js";
import type { ReplayFlags } from "./replay-command.js";
import { ReplayError } from "./replay-error.js";
import { RequestRefused, Unanswered } from "./shop-api.js";
import { summaryText } from "./summary-text.js";

const tokenSeconds = 86_400;
/** Of a process that was stopped from the keyboard. */
const stoppedExitCode = 130;

/** @returns the exit code: 0 when every promise was kept, 130 when it was stopped, otherwise 1 */
export async function runReplay(file: string, flags: ReplayFlags, settings: Settings): Promise<number> {
  const url = shopUrl(flags.url, settings);
  const stop = new AbortController();
  const progress = createProgress(process.stderr);
  const onSignal = (): void => {
    if (stop.signal.aborted) process.exit(stoppedExitCode);
    progress.say("Stopping: waiting for the orders under way. Press Ctrl-C again to end at once.");
    stop.abort();
  };
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, onSignal);
  try {
    const summary = await replay({
      file, url, token: flags.token ?? await mintOperatorToken(settings, replayOperator), rate: flags.rate, concurrency: flags.concurrency,
      range: { first: flags.from, last: flags.limit === undefined ? Infinity : flags.from + flags.limit - 1 },
      run: flags.run, journal: flags.journal, follow: flags.follow, giveUpMs: flags.giveUp * 1_000,
      primaryUrl: await primaryUrlOf(settings, flags.token), progress, stop: stop.signal,
    });
    console.log(flags.json === true ? JSON.stringify(summary) : summaryText(summary));
    return summary.stopped ? stoppedExitCode : Number(!summary.ok);
  } catch (error) {
    const reason = plainReason(error, url);
    if (reason === null) throw error;
    console.error(reason);
    return 1;
  } finally {
    for (const name of ["SIGINT", "SIGTERM"] as const) process.off(name, onSignal);
  }
}

/** Of the shop that somebody names, or of the one that these settings would start here. */
export function shopUrl(given: string | undefined, { PORT }: Settings): string {
  return (given ?? `http://127.0.0.1:${PORT}`).replace(/\/+$/, "");
}

/** One line for what a person can mend; null for a bug. */
export function plainReason(error: unknown, url: string): string | null {
  if (error instanceof RequestRefused || error instanceof Unanswered) return `${url}: ${error.code}: ${error.message}`;
  if (error instanceof Error && "syscall" in error) return `${"path" in error ? "A file cannot be read or written: " : ""}${error.message}.`;
  return error instanceof ReplayError ? error.message : null;
}

/** An operator's, with the secret that the shop of these settings checks tokens with. */
export async function mintOperatorToken(settings: Settings, subject: string): Promise<string> {
  const { JWT_SECRET, JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = settings;
  const secret = JWT_SECRET ?? await keptJwtSecret(settings);
  return mintToken({ secret, role: "operator", subject, ttlSeconds: tokenSeconds, issuer, audience });
}

/** Null where nothing tells that the shop at the URL belongs to the databases that the settings name. */
async function primaryUrlOf(settings: Settings, token: string | undefined): Promise<string | null> {
  if (token !== undefined && settings.DATABASE_URL === undefined) return null;
  return (await targetsFor(settings)).primary.adminUrl;
}
