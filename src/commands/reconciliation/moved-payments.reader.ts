import type { ReadNode } from "../../platform/projector/read-node.js";
import { SystemError } from "../../platform/errors.js";

/** Where one page of a node's payments ended. */
export interface MovedCursor {
  readonly updatedAt: string;
  readonly paymentId: string;
}

export interface MovedPayment extends MovedCursor {
  readonly orderId: string;
}

const reachedWithinMs = 30_000;

/** Payments by when something was last recorded of them, from read nodes: the log has no index of time. */
export interface MovedPayments {
  /** Waits until the node has projected what the primary held. @throws SystemError READ_UNAVAILABLE */
  upTo(position: string): Promise<void>;
  /** In order of time, from `after` on; `to` is not in it. @throws SystemError READ_UNAVAILABLE */
  page(provider: string, from: string, to: string, after: MovedCursor | null, limit: number): Promise<readonly MovedPayment[]>;
}

/** @param nodes the first of them that can answer is asked */
export function movedPayments(nodes: readonly ReadNode[]): MovedPayments {
  let [chosen] = nodes;
  const some = (): ReadNode => {
    if (!chosen) throw new SystemError("READ_UNAVAILABLE", "No read node has projected all payments. Repeat the reconciliation later.");
    return chosen;
  };
  return {
    async upTo(position) {
      const reached = await Promise.all(nodes.map((node) => node.reached(position, ["payment_card"], reachedWithinMs).catch(() => false)));
      chosen = nodes.find((_, index) => reached[index]);
      some();
    },
    page(provider, from, to, after, limit) {
      const node = some();
      return node.query<{ readonly updatedAt: string; readonly paymentId: string; readonly orderId: string }>({
        name: "reconciliation_moved",
        text: `SELECT payment_id AS "paymentId", order_id AS "orderId", updated_at AS "updatedAt" FROM ${node.tableOf("payment_card")}
          WHERE updated_at >= $1::timestamptz AND updated_at < $2::timestamptz AND (updated_at, payment_id) > ($3::timestamptz, $4)
          AND provider = $5 AND (captured_minor > 0 OR status = 'AUTHORIZED')
          ORDER BY updated_at, payment_id LIMIT $6`,
        values: [from, to, after?.updatedAt ?? from, after?.paymentId ?? "", provider, limit],
      });
    },
  };
}
