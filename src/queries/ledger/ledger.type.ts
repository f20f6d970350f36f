import { Field, ID, Int, ObjectType } from "type-graphql";
import { connectionType } from "../../platform/graphql/connection.js";
import { moneyType, MoneyType } from "../../platform/graphql/money.type.js";
import { DateTime } from "../../platform/graphql/scalars.js";
import type { LedgerEntryRow } from "../../projections/ledger/ledger-entry.projection.js";
import { orderIds } from "../orders/order.type.js";

@ObjectType("LedgerBalance", { simpleResolvers: true, description: "One account in one currency." })
export class LedgerBalanceType {
  @Field(() => String, { description: "`receivable`, `revenue`, `refunds`, `fees`, `disputed` or `provider_cash:<provider>`." }) account!: string;
  @Field(() => MoneyType) debit!: MoneyType;
  @Field(() => MoneyType) credit!: MoneyType;
  @Field(() => MoneyType, { description: "`debit - credit`." }) balance!: MoneyType;
  @Field(() => Int) entries!: number;
}

@ObjectType("Ledger", { simpleResolvers: true, description: "The conservation ledger: double entry, kept from the events." })
export class LedgerType {
  @Field(() => [LedgerBalanceType]) balances!: readonly LedgerBalanceType[];
  @Field(() => Boolean, { description: "Whether debits equal credits in every currency." }) balanced!: boolean;
}

@ObjectType("LedgerEntry", { simpleResolvers: true, description: "One line of an entry." })
export class LedgerEntryType {
  @Field(() => ID, { description: "`<stream>@<version>/<line>`: the lines of one entry differ in the last part only." }) id!: string;
  @Field(() => ID) orderId!: string;
  @Field(() => String) account!: string;
  @Field(() => MoneyType, { nullable: true, description: "Null of a credit." }) debit!: MoneyType | null;
  @Field(() => MoneyType, { nullable: true, description: "Null of a debit." }) credit!: MoneyType | null;
  @Field(() => String, { description: "The event that it was made of." }) event!: string;
  @Field(() => String, { nullable: true, description: "Why, in the event's own word, e.g. `GOODWILL`." }) cause!: string | null;
  @Field(() => DateTime) at!: string;
}

export const LedgerEntryConnection = connectionType("LedgerEntry", () => LedgerEntryType);

export function ledgerEntryType({ entryId, orderId, account, currency, amountMinor, eventType, cause, recordedAt }: LedgerEntryRow): LedgerEntryType {
  return {
    id: entryId, orderId: orderIds.encode(orderId), account, event: eventType, cause, at: recordedAt,
    debit: amountMinor > 0 ? moneyType(amountMinor, currency) : null,
    credit: amountMinor < 0 ? moneyType(-amountMinor, currency) : null,
  };
}
