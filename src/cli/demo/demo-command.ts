import { randomInt } from "node:crypto";
import type { Command } from "commander";
import type { Settings } from "../../platform/config/config.js";
import { httpUrl } from "../http-url.js";
import { wholeNumber } from "../whole-number.js";

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

/** Adds `millrace demo sale`, and `millrace demo courier-down` and `courier-up`. */
export function addDemoCommand(millrace: Command, settings: () => Settings): void {
  const demo = millrace.command("demo").description("see the running system at work");
  demo.command("sale").description("a flash sale with a waiting room, played by simulated buyers and drawn in the terminal")
    .option("--url <url>", "of a running Millrace; 127.0.0.1 at PORT by default", httpUrl)
    .option("--token <jwt>", "an operator's; minted with JWT_SECRET, or the embedded secret, by default")
    .option("--buyers <number>", "who want it", wholeNumber(1, 5_000), 400)
    .option("--units <number>", "what there is", wholeNumber(1, 5_000), 50)
    .option("--rate <number>", "tickets let in a second", wholeNumber(1, 1_000), 10)
    .option("--seconds <number>", "the sale's length at most", wholeNumber(5, 600), 45)
    .option("--seed <number>", "makes the buyers behave the same again", wholeNumber(0, 4_294_967_295), randomInt(1_000_000))
    .action(async (flags: SaleDemoFlags) => {
      const { runSaleDemo } = await import("./run-sale-demo.js");
      process.exitCode = await runSaleDemo(flags, settings());
    });
  for (const down of [true, false]) {
    demo.command(down ? "courier-down" : "courier-up").description(down ? "have a simulated courier fail at everything" : "have simulated couriers work again")
      .argument("[courier]", `its id; ${down ? "who has carried most" : "all"} by default`)
      .action(async (courier: string | undefined) => {
        const { setCourierDown } = await import("./courier-fault.js");
        try {
          console.log(await setCourierDown(courier, down, settings()));
        } catch (error) {
          process.exitCode = 1;
          console.error(error instanceof Error ? error.message : error);
        }
      });
  }
}
