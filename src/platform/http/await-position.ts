import { SystemError } from "../errors.js";
import type { RequestContext } from "./request-context.js";

const positionForm = /^\d{1,19}$/;

/**
 * Lets a query read its caller's own write: waits until this request's node has folded the event at `position`.
 * When `POSITION_WAIT_MS` passes first, the answer says so: `extensions.stale` and the position that was asked for.
 * @param projections what the query reads, by name
 * @throws SystemError BAD_USER_INPUT, READ_UNAVAILABLE
 */
export async function awaitPosition(context: RequestContext, position: string | null | undefined, projections: readonly string[]): Promise<void> {
  if (position === null || position === undefined) return;
  if (!positionForm.test(position)) throw new SystemError("BAD_USER_INPUT", "position: take it from a mutation's answer.");
  if (await context.readNode().reached(position, projections, context.settings.POSITION_WAIT_MS)) return;
  context.extend("stale", true);
  context.extend("position", position);
}
