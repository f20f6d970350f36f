import { Field, Int, ObjectType } from "type-graphql";
import type { SizeMm } from "../../events/catalog.js";
import { connectionType } from "../../platform/graphql/connection.js";
import { moneyType, MoneyType } from "../../platform/graphql/money.type.js";
import { DateTime } from "../../platform/graphql/scalars.js";
import type { ProductCardRow } from "../../projections/catalog/product-card.projection.js";

@ObjectType("Product", { simpleResolvers: true, description: "Something that can be ordered." })
export class ProductType {
  @Field(() => String) sku!: string;
  @Field(() => String) name!: string;
  @Field(() => MoneyType, { description: "Of one unit, without tax." }) price!: MoneyType;
  @Field(() => Int) weightGrams!: number;
  @Field(() => Int, { description: "1 % is 100." }) taxBasisPoints!: number;
  @Field(() => [Int], { nullable: true, description: "Of one unit as it is packed, in millimetres, longest side first; null where nobody measured." })
  sizeMm!: SizeMm | null;
  @Field(() => DateTime) updatedAt!: string;
}

export const ProductConnection = connectionType("Product", () => ProductType);

export function productType({ sku, name, priceMinor, currency, weightGrams, taxBasisPoints, sizeMm, updatedAt }: ProductCardRow): ProductType {
  return { sku, name, price: moneyType(priceMinor, currency), weightGrams, taxBasisPoints, sizeMm, updatedAt };
}
