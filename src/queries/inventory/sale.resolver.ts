import { Arg, Args, ArgsType, Ctx, Field, FieldResolver, ID, InputType, Int, Query, Resolver, Root } from "type-graphql";
import type { SaleStatus } from "../../events/sales.js";
import { SystemError } from "../../platform/errors.js";
import { ConnectionArgs, connectionOf, pageSizeMax, readPage, type Connection } from "../../platform/graphql/connection.js";
import { readText } from "../../platform/graphql/input-text.js";
import { awaitPosition } from "../../platform/http/await-position.js";
import { cachedWhenDegraded } from "../../platform/http/cached-when-degraded.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { Essential } from "../../platform/overload/importance.js";
import { Cost } from "../../platform/rate-limits/field-cost.js";
import { productLoader } from "../catalog/product.loader.js";
import { productType, ProductType } from "../catalog/product.type.js";
import { loadSale, saleProjections, withLevel } from "./sale.loader.js";
import { SaleConnection, saleIds, SaleStatusEnum, SaleType } from "./sale.type.js";
import { readSalesPage, readTopDeals, salesCursor, salesCursorShape } from "./sales-page.js";

const skuLengthMax = 200;
const positionField = { nullable: true, description: "From a mutation's answer: the sales as of then, or later." } as const;

@InputType()
class SalesFilter {
  @Field(() => String, { nullable: true })
  sku?: string | null;

  @Field(() => SaleStatusEnum, { nullable: true })
  status?: SaleStatus | null;
}

@ArgsType()
class SalesArgs extends ConnectionArgs {
  @Field(() => SalesFilter, { nullable: true })
  filter?: SalesFilter | null;

  @Field(() => String, positionField)
  position?: string | null;
}

@Resolver(() => SaleType)
export class SaleResolver {
  @Essential()
  @Query(() => SaleType, { nullable: true, description: "One sale; null where there is none." })
  async sale(
    @Arg("id", () => ID) id: string, @Arg("position", () => String, positionField) position: string | null, @Ctx() context: RequestContext,
  ): Promise<SaleType | null> {
    const saleId = saleIds.read(id, "id");
    return cachedWhenDegraded(context, `sale:${saleId}`, async () => {
      await awaitPosition(context, position, saleProjections);
      return loadSale(context, saleId);
    });
  }

  @Essential()
  @Query(() => SaleConnection, { description: "Sales, those that begin last first." })
  async sales(@Args(() => SalesArgs) { filter, position, ...args }: SalesArgs, @Ctx() context: RequestContext): Promise<Connection<SaleType>> {
    const page = readPage(args, salesCursorShape);
    const sku = filter?.sku ? readText(filter.sku, "filter.sku", skuLengthMax) : null;
    const wanted = { sku, status: filter?.status ?? null };
    return cachedWhenDegraded(context, `sales:${JSON.stringify([wanted, page])}`, async () => {
      await awaitPosition(context, position, saleProjections);
      const rows = await readSalesPage(context.readNode(), wanted, page, new Date());
      const shown = await Promise.all(rows.map(async (row) => ({ row, sale: await withLevel(context, row) })));
      return connectionOf(shown, page, ({ row }) => salesCursor(row), ({ sale }) => sale);
    });
  }

  @Essential()
  @Query(() => [SaleType], { description: "The best of the sales that are on: most below the product's price first, and of equals the one that ends first." })
  async topDeals(
    @Arg("first", () => Int, { description: `How many, 1 to ${pageSizeMax}.` }) first: number,
    @Arg("position", () => String, positionField) position: string | null, @Ctx() context: RequestContext,
  ): Promise<readonly SaleType[]> {
    if (first < 1 || first > pageSizeMax) throw new SystemError("BAD_USER_INPUT", `first: must be 1 to ${pageSizeMax}, found ${first}.`);
    return cachedWhenDegraded(context, `topDeals:${first}`, async () => {
      await awaitPosition(context, position, saleProjections);
      const ids = await readTopDeals(context.readNode(), first, new Date());
      const deals = await Promise.all(ids.map((id) => loadSale(context, id)));
      return deals.filter((deal) => deal !== null);
    });
  }

  @Cost({ weight: 3 })
  @FieldResolver(() => ProductType, { nullable: true })
  async product(@Root() { sku }: SaleType, @Ctx() context: RequestContext): Promise<ProductType | null> {
    return cachedWhenDegraded(context, `product:${sku}`, async () => {
      const row = await productLoader(context).load(sku);
      return row && productType(row);
    });
  }
}
