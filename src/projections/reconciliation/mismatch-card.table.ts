import { defineEntity, p } from "@mikro-orm/postgresql";
import type { AccountOfPayment, MismatchKind } from "../../events/reconciliation.js";
import { readTable } from "../../platform/projector/read-table.js";
import { mismatchCard, type MismatchStatus } from "./mismatch-card.projection.js";

const entity = defineEntity({
  name: "MismatchCard",
  properties: {
    mismatchId: p.text().primary(),
    reconciliationId: p.text(),
    kind: p.text().$type<MismatchKind>(),
    status: p.text().$type<MismatchStatus>(),
    providerReference: p.text(),
    paymentId: p.text().strictNullable(),
    orderId: p.text().strictNullable(),
    ours: p.json().$type<AccountOfPayment>().strictNullable(),
    theirs: p.json().$type<AccountOfPayment>().strictNullable(),
    foundAt: p.string().columnType("timestamptz"),
    foundPosition: p.bigint("number"),
    settledAt: p.string().columnType("timestamptz").strictNullable(),
    version: p.integer(),
  },
  indexes: [{ properties: ["reconciliationId", "foundPosition"] }],
});

export const mismatchCardTable = readTable(mismatchCard, entity);
