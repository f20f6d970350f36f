import { Arg, Args, ArgsType, Ctx, Field, ID, Query, Resolver } from "type-graphql";
import { requireOperator } from "../../platform/auth/access.js";
import { SystemError } from "../../platform/errors.js";
import { ConnectionArgs, connectionOf, readPage, type Connection } from "../../platform/graphql/connection.js";
import { isIntegerPart } from "../../platform/graphql/cursor.js";
import { readText } from "../../platform/graphql/input-text.js";
import { moneyType } from "../../platform/graphql/money.type.js";
import { awaitPosition } from "../../platform/http/await-position.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { Optional } from "../../platform/overload/importance.js";
import { readRows } from "../../platform/projector/read-rows.js";
import { Cost } from "../../platform/rate-limits/field-cost.js";
import { ledgerEntry, type LedgerEntryRow } from "../../projections/ledger/ledger-entry.projection.js";
import { ledgerEntryTable } from "../../projections/ledger/ledger-entry.table.js";
import { orderIds } from "../orders/order.type.js";
import { LedgerEntryConnection, ledgerEntryType, LedgerType, type LedgerEntryType } from "./ledger.type.js";

const accountLengthMax = 100;
const positionText = "From a mutation's answer: the ledger as of then, or later.";

@ArgsType()
class LedgerEntriesArgs extends ConnectionArgs {
  @Field(() => ID, { nullable: true, description: "Lines of this order only. Either this or `account` is needed." })
  orderId?: string | null;

  @Field(() => String, { nullable: true, description: "Lines of this account only." })
  account?: string | null;

  @Field(() => String, { nullable: true, description: positionText })
  position?: string | null;
}

interface BalanceRow {
  readonly account: string;
  readonly currency: string;
  readonly debit: number;
  readonly credit: number;
  readonly entries: number;
}

@Resolver()
export class LedgerResolver {
  @Optional()
  @Cost({ weight: 50 })
  @Query(() => LedgerType, { description: "Operators: what every account holds. Adds up all lines that there are." })
  async ledger(@Arg("position", () => String, { nullable: true, description: positionText }) position: string | null, @Ctx() context: RequestContext): Promise<LedgerType> {
    requireOperator(context);
    await awaitPosition(context, position, [ledgerEntry.name]);
    const node = context.readNode();
    const rows = await node.query<BalanceRow>({
      name: "ledger_balances",
      text: `SELECT account, currency, coalesce(sum(amount_minor) FILTER (WHERE amount_minor > 0), 0)::bigint AS debit,
               coalesce(-sum(amount_minor) FILTER (WHERE amount_minor < 0), 0)::bigint AS credit, count(*)::bigint AS entries
             FROM ${node.tableOf(ledgerEntry.name)} GROUP BY account, currency ORDER BY account, currency`,
    });
    const sums = new Map<string, number>();
    for (const { currency, debit, credit } of rows) sums.set(currency, (sums.get(currency) ?? 0) + debit - credit);
    return {
      balances: rows.map(({ account, currency, debit, credit, entries }) => ({
        account, entries, debit: moneyType(debit, currency), credit: moneyType(credit, currency), balance: moneyType(debit - credit, currency),
      })),
      balanced: [...sums.values()].every((sum) => sum === 0),
    };
  }

  @Query(() => LedgerEntryConnection, { description: "Operators: the lines of an order or of an account, newest first." })
  async ledgerEntries(@Args(() => LedgerEntriesArgs) args: LedgerEntriesArgs, @Ctx() context: RequestContext): Promise<Connection<LedgerEntryType>> {
    requireOperator(context);
    const page = readPage(args, [isIntegerPart, isIntegerPart]);
    const values: unknown[] = [page.limit + 1];
    const conditions: string[] = [];
    if (args.orderId) conditions.push(`order_id = $${values.push(orderIds.read(args.orderId, "orderId"))}`);
    if (args.account) conditions.push(`account = $${values.push(readText(args.account, "account", accountLengthMax))}`);
    if (conditions.length === 0) throw new SystemError("BAD_USER_INPUT", "Say which lines: those of an `orderId`, of an `account`, or of both.");
    await awaitPosition(context, args.position, [ledgerEntry.name]);
    if (page.cursor) conditions.push(`(position, line) ${page.backward ? ">" : "<"} ($${values.push(page.cursor[0])}::bigint, $${values.push(page.cursor[1])}::integer)`);
    const direction = page.backward ? "ASC" : "DESC";
    const rest = `WHERE ${conditions.join(" AND ")} ORDER BY position ${direction}, line ${direction} LIMIT $1`;
    const rows = await readRows<LedgerEntryRow>(context.readNode(), ledgerEntryTable, "ledger_entries_page", rest, values);
    return connectionOf(rows, page, ({ position, line }) => [String(position), String(line)], ledgerEntryType);
  }
}
