import type { Actor } from "../../kernel/command.js";
import { SystemError } from "../errors.js";
import type { Access, RequestContext } from "../http/request-context.js";

/** @throws SystemError UNAUTHENTICATED without a token */
export function requireActor({ actor }: Pick<RequestContext, "actor">): Actor {
  if (!actor) throw new SystemError("UNAUTHENTICATED", "This needs a token: send it as `authorization: Bearer …`.");
  return actor;
}

/** @throws SystemError UNAUTHENTICATED without a token, FORBIDDEN for anybody but an operator */
export function requireOperator(context: Pick<RequestContext, "actor">): Actor {
  const actor = requireActor(context);
  if (actor.role !== "operator") throw new SystemError("FORBIDDEN", "Only an operator may do this.");
  return actor;
}

export const access: Access = { requireActor, requireOperator };
