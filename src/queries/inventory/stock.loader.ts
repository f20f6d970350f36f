import type DataLoader from "dataloader";
import type { RequestContext } from "../../platform/http/request-context.js";
import { rowLoader } from "../../platform/http/row-loader.js";
import type { StockLevelRow } from "../../projections/inventory/stock-level.projection.js";
import { stockLevelTable } from "../../projections/inventory/stock-level.table.js";

export function stockLoader(context: RequestContext): DataLoader<string, StockLevelRow | null> {
  return rowLoader<StockLevelRow>(context, stockLevelTable);
}
