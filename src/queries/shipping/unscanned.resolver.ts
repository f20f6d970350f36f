import { Args, ArgsType, Ctx, Field, Float, ID, ObjectType, Query, Resolver } from "type-graphql";
import { requireOperator } from "../../platform/auth/access.js";
import { SystemError } from "../../platform/errors.js";
import { ConnectionArgs, connectionOf, connectionType, readPage, type Connection } from "../../platform/graphql/connection.js";
import { isTextPart, isTimestampPart } from "../../platform/graphql/cursor.js";
import { DateTime } from "../../platform/graphql/scalars.js";
import { awaitPosition } from "../../platform/http/await-position.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { readRows } from "../../platform/projector/read-rows.js";
import { Cost } from "../../platform/rate-limits/field-cost.js";
import type { ShipmentCardRow } from "../../projections/shipping/shipment-card.projection.js";
import { shipmentCardTable } from "../../projections/shipping/shipment-card.table.js";
import { orderIds } from "../orders/order.type.js";
import { shipmentType, ShipmentType } from "./shipment.type.js";

/** A year. */
const hoursMax = 8_784;

@ArgsType()
class UnscannedLabelsArgs extends ConnectionArgs {
  @Field(() => Float, { nullable: true, description: "So many hours after they were handed over, or were to be; by default as many as raise an alert." })
  hours?: number | null;

  @Field(() => String, { nullable: true, description: "From a mutation's answer: the labels as of then, or later." })
  position?: string | null;
}

@ObjectType("UnscannedLabel", { simpleResolvers: true, description: "A label that no scan of the courier has shown." })
class UnscannedLabelType {
  @Field(() => ID) orderId!: string;
  @Field(() => DateTime, { description: "When it was handed over; where nobody said so, when it was to be at the latest." }) handOverBy!: string;
  @Field(() => ShipmentType) shipment!: ShipmentType;
}

const UnscannedLabelConnection = connectionType("UnscannedLabel", () => UnscannedLabelType);

@Resolver()
export class UnscannedResolver {
  @Cost({ weight: 5 })
  @Query(() => UnscannedLabelConnection, { description: "Operators: labels that should have been scanned and were not, those that wait longest first." })
  async unscannedLabels(@Args(() => UnscannedLabelsArgs) args: UnscannedLabelsArgs, @Ctx() context: RequestContext): Promise<Connection<UnscannedLabelType>> {
    requireOperator(context);
    const hours = args.hours ?? context.settings.UNSCANNED_HOURS;
    if (!(hours >= 0 && hours <= hoursMax)) throw new SystemError("BAD_USER_INPUT", `hours: must be 0 to ${String(hoursMax)}, found ${String(hours)}.`);
    const page = readPage(args, [isTimestampPart, isTextPart]);
    await awaitPosition(context, args.position, ["shipment_card"]);
    const [order, beyond] = page.backward ? ["DESC", "<"] : ["ASC", ">"];
    const after = page.cursor ? `AND (unscanned_since, shipment_id) ${beyond} ($3::timestamptz, $4) ` : "";
    const rows = await readRows<ShipmentCardRow>(
      context.readNode(), shipmentCardTable, "labels_unscanned",
      `WHERE unscanned_since < now() - $1 * interval '1 hour' ${after}ORDER BY unscanned_since ${order}, shipment_id ${order} LIMIT $2`,
      [hours, page.limit + 1, ...page.cursor ?? []],
    );
    return connectionOf(rows, page, ({ unscannedSince, shipmentId }) => [new Date(unscannedSince ?? 0).toISOString(), shipmentId], unscannedLabel);
  }
}

function unscannedLabel(row: ShipmentCardRow): UnscannedLabelType {
  return { orderId: orderIds.encode(row.orderId), handOverBy: row.unscannedSince ?? row.bookedAt, shipment: shipmentType(row) };
}
