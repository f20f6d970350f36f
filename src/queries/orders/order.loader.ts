import type { Actor } from "../../kernel/command.js";
import { SystemError } from "../../platform/errors.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { awaitRow } from "../../platform/live/await-row.js";
import { readRows } from "../../platform/projector/read-rows.js";
import type { OrderCardRow } from "../../projections/orders/order-card.projection.js";
import { orderCardTable } from "../../projections/orders/order-card.table.js";

/** What `order` and `orders` read, with all that hangs on them. */
export const orderProjections = ["order_card", "payment_card", "shipment_card"] as const;

/** One row, past the request's memory: live updates read it again and again. */
export async function readOrder(context: Pick<RequestContext, "readNode">, orderId: string): Promise<OrderCardRow | null> {
  const [row] = await readRows<OrderCardRow>(context.readNode(), orderCardTable, "order_by_id", "WHERE order_id = $1", [orderId]);
  return row ?? null;
}

/** Null where the order is another customer's: like one that is not there. */
export function visibleTo<Row extends Pick<OrderCardRow, "customerId">>({ role, id }: Actor, row: Row | null): Row | null {
  return row !== null && (role === "operator" || row.customerId === id) ? row : null;
}

/**
 * For those who want to follow an order: waits a moment for one that was placed just now.
 * @throws SystemError NOT_FOUND, also where it is another customer's
 */
export async function requireOrder(context: RequestContext, actor: Actor, orderId: string): Promise<OrderCardRow> {
  const { live, settings } = context;
  const row = await awaitRow({
    live, node: () => context.readNode(), channel: `order:${orderId}`, timeoutMs: settings.POSITION_WAIT_MS,
    load: async () => visibleTo(actor, await readOrder(context, orderId)),
  });
  if (!row) throw new SystemError("NOT_FOUND", "There is no such order.");
  return row;
}
