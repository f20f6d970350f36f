import { defineEntity, p } from "@mikro-orm/postgresql";
import { readTable } from "../../platform/projector/read-table.js";
import { ledgerEntry } from "./ledger-entry.projection.js";
import type { LedgerEvent } from "./postings.js";

const entity = defineEntity({
  name: "LedgerEntry",
  properties: {
    entryId: p.text().primary(),
    position: p.bigint("number"),
    line: p.integer(),
    orderId: p.text(),
    account: p.text(),
    currency: p.text(),
    amountMinor: p.bigint("number"),
    eventType: p.text().$type<LedgerEvent["type"]>(),
    cause: p.text().strictNullable(),
    recordedAt: p.string().columnType("timestamptz"),
  },
  // An order's lines, for its page and for the laws; an account's lines, newest first.
  indexes: [{ properties: ["orderId", "position", "line"] }, { properties: ["account", "position", "line"] }],
});

export const ledgerEntryTable = readTable(ledgerEntry, entity);
