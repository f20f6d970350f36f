import type { SaleStatus } from "../../events/sales.js";
import type { Page } from "../../platform/graphql/connection.js";
import { isTextPart, isTimestampPart, type CursorPart } from "../../platform/graphql/cursor.js";
import type { ReadNode } from "../../platform/projector/read-node.js";
import { readRows } from "../../platform/projector/read-rows.js";
import type { SaleCardRow } from "../../projections/inventory/sale-card.projection.js";
import { saleCardTable } from "../../projections/inventory/sale-card.table.js";

export interface SalesWanted {
  readonly sku: string | null;
  readonly status: SaleStatus | null;
}

export const salesCursorShape: readonly CursorPart[] = [isTimestampPart, isTextPart];

export function salesCursor({ startsAt, saleId }: SaleCardRow): readonly string[] {
  return [startsAt, saleId];
}

/** What `saleStatus` says, for SQL; `now` is the place of the moment. */
const conditionOf: Readonly<Record<SaleStatus, (now: string) => string>> = {
  SCHEDULED: (now) => `end_reason IS NULL AND starts_at > ${now} AND ends_at > ${now}`,
  OPEN: (now) => `end_reason IS NULL AND starts_at <= ${now} AND ends_at > ${now}`,
  ENDED: (now) => `(end_reason IN ('over', 'ended') OR (end_reason IS NULL AND ends_at <= ${now}))`,
  CANCELLED: () => "end_reason = 'cancelled'",
};

/** A page of sales, those that begin last first. */
export function readSalesPage(node: ReadNode, { sku, status }: SalesWanted, page: Page, now: Date): Promise<readonly SaleCardRow[]> {
  const values: unknown[] = [page.limit + 1];
  const conditions: string[] = [];
  if (sku !== null) conditions.push(`sku = $${values.push(sku)}`);
  if (status === "CANCELLED") conditions.push(conditionOf.CANCELLED(""));
  else if (status !== null) conditions.push(conditionOf[status](`$${values.push(now.toISOString())}::timestamptz`));
  if (page.cursor) {
    const [startsAt, saleId] = page.cursor;
    conditions.push(`(starts_at, sale_id) ${page.backward ? ">" : "<"} ($${values.push(startsAt)}::timestamptz, $${values.push(saleId)})`);
  }
  const direction = page.backward ? "ASC" : "DESC";
  const filter = conditions.length > 0 ? `WHERE ${conditions.join(" AND ")} ` : "";
  return readRows<SaleCardRow>(node, saleCardTable, "sales_page", `${filter}ORDER BY starts_at ${direction}, sale_id ${direction} LIMIT $1`, values);
}

/** Ids of the sales that are on and have units left, by how much cheaper than the product they are; of equals the one that ends first. */
export async function readTopDeals(node: ReadNode, first: number, now: Date): Promise<readonly string[]> {
  const rows = await node.query<{ id: string }>({
    name: "top_deals",
    text: `SELECT s.sale_id AS id FROM ${node.tableOf("sale_card")} s
      JOIN ${node.tableOf("sale_level")} l ON l.sale_id = s.sale_id AND l.left_units > 0
      JOIN ${node.tableOf("product_card")} p ON p.sku = s.sku AND p.currency = s.currency AND p.price_minor > s.price_minor
      WHERE ${conditionOf.OPEN("$2::timestamptz")}
      ORDER BY s.price_minor::float8 / p.price_minor, s.ends_at, s.sale_id LIMIT $1`,
    values: [first, now.toISOString()],
  });
  return rows.map(({ id }) => id);
}
