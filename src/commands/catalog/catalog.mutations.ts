import { Arg, Ctx, Field, InputType, Int, Mutation, ObjectType, Resolver } from "type-graphql";
import { fromDecimalString } from "../../kernel/money.js";
import { requireOperator } from "../../platform/auth/access.js";
import { IdempotentInput } from "../../platform/graphql/idempotent-input.js";
import { readText } from "../../platform/graphql/input-text.js";
import { mutationPayload } from "../../platform/graphql/mutation-payload.js";
import { Decimal } from "../../platform/graphql/scalars.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { runCommand } from "../../platform/http/run-command.js";
import { productsMax, sideMaxMm, upsertProducts } from "./upsert-products.js";

@InputType()
class ProductInput {
  @Field(() => String) sku!: string;
  @Field(() => String) name!: string;
  @Field(() => Decimal, { description: "Without tax, in the shop's currency." }) price!: string;
  @Field(() => Int) weightGrams!: number;
  @Field(() => Int, { description: "1 % is 100." }) taxBasisPoints!: number;
  @Field(() => [Int], { nullable: true, description: `Length, width and height of one unit as it is packed, in millimetres, in any order: three of 1 to ${sideMaxMm}. Absent where nobody measured.` })
  sizeMm?: readonly number[] | null;
}

@InputType()
class UpsertProductsInput extends IdempotentInput {
  @Field(() => [ProductInput], { description: `1 to ${productsMax} products, each once.` })
  products!: ProductInput[];
}

@ObjectType({ simpleResolvers: true })
class UpsertProductsPayload extends mutationPayload("UpsertProducts", {
  NO_PRODUCTS: "At least one product is needed.",
  TOO_MANY_PRODUCTS: `At most ${productsMax} products at once.`,
  DUPLICATE_SKU: "A product is named twice.",
  INVALID_SKU: "A SKU has 1 to 64 letters, digits, dots, dashes or underscores.",
  INVALID_NAME: "The name is empty or too long.",
  UNKNOWN_CURRENCY: "The price is in something that is no currency of ISO 4217.",
  INVALID_PRICE: "The price is negative, too large, or has more digits than its currency.",
  INVALID_WEIGHT: "The weight is negative or too large.",
  INVALID_SIZE: `A size has three sides of 1 to ${sideMaxMm} millimetres.`,
  INVALID_TAX_RATE: "A tax rate is 0 to 10,000 basis points.",
}) {
  @Field(() => [String], { nullable: true }) skus!: readonly string[] | null;
}

@Resolver()
export class CatalogMutations {
  @Mutation(() => UpsertProductsPayload, { description: "Operators: creates or changes products; all or none." })
  async upsertProducts(@Arg("input", () => UpsertProductsInput) input: UpsertProductsInput, @Ctx() context: RequestContext): Promise<UpsertProductsPayload> {
    requireOperator(context);
    const currency = context.settings.SHOP_CURRENCY;
    const products = input.products.map(({ sku, name, price, weightGrams, taxBasisPoints, sizeMm }, index) => ({
      sku: readText(sku, `input.products.${index}.sku`), name: readText(name, `input.products.${index}.name`),
      // Not a number where it has too many digits: the command refuses that by the product's place.
      priceMinor: fromDecimalString(price, currency) ?? Number.NaN, currency, weightGrams, taxBasisPoints, ...(sizeMm && { sizeMm }),
    }));
    const { answer, ...result } = await runCommand(context, upsertProducts, { products }, input);
    return { ...result, skus: answer?.skus ?? null };
  }
}
