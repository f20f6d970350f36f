import { InvalidArgumentError, type Command } from "commander";
import type { Settings } from "../platform/config/config.js";
import type { Logger } from "../platform/log/logger.js";
import type { BreakerWish } from "./breakers-desk.js";
import { webhookProviders } from "./consumers.js";

/**
 * Adds `millrace breakers`, and the same by hand under `couriers` and `payments`. Works while nothing else runs but the
 * databases: processes hear of it within a second, also those that are started later.
 */
export function addBreakersCommand(
  millrace: Command, surroundings: () => { readonly settings: Settings; readonly logger: Logger }, print: (line: string) => void,
): void {
  const act = async (wish: BreakerWish): Promise<void> => {
    const { atBreakers } = await import("./breakers-desk.js");
    process.exitCode = await atBreakers(surroundings(), wish, print);
  };
  const breakers = group(millrace, "breakers", "the breakers of payment provider and couriers: look at them, open, reset, or let them judge without holding calls back");
  breakers.command("list", { isDefault: true }).description("how each stands, by the primary").action(() => act({ type: "list" }));
  for (const parent of [breakers, group(millrace, "couriers", "the couriers")]) {
    const command = (name: string, description: string): Command => parent.command(name).description(description).argument("<id>");
    command("open", opens).requiredOption("--reason <text>", reasons).action((party: string, { reason }: { readonly reason: string }) => act({ type: "open", party, reason }));
    command("reset", resets).action((party: string) => act({ type: "reset", party }));
    command("dry-run", judges).argument("<on|off>", "", onOff).action((party: string, dryRun: boolean) => act({ type: "dry-run", party, dryRun }));
  }
  const [payments, party] = [group(millrace, "payments", "the payment provider"), webhookProviders.payments];
  const command = (name: string, description: string): Command => payments.command(name).description(description);
  command("open", opens).requiredOption("--reason <text>", reasons).action(({ reason }: { readonly reason: string }) => act({ type: "open", party, reason }));
  command("reset", resets).action(() => act({ type: "reset", party }));
  command("dry-run", judges).argument("<on|off>", "", onOff).action((dryRun: boolean) => act({ type: "dry-run", party, dryRun }));
}

const opens = "no call goes out until it is reset";
const reasons = "for whoever looks at it later";
const resets = "close it, whatever was seen, and end a pause that was asked for";
const judges = "on: it judges and tells, and lets every call through";

/** Several parts of the program add to one group. */
export function group(millrace: Command, name: string, description: string): Command {
  return millrace.commands.find((command) => command.name() === name) ?? millrace.command(name).description(description);
}

function onOff(text: string): boolean {
  if (text === "on" || text === "off") return text === "on";
  throw new InvalidArgumentError("it is on or off");
}
