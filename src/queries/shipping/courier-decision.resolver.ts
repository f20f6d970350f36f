import { Arg, Ctx, ID, Query, Resolver } from "type-graphql";
import { requireOperator } from "../../platform/auth/access.js";
import { awaitPosition } from "../../platform/http/await-position.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { readRows } from "../../platform/projector/read-rows.js";
import { Cost } from "../../platform/rate-limits/field-cost.js";
import type { CourierDecisionRow } from "../../projections/shipping/courier-decision.projection.js";
import { courierDecisionTable } from "../../projections/shipping/courier-decision.table.js";
import { orderIds } from "../orders/order.type.js";
import { courierDecisionType, CourierDecisionType } from "./courier-decision.type.js";

/** As many parcels as an order has at most in one packing, and some of former ones. */
const parcelsMax = 300;

@Resolver()
export class CourierDecisionResolver {
  @Cost({ weight: 20, size: 3 })
  @Query(() => [CourierDecisionType], { description: "Operators: of each parcel of an order, why it went where it went: who was weighed, and what each attempt came to. Oldest first; at most 300 parcels." })
  async courierDecision(
    @Arg("orderId", () => ID) id: string, @Arg("position", () => String, { nullable: true }) position: string | null, @Ctx() context: RequestContext,
  ): Promise<CourierDecisionType[]> {
    requireOperator(context);
    const orderId = orderIds.read(id, "orderId");
    await awaitPosition(context, position, [courierDecisionTable.projection.name]);
    const rows = await readRows<CourierDecisionRow>(
      context.readNode(), courierDecisionTable, "courier_decisions_of_order", `WHERE order_id = $1 ORDER BY decided_at, shipment_id LIMIT ${parcelsMax}`, [orderId],
    );
    return rows.map(courierDecisionType);
  }
}
