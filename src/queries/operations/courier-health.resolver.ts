import { Arg, Ctx, Query, Resolver } from "type-graphql";
import { requireOperator } from "../../platform/auth/access.js";
import { awaitPosition } from "../../platform/http/await-position.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { breakerCard } from "../../projections/operations/breaker-card.projection.js";
import { readBreakers } from "./courier-health.loader.js";
import { courierHealthList, CourierHealthListType } from "./courier-health.type.js";

@Resolver()
export class CourierHealthResolver {
  @Query(() => CourierHealthListType, { description: "Operators: the breaker of every courier and of the payment provider." })
  async courierHealth(
    @Arg("position", () => String, { nullable: true, description: "From a mutation's answer: as of then, or later." }) position: string | null,
    @Ctx() context: RequestContext,
  ): Promise<CourierHealthListType> {
    requireOperator(context);
    await awaitPosition(context, position, [breakerCard.name]);
    return courierHealthList(await readBreakers(context), new Date().toISOString());
  }
}
