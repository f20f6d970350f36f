import { Args, ArgsType, Ctx, Field, Query, Resolver } from "type-graphql";
import { requireOperator } from "../../platform/auth/access.js";
import { ConnectionArgs, connectionOf, readPage, type Connection } from "../../platform/graphql/connection.js";
import { isIntegerPart } from "../../platform/graphql/cursor.js";
import { awaitPosition } from "../../platform/http/await-position.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { readRows } from "../../platform/projector/read-rows.js";
import type { AlertCardRow } from "../../projections/operations/alert-card.projection.js";
import { alertCardTable } from "../../projections/operations/alert-card.table.js";
import { AlertConnection, alertType, type AlertType } from "./alert.type.js";

@ArgsType()
class AlertsArgs extends ConnectionArgs {
  @Field(() => Boolean, { nullable: true, description: "True for those that are not over, seen or not; false for those that are." })
  open?: boolean | null;

  @Field(() => String, { nullable: true, description: "From a mutation's answer: the alerts as of then, or later." })
  position?: string | null;
}

@Resolver()
export class AlertResolver {
  @Query(() => AlertConnection, { description: "Operators: what needs a person, newest first." })
  async alerts(@Args(() => AlertsArgs) args: AlertsArgs, @Ctx() context: RequestContext): Promise<Connection<AlertType>> {
    requireOperator(context);
    const page = readPage(args, [isIntegerPart]);
    await awaitPosition(context, args.position, ["alert_card"]);
    const values: unknown[] = [page.limit + 1];
    const conditions: string[] = [];
    if (typeof args.open === "boolean") conditions.push(`open = $${values.push(args.open)}`);
    if (page.cursor) conditions.push(`raised_position ${page.backward ? ">" : "<"} $${values.push(page.cursor[0])}::bigint`);
    const where = conditions.length > 0 ? `WHERE ${conditions.join(" AND ")} ` : "";
    const rest = `${where}ORDER BY raised_position ${page.backward ? "ASC" : "DESC"} LIMIT $1`;
    const rows = await readRows<AlertCardRow>(context.readNode(), alertCardTable, "alerts_page", rest, values);
    return connectionOf(rows, page, ({ raisedPosition }) => [String(raisedPosition)], alertType);
  }
}
