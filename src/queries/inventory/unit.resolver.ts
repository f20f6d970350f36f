import { Args, ArgsType, Ctx, Field, Query, Resolver } from "type-graphql";
import { ConnectionArgs, connectionOf, readPage, type Connection } from "../../platform/graphql/connection.js";
import { isTextPart } from "../../platform/graphql/cursor.js";
import { readText } from "../../platform/graphql/input-text.js";
import { awaitPosition } from "../../platform/http/await-position.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { readRows } from "../../platform/projector/read-rows.js";
import type { UnitCardRow } from "../../projections/inventory/unit-card.projection.js";
import { unitCardTable } from "../../projections/inventory/unit-card.table.js";
import { UnitConnection, unitType, type UnitType } from "./unit.type.js";

const skuLengthMax = 200;

@ArgsType()
class UnitsArgs extends ConnectionArgs {
  @Field(() => String)
  sku!: string;

  @Field(() => Boolean, { nullable: true, description: "Only those that can be reserved now." })
  onlyFree?: boolean | null;

  @Field(() => String, { nullable: true, description: "From a mutation's answer: the units as of then, or later." })
  position?: string | null;
}

@Resolver()
export class UnitResolver {
  @Query(() => UnitConnection, { description: "The numbered units of a product, by row and place: a seat map. What has left the house is not among them." })
  async units(@Args(() => UnitsArgs) { sku, onlyFree, position, ...args }: UnitsArgs, @Ctx() context: RequestContext): Promise<Connection<UnitType>> {
    const page = readPage(args, [isTextPart]);
    await awaitPosition(context, position, ["unit_card"]);
    const nowMs = Date.now();
    const values: unknown[] = [page.limit + 1, readText(sku, "sku", skuLengthMax)];
    const conditions = ["sku = $2", "state <> 'gone'"];
    if (onlyFree) conditions.push(`(state = 'free' OR (state = 'held' AND held_until <= $${values.push(new Date(nowMs))}))`);
    if (page.cursor) conditions.push(`sort_key ${page.backward ? "<" : ">"} $${values.push(page.cursor[0])}`);
    const rows = await readRows<UnitCardRow>(
      context.readNode(), unitCardTable, "units_page", `WHERE ${conditions.join(" AND ")} ORDER BY sort_key${page.backward ? " DESC" : ""} LIMIT $1`, values,
    );
    return connectionOf(rows, page, ({ sortKey }) => [sortKey], (row) => unitType(row, nowMs));
  }
}
