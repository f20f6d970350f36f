import { InvalidArgumentError, type Command } from "commander";
import { isDay } from "../commands/reconciliation/shop-day.calendar.js";
import type { Settings } from "../platform/config/config.js";
import type { Logger } from "../platform/log/logger.js";
import { createMetrics } from "../platform/metrics/metrics.js";

interface Surroundings {
  readonly settings: Settings;
  readonly logger: Logger;
}

/** What is loaded only for this command is imported in its action. */
export function addReconcileCommand(
  millrace: Command, surroundings: (needed: readonly "PAYMENT_API_KEY"[]) => Surroundings, print: (line: string) => void,
): void {
  millrace.command("reconcile")
    .description("compare a day of the payment provider's books with ours and repair what is safe; exit code 1 where something stays open")
    .requiredOption("--day <day>", "YYYY-MM-DD, in SHOP_TIME_ZONE", dayOf)
    .action(async ({ day }: { readonly day: string }) => {
      const isServerMode = (process.env["DATABASE_URL"] ?? "") !== "";
      const { settings, logger } = surroundings(isServerMode ? ["PAYMENT_API_KEY"] : []);
      const [{ targetsFor }, { serverDeployment }, { guardedPaymentProvider }, { createWriteSide }] = await Promise.all([
        import("./embedded-targets.js"), import("./deployment.js"), import("./payment-party.js"), import("./write-side.js"),
      ]);
      const [{ reconcileHere, reconcileByWorker }, { webhookProviders }] = await Promise.all([import("./reconcile.js"), import("./consumers.js")]);
      const { primary, nodes } = await targetsFor(settings);
      const deployment = { ...serverDeployment(settings, logger, createMetrics()), primaryUrl: primary.appUrl, nodes };
      const write = createWriteSide(deployment, "reconcile");
      try {
        process.exitCode = isServerMode
          ? await withProvider(guardedPaymentProvider(deployment), (provider) =>
            reconcileHere({ ...write, provider, logger, timeZone: settings.SHOP_TIME_ZONE }, nodes, { day, print }))
          // The payment simulator is known to the running program alone.
          : await reconcileByWorker(write, deployment, webhookProviders.payments, { day, print });
      } finally {
        await write.stop();
      }
    });
}

async function withProvider<Provider extends { close(): void }, Result>(provider: Provider, work: (provider: Provider) => Promise<Result>): Promise<Result> {
  try {
    return await work(provider);
  } finally {
    provider.close();
  }
}

function dayOf(text: string): string {
  if (isDay(text)) return text;
  throw new InvalidArgumentError("it is a day as YYYY-MM-DD");
}
