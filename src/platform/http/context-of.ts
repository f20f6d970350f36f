import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Authenticator } from "../auth/authenticator.js";
import { ApiContext, type ContextParts, type RequestFacts } from "./api-context.js";
import type { RequestContext } from "./request-context.js";

/** Adds routes beside GraphQL, for answers that are no JSON. Each stands behind the door and the rate gate. */
export type FileRoutes = (app: FastifyInstance, contextOf: (request: FastifyRequest) => Promise<RequestContext>) => void;

/** A file counts as a request and costs no points: how many are made at once is its route's to limit. */
const noFields = { fields: [] };

/**
 * Finds out who sends a request, and gives what resolvers are given too. Nobody needs a file at once.
 * @throws SystemError OVERLOADED, DEGRADED, UNAUTHENTICATED, RATE_LIMITED
 */
export async function contextOf(request: FastifyRequest, authenticator: Authenticator, parts: ContextParts): Promise<RequestContext> {
  const { admission, caller } = request;
  if (!admission || !caller) throw new Error("The route has no door, or no rate gate.");
  if (parts.overload.sheds) parts.overload.admitQuery("optional");
  const identity = await authenticator.identify(request.headers.authorization);
  const actor = identity?.actor ?? null;
  admission.identify(actor);
  await admission.admit(noFields, {}, false);
  const facts: RequestFacts = { admission, caller, requestId: request.id, actor, idempotencyKey: null, traceparent: null };
  return new ApiContext(parts, facts);
}
