import { SystemError } from "../errors.js";
import type { OpenReadNode } from "./open-read-node.js";

/**
 * Deals out healthy nodes in turn. What a caller got he keeps while it is healthy: two answers of one request
 * then show the same state, and a subscription does not wander.
 * @returns for each caller (a request, a socket) a function that names its node, and throws
 *   SystemError READ_UNAVAILABLE while none answers
 */
export function chooseReadNode(nodes: readonly OpenReadNode[]): () => () => OpenReadNode {
  let turn = 0;
  const next = (): OpenReadNode => {
    turn = (turn + 1) % nodes.length;
    const node = [...nodes.slice(turn), ...nodes.slice(0, turn)].find((one) => one.isHealthy());
    if (node) return node;
    throw new SystemError("READ_UNAVAILABLE", "No read node answers now. Repeat the query.", { retryAfterSeconds: 1 });
  };
  return () => {
    let own: OpenReadNode | null = null;
    return () => {
      if (!own?.isHealthy()) own = next();
      return own;
    };
  };
}
