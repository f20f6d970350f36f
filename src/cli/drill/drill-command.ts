import { randomInt } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Option, type Command } from "commander";
import { wholeNumber } from "../whole-number.js";

interface PaymentFlags {
  readonly orders: number;
  readonly kills: number;
  readonly seed: number;
  readonly captureOn: "order" | "shipment";
  readonly minutes: number;
  readonly keep: boolean;
}

interface KillFlags {
  readonly baskets: number;
  readonly kills: number;
  readonly seed: number;
  readonly minutes: number;
  readonly keep: boolean;
}

interface CourierFlags {
  readonly seconds: number;
  readonly ordersPerSecond: number;
  readonly parcels?: number;
  readonly seed: number;
  readonly speed: number;
  readonly minutes: number;
  readonly keep: boolean;
}

/** Of all orders of the couriers' drill. */
const parcelsPerOrder = 1.5;

/** Adds `millrace drill kill`, `payments` and `couriers`: what `npm run drill:kill`, `drill:payments` and `drill:couriers` run. */
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
  drill.command("payments").description("place orders while the payment provider fails and the server is killed, then compare the books")
    .option("--orders <number>", "orders to place", wholeNumber(1, 100_000), 2_000)
    .option("--kills <number>", "kill -9 of the server; two of five take the database servers too", wholeNumber(0, 100), 4)
    .option("--seed <number>", "makes the moments the same again", wholeNumber(0, 4_294_967_295), randomInt(1_000_000))
    .addOption(new Option("--capture-on <moment>", "when the money is taken").choices(["order", "shipment"]).default("order"))
    .option("--minutes <number>", "bound of the whole drill", wholeNumber(1, 240), 12)
    .option("--keep", "keep the logs and the servers' data, also when all is well", false)
    .action(async (flags: PaymentFlags) => {
      const [{ paymentDrill }, { paymentReport }] = await Promise.all([import("./payments/payment-drill.js"), import("./payments/payment-report.js")]);
      const result = await paymentDrill({ ...flags, say });
      say(paymentReport(result));
      process.exitCode = result.ok ? 0 : 1;
    });
  drill.command("couriers").description("place orders while couriers fail in every way and workers are killed, then compare the couriers' own books")
    .option("--seconds <number>", "how long orders are placed and things go wrong", wholeNumber(5, 3_600), 120)
    .option("--orders-per-second <number>", "of the buyers", wholeNumber(1, 1_000), 5)
    .option("--parcels <number>", "instead of a pace: orders that come to so many parcels within that time", wholeNumber(1, 1_000_000))
    .option("--seed <number>", "makes the same go wrong again", wholeNumber(0, 4_294_967_295), randomInt(1_000_000))
    .option("--speed <number>", "how many times faster than the clock couriers live", wholeNumber(1, 1_000_000), 20_000)
    .option("--minutes <number>", "bound of the whole drill", wholeNumber(1, 240), 20)
    .option("--keep", "keep the logs and the servers' data, also when all is well", false)
    .action(async ({ ordersPerSecond, parcels, ...flags }: CourierFlags) => {
      const [{ courierDrill }, { courierReport }] = await Promise.all([import("./couriers/courier-drill.js"), import("./couriers/courier-report.js")]);
      const result = await courierDrill({ ...flags, parcels: parcels ?? Math.round(ordersPerSecond * flags.seconds * parcelsPerOrder), say });
      say(courierReport(result));
      process.exitCode = result.ok ? 0 : 1;
    });
}

/** Real baskets where they are supplied, our own few otherwise. */
function usualBaskets(): string {
  const supplied = join(process.env["MILLRACE_TEST_DATA"] ?? "../shared/data", "online-retail", "baskets.csv");
  return existsSync(supplied) ? supplied : fileURLToPath(new URL("../../../test/fixtures/baskets.csv", import.meta.url));
}
