import type { OrderStatus } from "../../events/orders.js";
import type { Page } from "../../platform/graphql/connection.js";
import { isIntegerPart, isTimestampPart, type CursorPart } from "../../platform/graphql/cursor.js";
import { readRows } from "../../platform/projector/read-rows.js";
import type { ReadNode } from "../../platform/projector/read-node.js";
import type { OrderCardRow } from "../../projections/orders/order-card.projection.js";
import { orderCardTable } from "../../projections/orders/order-card.table.js";

export interface OrdersWanted {
  readonly customerId: string | null;
  readonly status: OrderStatus | null;
  /** RFC 3339, from this moment on. */
  readonly placedFrom: string | null;
  /** RFC 3339, before this moment. */
  readonly placedTo: string | null;
}

/** Orders of one millisecond are told apart by their place in the log. */
export const ordersCursorShape: readonly CursorPart[] = [isTimestampPart, isIntegerPart];

export function ordersCursor({ placedAt, placedPosition }: OrderCardRow): readonly string[] {
  return [placedAt, String(placedPosition)];
}

/** A page of orders, newest first, in one statement that an index answers: each set of filters has a text of its own. */
export function readOrdersPage(node: ReadNode, wanted: OrdersWanted, page: Page): Promise<readonly OrderCardRow[]> {
  const values: unknown[] = [page.limit + 1];
  const conditions: string[] = [];
  const where = (value: unknown, condition: (place: string) => string): void => {
    if (value !== null) conditions.push(condition(`$${values.push(value)}`));
  };
  where(wanted.customerId, (place) => `customer_id = ${place}`);
  where(wanted.status, (place) => `status = ${place}`);
  where(wanted.placedFrom, (place) => `placed_at >= ${place}::timestamptz`);
  where(wanted.placedTo, (place) => `placed_at < ${place}::timestamptz`);
  if (page.cursor) {
    const [placedAt, position] = page.cursor;
    conditions.push(`(placed_at, placed_position) ${page.backward ? ">" : "<"} ($${values.push(placedAt)}::timestamptz, $${values.push(position)}::bigint)`);
  }
  const direction = page.backward ? "ASC" : "DESC";
  const filter = conditions.length > 0 ? `WHERE ${conditions.join(" AND ")} ` : "";
  return readRows<OrderCardRow>(node, orderCardTable, "orders_page", `${filter}ORDER BY placed_at ${direction}, placed_position ${direction} LIMIT $1`, values);
}
