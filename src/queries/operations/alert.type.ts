import { Field, ID, Int, ObjectType } from "type-graphql";
import type { AlertSeverity } from "../../events/operations.js";
import { connectionType } from "../../platform/graphql/connection.js";
import { defineId } from "../../platform/graphql/opaque-id.js";
import { DateTime } from "../../platform/graphql/scalars.js";
import { wordEnum } from "../../platform/graphql/word-enum.js";
import { Cost } from "../../platform/rate-limits/field-cost.js";
import type { AlertCardRow, AlertStatus } from "../../projections/operations/alert-card.projection.js";

const alertIds = defineId("alert"), orderIds = defineId("order");

const AlertSeverityEnum = wordEnum<AlertSeverity>("AlertSeverity", { info: null, warning: null, critical: "Somebody has to get up." });
const AlertStatusEnum = wordEnum<AlertStatus>("AlertStatus", { OPEN: null, ACKNOWLEDGED: "A person has seen it.", RESOLVED: "It is over." });

@ObjectType("AlertDetail", { simpleResolvers: true })
export class AlertDetailType {
  @Field(() => String) name!: string;
  @Field(() => String, { nullable: true }) value!: string | null;
}

@ObjectType("Alert", { simpleResolvers: true, description: "Something that needs a person." })
export class AlertType {
  @Field(() => ID) id!: string;
  @Field(() => String, { description: "What is wrong with what: `acknowledgeAlert` wants it." }) key!: string;
  @Field(() => AlertSeverityEnum) severity!: AlertSeverity;
  @Field(() => String) message!: string;
  @Cost({ size: 5 }) @Field(() => [AlertDetailType]) details!: readonly AlertDetailType[];
  @Field(() => AlertStatusEnum) status!: AlertStatus;
  @Field(() => Int, { description: "How often it was raised since it opened; written down at most once a minute." }) count!: number;
  @Field(() => String, { nullable: true }) acknowledgedBy!: string | null;
  @Field(() => String, { nullable: true }) resolvedBy!: string | null;
  @Field(() => DateTime) raisedAt!: string;
  @Field(() => DateTime) updatedAt!: string;
}

export const AlertConnection = connectionType("Alert", () => AlertType);

export function alertType({ alertId, details, ...row }: AlertCardRow): AlertType {
  return {
    ...row, id: alertIds.encode(alertId),
    details: Object.entries(details).map(([name, value]) => ({ name, value: value === null ? null : detail(name, String(value)) })),
  };
}

/** An order's id as clients know it, to ask on with. */
function detail(name: string, value: string): string {
  return name === "orderId" ? orderIds.encode(value) : value;
}
