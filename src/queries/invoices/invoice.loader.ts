import type { Actor } from "../../kernel/command.js";
import type { Page } from "../../platform/graphql/connection.js";
import { isIntegerPart, type CursorPart } from "../../platform/graphql/cursor.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { readRows } from "../../platform/projector/read-rows.js";
import type { InvoiceCardRow } from "../../projections/invoices/invoice-card.projection.js";
import { invoiceCardTable } from "../../projections/invoices/invoice-card.table.js";

/** An order's invoice; null where there is none, or where it is another customer's: they look the same. */
export async function readInvoice(context: Pick<RequestContext, "readNode">, { role, id }: Actor, orderId: string): Promise<InvoiceCardRow | null> {
  const [row] = await readRows<InvoiceCardRow>(context.readNode(), invoiceCardTable, "invoice_by_order", "WHERE order_id = $1", [orderId]);
  return row && (role === "operator" || row.customerId === id) ? row : null;
}

export interface InvoicesWanted {
  readonly customerId: string | null;
  readonly year: number | null;
}

export const invoicesCursorShape: readonly CursorPart[] = [isIntegerPart, isIntegerPart];

export function invoicesCursor({ year, sequence }: InvoiceCardRow): readonly string[] {
  return [String(year), String(sequence)];
}

/** A page of invoices, the highest number first, in one statement that an index answers. */
export function readInvoicesPage(context: Pick<RequestContext, "readNode">, wanted: InvoicesWanted, page: Page): Promise<readonly InvoiceCardRow[]> {
  const values: unknown[] = [page.limit + 1];
  const conditions: string[] = [];
  if (wanted.customerId !== null) conditions.push(`customer_id = $${values.push(wanted.customerId)}`);
  if (wanted.year !== null) conditions.push(`year = $${values.push(wanted.year)}`);
  if (page.cursor) {
    const [year, sequence] = page.cursor;
    conditions.push(`(year, sequence) ${page.backward ? ">" : "<"} ($${values.push(year)}::bigint, $${values.push(sequence)}::bigint)`);
  }
  const direction = page.backward ? "ASC" : "DESC";
  const filter = conditions.length > 0 ? `WHERE ${conditions.join(" AND ")} ` : "";
  return readRows<InvoiceCardRow>(context.readNode(), invoiceCardTable, "invoices_page", `${filter}ORDER BY year ${direction}, sequence ${direction} LIMIT $1`, values);
}
