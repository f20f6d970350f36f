import { defineEntity, p } from "@mikro-orm/postgresql";
import type { PaymentMethod } from "../../events/payments.js";
import { defineWriteState } from "../../kernel/command.js";
import { writeStateSql } from "../../platform/postgres/write-state-sql.js";

/** What a payment that is not settled has to remember. Most payments never have one. */
export interface PaymentCase {
  readonly paymentId: string;
  readonly orderId: string;
  readonly attempt: number;
  readonly method: PaymentMethod;
  /** What the attempt is paid with, a token of the provider's: it stands nowhere else. Null takes the provider's default. */
  readonly token: string | null;
  /** When the attempt began whose outcome is not known, RFC 3339 UTC; null where nothing is in doubt. */
  readonly inDoubtSince: string | null;
  /** When the provider is asked next; null where it need not be. */
  readonly askAt: string | null;
  /** Times it was asked in vain. */
  readonly asked: number;
}

export const paymentCaseEntity = defineEntity({
  name: "PaymentCase",
  properties: {
    paymentId: p.text().primary().collation("C"),
    orderId: p.text(),
    attempt: p.integer(),
    method: p.text().$type<PaymentMethod>(),
    token: p.text().strictNullable(),
    inDoubtSince: p.string().columnType("timestamptz").strictNullable(),
    askAt: p.string().columnType("timestamptz").strictNullable(),
    asked: p.integer(),
  },
  checks: [{ name: "payment_case_attempt_check", expression: "attempt > 0" }],
  indexes: [{ name: "payment_case_ask_at", expression: "create index payment_case_ask_at on payment_case (ask_at) where ask_at is not null" }],
});

/** Guarded by the lock of the payment's stream, which is taken before; the row's own lock keeps the janitor's clock out meanwhile. */
export const paymentCaseState = defineWriteState<PaymentCase>({
  ...writeStateSql<PaymentCase>(paymentCaseEntity, { locked: true, erasable: true }),
  rank: 45,
  key: ({ paymentId }) => paymentId,
});
