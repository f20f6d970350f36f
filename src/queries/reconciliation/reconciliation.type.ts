import { Field, ID, Int, ObjectType } from "type-graphql";
import type { AccountOfPayment, MismatchKind } from "../../events/reconciliation.js";
import { connectionType } from "../../platform/graphql/connection.js";
import { moneyType, MoneyType } from "../../platform/graphql/money.type.js";
import { defineId } from "../../platform/graphql/opaque-id.js";
import { DateTime } from "../../platform/graphql/scalars.js";
import { wordEnum } from "../../platform/graphql/word-enum.js";
import type { MismatchCardRow, MismatchStatus } from "../../projections/reconciliation/mismatch-card.projection.js";

const mismatchIds = defineId("mismatch");
const orderIds = defineId("order");

const MismatchKindEnum = wordEnum<MismatchKind>("MismatchKind", {
  MISSING_HERE: "The provider took money that we do not know of.",
  MISSING_THERE: "We say that money came, and the provider knows no such payment.",
  AMOUNT_DIFFERS: "Captured, refunded or fee are not the same.",
  STATE_DIFFERS: "E.g. authorized here and let go there, or disputed on one side only.",
});
const MismatchStatusEnum = wordEnum<MismatchStatus>("MismatchStatus", {
  OPEN: "A person has to look.", REPAIRED: "What was missing was recorded, and both sides agree.", AGREES: "It came right otherwise; a later run saw it.",
});

@ObjectType("PaymentAccount", { simpleResolvers: true, description: "A payment as one side has it." })
export class PaymentAccountType {
  @Field(() => String, { description: "The side's own word, e.g. `CAPTURED` here, `captured, disputed` there." }) state!: string;
  @Field(() => MoneyType, { nullable: true }) captured!: MoneyType | null;
  @Field(() => MoneyType, { nullable: true }) refunded!: MoneyType | null;
  @Field(() => MoneyType, { nullable: true, description: "Null where it has not been told." }) fee!: MoneyType | null;
}

@ObjectType("ReconciliationMismatch", { simpleResolvers: true, description: "What differs between the provider's books and ours." })
export class MismatchType {
  @Field(() => ID) id!: string;
  @Field(() => MismatchKindEnum) kind!: MismatchKind;
  @Field(() => MismatchStatusEnum) status!: MismatchStatus;
  @Field(() => String, { description: "The provider's own id of the payment." }) providerReference!: string;
  @Field(() => ID, { nullable: true, description: "Null where the provider names no order, or one that is no id of ours." }) orderId!: string | null;
  @Field(() => PaymentAccountType, { nullable: true, description: "As it was found here; null where we knew nothing." }) ours!: PaymentAccountType | null;
  @Field(() => PaymentAccountType, { nullable: true, description: "As it was found at the provider; null where it knew nothing." })
  theirs!: PaymentAccountType | null;
  @Field(() => DateTime) foundAt!: string;
  @Field(() => DateTime, { nullable: true }) settledAt!: string | null;
}

@ObjectType("Reconciliation", { simpleResolvers: true, description: "What the last run over a provider's day came to." })
export class ReconciliationType {
  @Field(() => String, { description: "YYYY-MM-DD, in the shop's time zone." }) day!: string;
  @Field(() => String) provider!: string;
  @Field(() => Int, { description: "Payments looked at." }) compared!: number;
  @Field(() => Int, { description: "Mismatches that the run met." }) found!: number;
  @Field(() => Int, { description: "Of these, those that it repaired." }) repaired!: number;
  @Field(() => Int, { description: "The rest: a person has to look." }) open!: number;
  @Field(() => Int, { description: "Runs over this day that came to their end." }) runs!: number;
  @Field(() => DateTime) beganAt!: string;
  @Field(() => DateTime) finishedAt!: string;
  /** `stripe-2026-01-31`; no field. */
  readonly reconciliationId!: string;
}

export const MismatchConnection = connectionType("ReconciliationMismatch", () => MismatchType);
export const ReconciliationConnection = connectionType("Reconciliation", () => ReconciliationType);

export function mismatchType({ mismatchId, orderId, ours, theirs, ...row }: MismatchCardRow): MismatchType {
  const id = orderId === null ? null : orderIds.encode(orderId);
  // The provider may name anything as the order.
  const known = id !== null && orderIds.decode(id) !== null ? id : null;
  return { ...row, id: mismatchIds.encode(mismatchId), orderId: known, ours: accountType(ours), theirs: accountType(theirs) };
}

function accountType(account: AccountOfPayment | null): PaymentAccountType | null {
  if (account === null) return null;
  const { state, currency, capturedMinor, refundedMinor, feeMinor } = account;
  const money = (amountMinor: number | null): MoneyType | null => (amountMinor === null || currency === null ? null : moneyType(amountMinor, currency));
  return { state, captured: money(capturedMinor), refunded: money(refundedMinor), fee: money(feeMinor) };
}
