import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import { moneyType, MoneyType } from "../../platform/graphql/money.type.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { ShipmentType } from "./shipment.type.js";

/** What of a parcel is the shop's own business. */
@Resolver(() => ShipmentType)
export class ShipmentResolver {
  @FieldResolver(() => MoneyType, { nullable: true, description: "Operators: what the courier takes for it; null for others, and where it does not say." })
  price(@Root() { row: { priceMinor } }: ShipmentType, @Ctx() { actor, settings }: RequestContext): MoneyType | null {
    return actor?.role === "operator" && priceMinor !== null ? moneyType(priceMinor, settings.SHOP_CURRENCY) : null;
  }

  @FieldResolver(() => String, { nullable: true, description: "Operators: where the label's file can be fetched, with the same token; null for others, and where none is kept." })
  labelPath(@Root() { id, row: { labelKept, status } }: ShipmentType, @Ctx() { actor }: RequestContext): string | null {
    return actor?.role === "operator" && labelKept && status !== "cancelled" ? `/labels/${id}` : null;
  }
}
