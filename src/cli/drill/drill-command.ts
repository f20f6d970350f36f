import { randomInt } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { wholeNumber } from "../whole-number.js";

interface KillFlags {
  readonly baskets: number;
  readonly kills: number;
  readonly seed: number;
  readonly minutes: number;
  readonly keep: boolean;
}

/** Adds `millrace drill kill`: what `npm run drill:kill` runs. */
export function addDrillCommand(millrace: Command, say: (line: string) => void): void {
  const drill = millrace.command("drill").description("rehearse what goes wrong, on servers made for it and removed after");
  drill.command("kill").description("replay baskets while the server is killed, then count lost and doubled orders")
    .argument("[file]", "baskets, one a line; those of MILLRACE_TEST_DATA, or a few of our own, by default")
    .option("--baskets <lines>", "lines of the file to use", wholeNumber(1, 1_000_000), 2_000)
    .option("--kills <number>", "kill -9 of the server; two of five take the database servers too", wholeNumber(0, 100), 5)
    .option("--seed <number>", "makes the moments the same again", wholeNumber(0, 4_294_967_295), randomInt(1_000_000))
    .option("--minutes <number>", "bound of the whole drill", wholeNumber(1, 240), 8)
    .option("--keep", "keep the journal, the logs and the servers' data, also when all is well", false)
    .action(async (file: string | undefined, flags: KillFlags) => {
      const [{ killDrill }, { killReport }] = await Promise.all([import("./kill-drill.js"), import("./kill-report.js")]);
      const doctor = millrace.commands.some((command) => command.name() === "doctor");
      const result = await killDrill({ file: file ?? usualBaskets(), ...flags, doctor, say });
      say(killReport(result));
      process.exitCode = result.ok ? 0 : 1;
    });
}

/** Real baskets where they are supplied, our own few otherwise. */
function usualBaskets(): string {
  const supplied = join(process.env["MILLRACE_TEST_DATA"] ?? "../shared/data", "online-retail", "baskets.csv");
  return existsSync(supplied) ? supplied : fileURLToPath(new URL("../../../test/fixtures/baskets.csv", import.meta.url));
}
