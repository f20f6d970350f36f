import { InvalidArgumentError, Option, type Command } from "commander";
import type { Settings } from "../../platform/config/config.js";
import { httpUrl } from "../http-url.js";

/** As they come from the command line. */
export interface ReplayFlags {
  readonly url?: string;
  readonly token?: string;
  readonly rate: number | null;
  readonly concurrency: number;
  readonly from: number;
  readonly limit?: number;
  readonly run?: string;
  readonly journal?: string;
  readonly follow: boolean;
  readonly giveUp: number;
  readonly json?: boolean;
}

const concurrencyMax = 1_000;

/** Adds `millrace replay`. */
export function addReplayCommand(millrace: Command, settings: () => Settings): void {
  millrace.command("replay").argument("<file>", "baskets, one a line: product codes of five digits and up to two letters, separated by commas")
    .description("place real baskets as orders through the API, follow them to the door, and count; harmless when repeated")
    .option("--url <url>", "of a running Millrace; 127.0.0.1 at PORT by default", httpUrl)
    .option("--token <jwt>", "an operator's; minted with JWT_SECRET, or the embedded secret, by default")
    .addOption(new Option("--rate <number>", "orders a second, or max").default(null, "max").argParser(rateOf))
    .option("--concurrency <number>", "orders at once", countOf(concurrencyMax), 64)
    .option("--from <line>", "first line to use", countOf(), 1)
    .option("--limit <lines>", "how many lines to use; all by default", countOf())
    .option("--run <name>", "place the file's orders once more, under another name", runOf)
    .option("--journal <file>", "keep every acknowledgement in this file, on disk before it counts")
    .option("--no-follow", "do not wait for the orders to arrive")
    .option("--give-up <seconds>", "how long an answer, or an order's next step, may take", countOf(86_400), 120)
    .option("--json", "print the summary as JSON")
    .action(async (file: string, flags: ReplayFlags) => {
      const { runReplay } = await import("./run-replay.js");
      process.exitCode = await runReplay(file, flags, settings());
    });
}

function rateOf(text: string): number | null {
  if (text === "max") return null;
  const rate = Number(text);
  if (!(rate > 0 && rate <= 1_000_000)) throw new InvalidArgumentError("it is a number above 0, or max");
  return rate;
}

function countOf(max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const count = Number(text);
    if (!Number.isSafeInteger(count) || count < 1 || count > max) throw new InvalidArgumentError(`it is a whole number from 1${max === Number.MAX_SAFE_INTEGER ? "" : ` to ${max}`}`);
    return count;
  };
}

function runOf(text: string): string {
  if (!/^[A-Za-z0-9._-]{1,40}$/.test(text)) throw new InvalidArgumentError("it has 1 to 40 letters, digits, dots, dashes or underscores");
  return text;
}
