import { Arg, Args, ArgsType, Ctx, Field, FieldResolver, Query, Resolver, Root } from "type-graphql";
import { requireOperator } from "../../platform/auth/access.js";
import { SystemError } from "../../platform/errors.js";
import { ConnectionArgs, connectionOf, readPage, type Connection, type Page } from "../../platform/graphql/connection.js";
import { isIntegerPart, isTextPart } from "../../platform/graphql/cursor.js";
import { readText } from "../../platform/graphql/input-text.js";
import { awaitPosition } from "../../platform/http/await-position.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { readRows } from "../../platform/projector/read-rows.js";
import type { MismatchCardRow } from "../../projections/reconciliation/mismatch-card.projection.js";
import { mismatchCardTable } from "../../projections/reconciliation/mismatch-card.table.js";
import type { ReconciliationCardRow } from "../../projections/reconciliation/reconciliation-card.projection.js";
import { reconciliationCardTable } from "../../projections/reconciliation/reconciliation-card.table.js";
import { MismatchConnection, mismatchType, ReconciliationConnection, ReconciliationType, type MismatchType } from "./reconciliation.type.js";

const providerLengthMax = 100;
const dayForm = /^\d{4}-\d{2}-\d{2}$/;
const positionField = { nullable: true, description: "From a mutation's answer: the books as of then, or later." } as const;

@ArgsType()
class ReconciliationsArgs extends ConnectionArgs {
  @Field(() => String, positionField)
  position?: string | null;
}

@ArgsType()
class MismatchesArgs extends ConnectionArgs {
  @Field(() => Boolean, { nullable: true, description: "True for those that a person has to look at; false for those that came right." })
  open?: boolean | null;
}

@Resolver(() => ReconciliationType)
export class ReconciliationResolver {
  @Query(() => ReconciliationType, {
    nullable: true, description: "Operators: the provider's books of a day and ours; null where no run over it has come to its end.",
  })
  async reconciliation(
    @Arg("day", () => String, { description: "YYYY-MM-DD, in the shop's time zone." }) day: string,
    @Arg("provider", () => String, { defaultValue: "stripe" }) provider: string,
    @Arg("position", () => String, positionField) position: string | null, @Ctx() context: RequestContext,
  ): Promise<ReconciliationType | null> {
    requireOperator(context);
    if (!dayForm.test(day)) throw new SystemError("BAD_USER_INPUT", "day: must be a day as YYYY-MM-DD.");
    await awaitPosition(context, position, ["reconciliation_card", "mismatch_card"]);
    const values = [`${readText(provider, "provider", providerLengthMax)}-${day}`];
    const [row] = await readRows<ReconciliationCardRow>(context.readNode(), reconciliationCardTable, "reconciliation", "WHERE reconciliation_id = $1", values);
    return row ?? null;
  }

  @Query(() => ReconciliationConnection, { description: "Operators: the days whose books were compared, newest first." })
  async reconciliations(
    @Args(() => ReconciliationsArgs) { position, ...args }: ReconciliationsArgs, @Ctx() context: RequestContext,
  ): Promise<Connection<ReconciliationType>> {
    requireOperator(context);
    const page = readPage(args, [isTextPart, isTextPart]);
    await awaitPosition(context, position, ["reconciliation_card"]);
    const values: unknown[] = [page.limit + 1];
    const from = page.cursor ? `WHERE (day, reconciliation_id) ${past(page)} ($${values.push(page.cursor[0])}, $${values.push(page.cursor[1])}) ` : "";
    const rest = `${from}ORDER BY day ${direction(page)}, reconciliation_id ${direction(page)} LIMIT $1`;
    const rows = await readRows<ReconciliationCardRow>(context.readNode(), reconciliationCardTable, "reconciliations_page", rest, values);
    return connectionOf(rows, page, ({ day, reconciliationId }) => [day, reconciliationId], (row) => row);
  }

  @FieldResolver(() => MismatchConnection, { description: "What differed, last found first; also what came right." })
  async mismatches(
    @Root() { reconciliationId }: ReconciliationType, @Args(() => MismatchesArgs) { open, ...args }: MismatchesArgs, @Ctx() context: RequestContext,
  ): Promise<Connection<MismatchType>> {
    const page = readPage(args, [isIntegerPart]);
    const values: unknown[] = [page.limit + 1, reconciliationId];
    const state = typeof open === "boolean" ? ` AND status ${open ? "=" : "<>"} 'OPEN'` : "";
    const from = page.cursor ? ` AND found_position ${past(page)} $${values.push(page.cursor[0])}::bigint` : "";
    const rest = `WHERE reconciliation_id = $2${state}${from} ORDER BY found_position ${direction(page)} LIMIT $1`;
    const rows = await readRows<MismatchCardRow>(context.readNode(), mismatchCardTable, "mismatches_page", rest, values);
    return connectionOf(rows, page, ({ foundPosition }) => [String(foundPosition)], mismatchType);
  }
}

/** The newest first; read from the end, the other way round. */
function direction({ backward }: Page): "ASC" | "DESC" {
  return backward ? "ASC" : "DESC";
}

function past({ backward }: Page): ">" | "<" {
  return backward ? ">" : "<";
}
