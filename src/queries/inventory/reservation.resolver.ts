import { Arg, Ctx, FieldResolver, ID, Query, Resolver, Root } from "type-graphql";
import { awaitPosition } from "../../platform/http/await-position.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { Essential } from "../../platform/overload/importance.js";
import { Cost } from "../../platform/rate-limits/field-cost.js";
import { productLoader } from "../catalog/product.loader.js";
import { productType, ProductType } from "../catalog/product.type.js";
import { readReservation, viewerOf } from "./reservation.reader.js";
import { reservationIds, ReservationLineType, reservationType, ReservationType } from "./reservation.type.js";
import { loadSale, saleProjections } from "./sale.loader.js";
import { saleIds, SaleType } from "./sale.type.js";

const projections = ["reservation_card", ...saleProjections];

@Resolver()
export class ReservationResolver {
  @Essential()
  @Query(() => ReservationType, { nullable: true, description: "One reservation; null where there is none, or where it is somebody else's." })
  async reservation(
    @Arg("id", () => ID) id: string,
    @Arg("guestSecret", () => String, { nullable: true, description: "What it was reserved with, where that was done without a token." }) guestSecret: string | null,
    @Arg("position", () => String, { nullable: true, description: "From a mutation's answer: the reservation as of then, or later." }) position: string | null,
    @Ctx() context: RequestContext,
  ): Promise<ReservationType | null> {
    const maySee = viewerOf(context, guestSecret);
    const reservationId = reservationIds.read(id, "id");
    await awaitPosition(context, position, projections);
    const row = await readReservation(context, reservationId, maySee);
    return row && reservationType(row, Date.now());
  }
}

@Resolver(() => ReservationLineType)
export class ReservationLineResolver {
  @Cost({ weight: 3 })
  @FieldResolver(() => ProductType, { nullable: true })
  async product(@Root() { sku }: ReservationLineType, @Ctx() context: RequestContext): Promise<ProductType | null> {
    const row = await productLoader(context).load(sku);
    return row && productType(row);
  }

  @Cost({ weight: 3 })
  @FieldResolver(() => SaleType, { nullable: true, description: "Null for units of the shelf." })
  async sale(@Root() { saleId }: ReservationLineType, @Ctx() context: RequestContext): Promise<SaleType | null> {
    return saleId === null ? null : loadSale(context, saleIds.read(saleId, "saleId"));
  }
}
