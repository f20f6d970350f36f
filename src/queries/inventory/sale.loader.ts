import DataLoader from "dataloader";
import type { RequestContext } from "../../platform/http/request-context.js";
import { rowLoader } from "../../platform/http/row-loader.js";
import { readRows } from "../../platform/projector/read-rows.js";
import type { SaleCardRow } from "../../projections/inventory/sale-card.projection.js";
import { saleCardTable } from "../../projections/inventory/sale-card.table.js";
import type { SaleLevelRow } from "../../projections/inventory/sale-level.projection.js";
import { saleLevelTable } from "../../projections/inventory/sale-level.table.js";
import { saleType, type SaleType } from "./sale.type.js";

/** What queries of sales read, with all that hangs on them. */
export const saleProjections = ["sale_card", "sale_level", "product_card"] as const;

/** Sales shown with a product; there are seldom more than two. */
export const salesOfProductMax = 10;

export async function loadSale(context: RequestContext, saleId: string): Promise<SaleType | null> {
  const card = await rowLoader<SaleCardRow>(context, saleCardTable).load(saleId);
  return card && withLevel(context, card);
}

/** Beside the others of a list: their counters are read in one query. */
export async function withLevel(context: RequestContext, card: SaleCardRow): Promise<SaleType> {
  const level = await rowLoader<SaleLevelRow>(context, saleLevelTable).load(card.saleId);
  return saleType(card, level, Date.now());
}

/** A product's sales that are on or to come, the next one first; at most `salesOfProductMax`. */
export function salesOfProductLoader(context: RequestContext): DataLoader<string, readonly SaleCardRow[]> {
  return context.loader("sales of product", () => new DataLoader<string, readonly SaleCardRow[]>(async (skus) => {
    const node = context.readNode();
    const rest = `WHERE sale_id IN (
      SELECT s.sale_id FROM unnest($1::text[]) AS w (sku) CROSS JOIN LATERAL (
        SELECT sale_id FROM ${node.tableOf("sale_card")} c WHERE c.sku = w.sku AND end_reason IS NULL AND ends_at > $2::timestamptz
        ORDER BY starts_at, sale_id LIMIT ${String(salesOfProductMax)}) s) ORDER BY starts_at, sale_id`;
    const rows = await readRows<SaleCardRow>(node, saleCardTable, "sales_of_products", rest, [skus, new Date().toISOString()]);
    const bySku = Map.groupBy(rows, ({ sku }) => sku);
    return skus.map((sku) => bySku.get(sku) ?? []);
  }));
}
