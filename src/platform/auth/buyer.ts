import type { Actor } from "../../kernel/command.js";
import type { RequestContext } from "../http/request-context.js";
import { requireActor } from "./access.js";
import { customerOf } from "./customer-of.js";
import { guestOf } from "./guest.js";

/** For whom a request acts that guests may send as well. */
export interface Buyer {
  /** In whose name the command runs, and whose its idempotency keys are. */
  readonly actor: Actor;
  /** `customer:<id>`, or `guest:<hash>` without a token. */
  readonly buyer: string;
  /** What the secret opens, where one was sent: also for a customer who reserved before signing in. */
  readonly guest: string | null;
}

/**
 * A caller with a token buys as that customer, an operator for the customer it names; without a token the secret says who it is.
 * @param within where the two arguments stand, for errors
 * @throws SystemError UNAUTHENTICATED with neither, FORBIDDEN, BAD_USER_INPUT
 */
export function readBuyer(
  context: RequestContext, { customerId, guestSecret }: { readonly customerId?: string | null | undefined; readonly guestSecret?: string | null | undefined },
  within = "input.",
): Buyer {
  const guest = guestOf(guestSecret, `${within}guestSecret`);
  if (context.actor === null && guest !== null) return { actor: { role: "guest", id: guest.slice("guest:".length) }, buyer: guest, guest };
  const actor = requireActor(context);
  return { actor, buyer: `customer:${customerOf(actor, customerId, `${within}customerId`)}`, guest };
}
