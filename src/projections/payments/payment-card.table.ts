import { defineEntity, p } from "@mikro-orm/postgresql";
import type { PaymentStatus } from "../../events/payments.js";
import { readTable } from "../../platform/projector/read-table.js";
import { paymentCard } from "./payment-card.projection.js";

const entity = defineEntity({
  name: "PaymentCard",
  properties: {
    paymentId: p.text().primary(),
    orderId: p.text().index(),
    status: p.text().$type<PaymentStatus>(),
    provider: p.text().strictNullable(),
    currency: p.text().strictNullable(),
    capturedMinor: p.bigint("number"),
    refundedMinor: p.bigint("number"),
    failureCode: p.text().strictNullable(),
    updatedAt: p.string().columnType("timestamptz"),
    version: p.integer(),
  },
});

export const paymentCardTable = readTable(paymentCard, entity);
