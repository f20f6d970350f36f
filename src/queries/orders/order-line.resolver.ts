import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import type { RequestContext } from "../../platform/http/request-context.js";
import { Cost } from "../../platform/rate-limits/field-cost.js";
import { productLoader } from "../catalog/product.loader.js";
import { productType, ProductType } from "../catalog/product.type.js";
import { OrderLineType } from "./order-line.type.js";

@Resolver(() => OrderLineType)
export class OrderLineResolver {
  @Cost({ weight: 3 })
  @FieldResolver(() => ProductType, { nullable: true, description: "The product as it is today." })
  async product(@Root() { sku }: OrderLineType, @Ctx() context: RequestContext): Promise<ProductType | null> {
    const row = await productLoader(context).load(sku);
    return row && productType(row);
  }
}
