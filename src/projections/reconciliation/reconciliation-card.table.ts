import { defineEntity, p } from "@mikro-orm/postgresql";
import { readTable } from "../../platform/projector/read-table.js";
import { reconciliationCard } from "./reconciliation-card.projection.js";

const entity = defineEntity({
  name: "ReconciliationCard",
  properties: {
    reconciliationId: p.text().primary(),
    provider: p.text(),
    day: p.text(),
    compared: p.integer(),
    found: p.integer(),
    repaired: p.integer(),
    open: p.integer(),
    runs: p.integer(),
    beganAt: p.string().columnType("timestamptz"),
    finishedAt: p.string().columnType("timestamptz"),
    version: p.integer(),
  },
  indexes: [{ properties: ["day", "reconciliationId"] }],
});

export const reconciliationCardTable = readTable(reconciliationCard, entity);
