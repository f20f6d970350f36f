import { BreakerShare } from "../commands/operations/breaker-share.adapter.js";
import { webhookProviders } from "./consumers.js";
import type { Deployment } from "./deployment.js";
import type { WriteSide } from "./write-side.js";

/** The payment provider's name among the neighbours; couriers go by their ids. */
export const paymentsParty = webhookProviders.payments;

/** What this process has in common with all others of its neighbours' breakers. */
export function shareBreakers({ primaryUrl, logger }: Pick<Deployment, "primaryUrl" | "logger">, { bus, pool }: Pick<WriteSide, "bus" | "pool">): BreakerShare {
  return new BreakerShare({ bus, pool, url: primaryUrl, logger });
}

/** What it means that a neighbour is down, for whoever is woken by it. */
export function downMessage(party: string): string {
  return party === paymentsParty
    ? "The payment provider fails: it is not called until probes get through. Orders are taken, their payments wait."
    : `The courier ${party} fails: it is not called until probes get through. Parcels go to the others, and wait where there is none.`;
}
