import { InvalidArgumentError, Option, type Command } from "commander";
import type { Weights } from "../events/courier-decisions.js";
import { weightsOf } from "../commands/shipping/choice/policy.js";
import { readWeights, WeightsError } from "../commands/shipping/choice/replay.js";
import type { Settings } from "../platform/config/config.js";
import type { Logger } from "../platform/log/logger.js";
import { group } from "./breakers-command.js";
import { usualCosts, usualPolicy } from "./couriers-file.js";

const ordersDefault = 1_000;
const ordersMax = 10_000;

interface ReplayOptions {
  readonly weights?: Weights;
  readonly policy?: Weights;
  readonly last: number;
}

/** Adds `millrace couriers replay`. */
export function addCouriersCommand(
  millrace: Command, surroundings: () => { readonly settings: Settings; readonly logger: Logger }, print: (line: string) => void,
): void {
  group(millrace, "couriers", "the couriers").command("replay")
    .description("decide the parcels of the last orders again under other weights; changes nothing")
    .option("--weights <weights>", "e.g. price=1,day=0,late=250,failure=4000,booking=20, in minor units; those that are not named are these", weightsFrom)
    .addOption(new Option("--policy <policy>", "cheapest, fastest or balanced, instead of weights").argParser(policyFrom).conflicts("weights"))
    .option("--last <orders>", `how many orders; at most ${String(ordersMax)}`, ordersFrom, ordersDefault)
    .action(async ({ weights, policy, last }: ReplayOptions) => {
      const [{ targetsFor }, { replayDecisions }] = await Promise.all([import("./embedded-targets.js"), import("./couriers-replay.js")]);
      const { settings, logger } = surroundings();
      const { nodes } = await targetsFor(settings);
      process.exitCode = await replayDecisions({ nodes, logger, weights: weights ?? policy ?? weightsOf(usualPolicy), orders: last, currency: settings.SHOP_CURRENCY, print });
    });
}

function weightsFrom(text: string): Weights {
  try {
    return readWeights(text, weightsOf(usualPolicy));
  } catch (error) {
    if (error instanceof WeightsError) throw new InvalidArgumentError(error.message);
    throw error;
  }
}

function policyFrom(text: string): Weights {
  if (text === "cheapest") return weightsOf({ kind: text });
  if (text === "fastest" || text === "balanced") return weightsOf({ kind: text, costs: usualCosts });
  throw new InvalidArgumentError("it is cheapest, fastest or balanced");
}

function ordersFrom(text: string): number {
  const orders = Number(text);
  if (Number.isInteger(orders) && orders > 0 && orders <= ordersMax) return orders;
  throw new InvalidArgumentError(`it is a whole number from 1 to ${String(ordersMax)}`);
}
