import { InvalidArgumentError, type Command } from "commander";
import type { Settings } from "../../platform/config/config.js";
import type { Logger } from "../../platform/log/logger.js";
import type { LetterDesk } from "./letter-desk.js";

/** Which letters, as it comes from the command line. */
export interface ChoiceFlags {
  readonly queue?: string;
  readonly all?: true;
}

const limitMax = 10_000;

/** Adds `millrace dead-letters`. Works while nothing else runs but the databases. */
export function addDeadLettersCommand(millrace: Command, surroundings: () => { readonly settings: Settings; readonly logger: Logger }, print: (line: string) => void): void {
  const letters = millrace.command("dead-letters").description("jobs that failed for good, on the primary and the read nodes: look at them, put them back, or throw them away");
  const atDesk = async (work: (desk: LetterDesk) => Promise<number>): Promise<void> => {
    const [{ openLetterDesk }, { targetsFor }] = await Promise.all([import("./letter-desk.js"), import("../embedded-targets.js")]);
    const { settings, logger } = surroundings();
    const desk = await openLetterDesk({ settings, logger, targets: await targetsFor(settings), print });
    try {
      process.exitCode = await work(desk);
    } finally {
      await desk.close();
    }
  };
  letters.command("list", { isDefault: true }).description("newest death first; exit code 1 where a server does not answer")
    .option("--queue <queue>", "only jobs of this queue, e.g. payments.charge")
    .option("--limit <letters>", "how many of each server", limitOf, 50).option("--json", "for machines")
    .action(async ({ queue, limit, json }: { readonly queue?: string; readonly limit: number; readonly json?: true }) => {
      const { listLetters } = await import("./list-letters.js");
      await atDesk((desk) => listLetters(desk, { queue: queue ?? null, limit, json: json === true }));
    });
  letters.command("show").argument("<id>").description("payload, attempts, errors, event, webhook, trace; exit code 1 where there is no such letter")
    .option("--json", "for machines")
    .action(async (id: string, { json }: { readonly json?: true }) => {
      const { showLetter } = await import("./show-letter.js");
      await atDesk((desk) => showLetter(desk, id, json === true));
    });
  letters.command("redrive").argument("[id]").description("put a job into its queue again with fresh attempts; exit code 1 where one stays")
    .option("--queue <queue>", "all letters of this queue").option("--all", "all letters of all queues")
    .action(async (id: string | undefined, flags: ChoiceFlags) => {
      const selection = choiceOf(letters, id, flags);
      const { redriveLetters } = await import("./move-letters.js");
      await atDesk((desk) => redriveLetters(desk, selection));
    });
  letters.command("discard").argument("[id]").description("throw a job away for good; exit code 1 where one stays")
    .requiredOption("--reason <text>", "for whoever looks for the job later")
    .option("--queue <queue>", "all letters of this queue").option("--all", "all letters of all queues")
    .action(async (id: string | undefined, { reason, ...flags }: ChoiceFlags & { readonly reason: string }) => {
      const selection = choiceOf(letters, id, flags);
      const { discardLetters } = await import("./move-letters.js");
      await atDesk((desk) => discardLetters(desk, selection, reason));
    });
}

/** One letter by its id, or all of a queue, or all of them. */
export type LetterSelection = { readonly id: string } | { readonly queue: string | null };

function choiceOf(letters: Command, id: string | undefined, { queue, all }: ChoiceFlags): LetterSelection {
  const given = [id, queue, all].filter((one) => one !== undefined);
  if (given.length !== 1) letters.error("error: say which: an id, --queue <queue>, or --all; one of them");
  return id === undefined ? { queue: queue ?? null } : { id };
}

function limitOf(text: string): number {
  const limit = Number(text);
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > limitMax) throw new InvalidArgumentError(`it is a whole number from 1 to ${String(limitMax)}`);
  return limit;
}
