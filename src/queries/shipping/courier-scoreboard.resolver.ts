import { Args, ArgsType, Ctx, Field, FieldResolver, Query, Resolver, Root } from "type-graphql";
import { requireOperator } from "../../platform/auth/access.js";
import { SystemError } from "../../platform/errors.js";
import { ConnectionArgs, connectionOf, readPage, type Connection } from "../../platform/graphql/connection.js";
import { isTextPart, isTimestampPart } from "../../platform/graphql/cursor.js";
import { readText } from "../../platform/graphql/input-text.js";
import { moneyType } from "../../platform/graphql/money.type.js";
import { DateTime } from "../../platform/graphql/scalars.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { Optional } from "../../platform/overload/importance.js";
import { viewsRefreshedAt } from "../../platform/projector/view-age.js";
import { Cost } from "../../platform/rate-limits/field-cost.js";
import { courierScoreboard } from "../../projections/shipping/courier-scoreboard.view.js";
import { CourierScoreboardType, CourierWeekConnection, type CourierWeekType, type ScoreboardQuestion } from "./courier-scoreboard.type.js";

const rangeDaysMax = 400;
const dayMs = 86_400_000;
const nameLengthMax = 100;

@ArgsType()
class CourierScoreboardArgs {
  @Field(() => DateTime, { description: "The week of this moment and later ones." })
  from!: string;

  @Field(() => DateTime, { description: `Weeks that begin before this moment; at most ${rangeDaysMax} days after \`from\`.` })
  to!: string;

  @Field(() => String, { nullable: true, description: "Only this courier." })
  courier?: string | null;

  @Field(() => String, { nullable: true, description: "Only this service; empty for the couriers' usual one." })
  service?: string | null;

  @Field(() => String, { nullable: true, description: "Only this region, e.g. `DE-1`." })
  region?: string | null;
}

interface WeekRow extends Omit<CourierWeekType, "service" | "cost" | "onTimePercent"> {
  readonly service: string;
  readonly onTime: number;
  readonly costMinor: number;
}

@Resolver(() => CourierScoreboardType)
export class CourierScoreboardResolver {
  @Optional()
  @Cost({ weight: 30 })
  @Query(() => CourierScoreboardType, { description: "Operators: how couriers do by service, region and week, from a view that is refreshed every half minute." })
  async courierScoreboard(@Args(() => CourierScoreboardArgs) args: CourierScoreboardArgs, @Ctx() context: RequestContext): Promise<CourierScoreboardType> {
    requireOperator(context);
    const { from, to } = args;
    const spanMs = Date.parse(to) - Date.parse(from);
    if (spanMs <= 0 || spanMs > rangeDaysMax * dayMs) {
      throw new SystemError("BAD_USER_INPUT", `to: must be later than \`from\`, by at most ${rangeDaysMax} days.`);
    }
    const [courier, service, region] = (["courier", "service", "region"] as const).map((name) => nameOf(args[name], name));
    return {
      refreshedAt: await viewsRefreshedAt(context.readNode(), [courierScoreboard.name]),
      question: { from, to, courier: courier ?? null, service: service ?? null, region: region ?? null },
    };
  }

  @FieldResolver(() => CourierWeekConnection, { description: "Newest week first, then by courier, service and region." })
  async weeks(
    @Root() { question }: CourierScoreboardType, @Args(() => ConnectionArgs) args: ConnectionArgs, @Ctx() context: RequestContext,
  ): Promise<Connection<CourierWeekType>> {
    const page = readPage(args, [isTimestampPart, isTextPart, isTextPart, isTextPart]);
    const { from, to, courier, service, region }: ScoreboardQuestion = question;
    const values: unknown[] = [page.limit + 1, from, to, courier, service, region];
    const [later, earlier, past, before] = page.backward ? ["ASC", "DESC", ">", "<"] : ["DESC", "ASC", "<", ">"];
    const [week, ...names] = page.cursor ? page.cursor.map((part) => `$${values.push(part)}`) : [];
    const rest = week === undefined ? ""
      : `AND (week ${past} ${week}::timestamptz OR (week = ${week}::timestamptz AND (courier_id, service, region) ${before} (${names.join(", ")})))`;
    const node = context.readNode();
    const rows = await node.query<WeekRow>({
      name: `courier_scoreboard_${page.backward ? "backward" : "forward"}${week === undefined ? "" : "_on"}`,
      text: `SELECT week, courier_id AS courier, service, region, bookings, booking_failures AS "bookingFailures", called_off AS "calledOff", delivered, due,
               on_time AS "onTime", p50_days AS "p50Days", p90_days AS "p90Days", cost_minor AS "costMinor", returns, lost
             FROM ${node.tableOf(courierScoreboard.name)}
             WHERE week > $2::timestamptz - interval '7 days' AND week < $3::timestamptz AND ($4::text IS NULL OR courier_id = $4)
               AND ($5::text IS NULL OR service = $5) AND ($6::text IS NULL OR region = $6) ${rest}
             ORDER BY week ${later}, courier_id ${earlier}, service ${earlier}, region ${earlier} LIMIT $1`,
      values,
    });
    return connectionOf(rows, page, (row) => [row.week, row.courier, row.service, row.region], (row) => weekType(row, context.settings.SHOP_CURRENCY));
  }
}

/** @returns the name; null where none was given */
function nameOf(given: string | null | undefined, field: string): string | null {
  return given === null || given === undefined || given === "" ? given ?? null : readText(given, field, nameLengthMax);
}

function weekType({ onTime, costMinor, service, ...week }: WeekRow, currency: string): CourierWeekType {
  return {
    ...week, service: service === "" ? null : service, cost: moneyType(costMinor, currency),
    onTimePercent: week.due === 0 ? null : Math.round((onTime / week.due) * 1_000) / 10,
  };
}
