import { Arg, Args, ArgsType, Ctx, Field, FieldResolver, InputType, Query, Resolver, Root } from "type-graphql";
import { ConnectionArgs, connectionOf, readPage, type Connection, type Page } from "../../platform/graphql/connection.js";
import { isTextPart } from "../../platform/graphql/cursor.js";
import { readText } from "../../platform/graphql/input-text.js";
import { awaitPosition } from "../../platform/http/await-position.js";
import { cachedWhenDegraded } from "../../platform/http/cached-when-degraded.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { Essential } from "../../platform/overload/importance.js";
import { readRows } from "../../platform/projector/read-rows.js";
import { Cost } from "../../platform/rate-limits/field-cost.js";
import type { ProductCardRow } from "../../projections/catalog/product-card.projection.js";
import { productCardTable } from "../../projections/catalog/product-card.table.js";
import { salesOfProductLoader, salesOfProductMax, withLevel } from "../inventory/sale.loader.js";
import { SaleType } from "../inventory/sale.type.js";
import { StockLevelType } from "../inventory/stock.type.js";
import { loadStock } from "../inventory/unit.loader.js";
import { productLoader } from "./product.loader.js";
import { ProductConnection, productType, ProductType } from "./product.type.js";

const projections = ["product_card", "stock_level", "sale_card", "sale_level", "unit_card"] as const;
const textLengthMax = 200;

@InputType()
class ProductsFilter {
  @Field(() => String, { nullable: true, description: "How the name or the SKU begins; of the name, in any case." })
  search?: string | null;
}

@ArgsType()
class ProductsArgs extends ConnectionArgs {
  @Field(() => ProductsFilter, { nullable: true })
  filter?: ProductsFilter | null;

  @Field(() => String, { nullable: true, description: "From a mutation's answer: the products as of then, or later." })
  position?: string | null;
}

@Resolver(() => ProductType)
export class ProductResolver {
  @Essential()
  @Query(() => ProductType, { nullable: true, description: "One product; null where there is none." })
  async product(
    @Arg("sku", () => String) sku: string, @Arg("position", () => String, { nullable: true }) position: string | null, @Ctx() context: RequestContext,
  ): Promise<ProductType | null> {
    readText(sku, "sku", textLengthMax);
    return cachedWhenDegraded(context, `product:${sku}`, async () => {
      await awaitPosition(context, position, projections);
      const row = await productLoader(context).load(sku);
      return row && productType(row);
    });
  }

  @Essential()
  @Query(() => ProductConnection, { description: "The catalog, sorted by SKU." })
  async products(@Args(() => ProductsArgs) args: ProductsArgs, @Ctx() context: RequestContext): Promise<Connection<ProductType>> {
    const page = readPage(args, [isTextPart]);
    const search = args.filter?.search ? readText(args.filter.search, "filter.search", textLengthMax) : null;
    return cachedWhenDegraded(context, `products:${JSON.stringify([page, search])}`, async () => {
      await awaitPosition(context, args.position, projections);
      return productsPage(context, page, search);
    });
  }

  @Cost({ weight: 3 })
  @FieldResolver(() => StockLevelType)
  stock(@Root() { sku }: ProductType, @Ctx() context: RequestContext): Promise<StockLevelType> {
    return cachedWhenDegraded(context, `stock:${sku}`, () => loadStock(context, sku));
  }

  @Cost({ weight: 3, size: 2 })
  @FieldResolver(() => [SaleType], { description: `Sales of it that are on or to come, the next one first; at most ${salesOfProductMax}.` })
  async sales(@Root() { sku }: ProductType, @Ctx() context: RequestContext): Promise<readonly SaleType[]> {
    return cachedWhenDegraded(context, `salesOf:${sku}`, async () => {
      const cards = await salesOfProductLoader(context).load(sku);
      return Promise.all(cards.map((card) => withLevel(context, card)));
    });
  }
}

async function productsPage(context: RequestContext, page: Page, search: string | null): Promise<Connection<ProductType>> {
  const values: unknown[] = [page.limit + 1];
  const conditions: string[] = [];
  if (search !== null) conditions.push(`(starts_with(lower(name), lower($${values.push(search)})) OR starts_with(sku, $${values.length}))`);
  if (page.cursor) conditions.push(`sku ${page.backward ? "<" : ">"} $${values.push(page.cursor[0])}`);
  const where = conditions.length > 0 ? `WHERE ${conditions.join(" AND ")} ` : "";
  const rows = await readRows<ProductCardRow>(
    context.readNode(), productCardTable, "products_page", `${where}ORDER BY sku${page.backward ? " DESC" : ""} LIMIT $1`, values,
  );
  return connectionOf(rows, page, ({ sku }) => [sku], productType);
}
