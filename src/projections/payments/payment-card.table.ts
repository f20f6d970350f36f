import { defineEntity, p } from "@mikro-orm/postgresql";
import type { PaymentMethod, PaymentStatus } from "../../events/payments.js";
import { readTable } from "../../platform/projector/read-table.js";
import { paymentCard, type RefundOnCard } from "./payment-card.projection.js";

const entity = defineEntity({
  name: "PaymentCard",
  properties: {
    paymentId: p.text().primary(),
    orderId: p.text().index(),
    status: p.text().$type<PaymentStatus>(),
    attempt: p.integer(),
    method: p.text().$type<PaymentMethod>().strictNullable(),
    provider: p.text().strictNullable(),
    providerReference: p.text().strictNullable(),
    currency: p.text().strictNullable(),
    awaitedMinor: p.bigint("number"),
    authorizedMinor: p.bigint("number"),
    capturedMinor: p.bigint("number"),
    refundedMinor: p.bigint("number"),
    feeMinor: p.bigint("number").strictNullable(),
    failureCode: p.text().strictNullable(),
    disputed: p.boolean(),
    refunds: p.json().$type<readonly RefundOnCard[]>(),
    updatedAt: p.string().columnType("timestamptz"),
    version: p.integer(),
  },
  // A day's payments, for its reconciliation.
  indexes: [{ properties: ["updatedAt", "paymentId"] }],
});

export const paymentCardTable = readTable(paymentCard, entity);
