import { randomInt } from "node:crypto";
import { InvalidArgumentError, type Command } from "commander";
import type { Settings } from "../../platform/config/config.js";

/** As they come from the command line. */
export interface SaleDemoFlags {
  readonly url?: string;
  readonly token?: string;
  readonly buyers: number;
  readonly units: number;
  readonly rate: number;
  readonly seconds: number;
  readonly seed: number;
}

/** Adds `millrace demo sale`. */
export function addDemoCommand(millrace: Command, settings: () => Settings): void {
  const demo = millrace.command("demo").description("see the running system at work");
  demo.command("sale").description("a flash sale with a waiting room, played by simulated buyers and drawn in the terminal")
    .option("--url <url>", "of a running Millrace; 127.0.0.1 at PORT by default")
    .option("--token <jwt>", "an operator's; minted with JWT_SECRET, or the embedded secret, by default")
    .option("--buyers <number>", "who want it", whole(1, 5_000), 400)
    .option("--units <number>", "what there is", whole(1, 5_000), 50)
    .option("--rate <number>", "tickets let in a second", whole(1, 1_000), 10)
    .option("--seconds <number>", "the sale's length at most", whole(5, 600), 45)
    .option("--seed <number>", "makes the buyers behave the same again", whole(0, 4_294_967_295), randomInt(1_000_000))
    .action(async (flags: SaleDemoFlags) => {
      const { runSaleDemo } = await import("./run-sale-demo.js");
      process.exitCode = await runSaleDemo(flags, settings());
    });
}

function whole(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!Number.isSafeInteger(number) || number < min || number > max) throw new InvalidArgumentError(`it is a whole number from ${min} to ${max}`);
    return number;
  };
}
