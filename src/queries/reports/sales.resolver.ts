import { Args, ArgsType, Ctx, Field, FieldResolver, Int, Query, Resolver, Root } from "type-graphql";
import { requireOperator } from "../../platform/auth/access.js";
import { SystemError } from "../../platform/errors.js";
import { moneyType } from "../../platform/graphql/money.type.js";
import { DateTime } from "../../platform/graphql/scalars.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { Optional } from "../../platform/overload/importance.js";
import type { ReadNode } from "../../platform/projector/read-node.js";
import { viewsRefreshedAt } from "../../platform/projector/view-age.js";
import { Cost } from "../../platform/rate-limits/field-cost.js";
import { salesHourly } from "../../projections/reports/sales-hourly.view.js";
import { topProducts } from "../../projections/reports/top-products.view.js";
import { productLoader } from "../catalog/product.loader.js";
import { productType, ProductType } from "../catalog/product.type.js";
import { SalesDashboardType, TopProductType, type SalesHourType } from "./sales.type.js";

/** The longest stretch of a dashboard, and so its longest list: 2,208 hours a currency. */
const rangeDaysMax = 92;
const topMax = 100;
const dayMs = 86_400_000;

@ArgsType()
class SalesDashboardArgs {
  @Field(() => DateTime, { description: "Hours that begin at this moment or later." })
  from!: string;

  @Field(() => DateTime, { description: `Hours that begin before this moment; at most ${rangeDaysMax} days after \`from\`.` })
  to!: string;

  @Field(() => Int, { defaultValue: 10, description: `How many products, 1 to ${topMax}.` })
  top!: number;
}

@Resolver(() => TopProductType)
export class SalesResolver {
  @Optional()
  @Cost({ weight: 50 })
  @Query(() => SalesDashboardType, { description: "Operators: orders and revenue an hour, and what sells best, from views that are refreshed every few seconds." })
  async salesDashboard(@Args(() => SalesDashboardArgs) { from, to, top }: SalesDashboardArgs, @Ctx() context: RequestContext): Promise<SalesDashboardType> {
    requireOperator(context);
    const spanMs = Date.parse(to) - Date.parse(from);
    if (spanMs <= 0 || spanMs > rangeDaysMax * dayMs) {
      throw new SystemError("BAD_USER_INPUT", `to: must be later than \`from\`, by at most ${rangeDaysMax} days.`);
    }
    if (top < 1 || top > topMax) throw new SystemError("BAD_USER_INPUT", `top: must be 1 to ${topMax}, found ${top}.`);
    const node = context.readNode();
    const [refreshedAt, hours, products] = await Promise.all([
      viewsRefreshedAt(node, [salesHourly.name, topProducts.name]), readHours(node, from, to), readTop(node, from, to, top),
    ]);
    return { from, to, hours, topProducts: products, refreshedAt };
  }

  @Cost({ weight: 3 })
  @FieldResolver(() => ProductType, { nullable: true, description: "The product as it is today." })
  async product(@Root() { sku }: TopProductType, @Ctx() context: RequestContext): Promise<ProductType | null> {
    const row = await productLoader(context).load(sku);
    return row && productType(row);
  }
}

async function readHours(node: ReadNode, from: string, to: string): Promise<readonly SalesHourType[]> {
  const rows = await node.query<Omit<SalesHourType, "revenue"> & { readonly currency: string; readonly revenueMinor: number }>({
    name: "sales_hourly",
    text: `SELECT hour, currency, orders, cancelled_orders AS "cancelledOrders", revenue_minor AS "revenueMinor"
           FROM ${node.tableOf(salesHourly.name)} WHERE hour >= $1::timestamptz AND hour < $2::timestamptz ORDER BY hour, currency`,
    values: [from, to],
  });
  return rows.map(({ currency, revenueMinor, ...hour }) => ({ ...hour, revenue: moneyType(revenueMinor, currency) }));
}

async function readTop(node: ReadNode, from: string, to: string, top: number): Promise<readonly TopProductType[]> {
  const rows = await node.query<Omit<TopProductType, "revenue"> & { readonly currency: string; readonly netMinor: number }>({
    name: "top_products",
    text: `SELECT sku, currency, sum(units)::bigint AS units, sum(orders)::bigint AS orders, sum(net_minor)::bigint AS "netMinor"
           FROM ${node.tableOf(topProducts.name)} WHERE hour >= $1::timestamptz AND hour < $2::timestamptz
           GROUP BY sku, currency ORDER BY sum(units) DESC, sku, currency LIMIT $3`,
    values: [from, to, top],
  });
  return rows.map(({ currency, netMinor, ...product }) => ({ ...product, revenue: moneyType(netMinor, currency) }));
}
