import type DataLoader from "dataloader";
import type { RequestContext } from "../../platform/http/request-context.js";
import { rowLoader } from "../../platform/http/row-loader.js";
import type { ProductCardRow } from "../../projections/catalog/product-card.projection.js";
import { productCardTable } from "../../projections/catalog/product-card.table.js";

export function productLoader(context: RequestContext): DataLoader<string, ProductCardRow | null> {
  return rowLoader<ProductCardRow>(context, productCardTable);
}
