import { defineEntity, p } from "@mikro-orm/postgresql";
import type { AlertRaised, AlertSeverity } from "../../events/operations.js";
import { readTable } from "../../platform/projector/read-table.js";
import { alertCard, type AlertStatus } from "./alert-card.projection.js";

const entity = defineEntity({
  name: "AlertCard",
  properties: {
    alertId: p.text().primary(),
    key: p.text(),
    severity: p.text().$type<AlertSeverity>(),
    message: p.text(),
    details: p.json().$type<AlertRaised["details"]>(),
    status: p.text().$type<AlertStatus>(),
    open: p.boolean(),
    count: p.integer(),
    acknowledgedBy: p.text().strictNullable(),
    resolvedBy: p.text().strictNullable(),
    raisedAt: p.string().columnType("timestamptz"),
    raisedPosition: p.bigint("number"),
    updatedAt: p.string().columnType("timestamptz"),
    version: p.integer(),
  },
  indexes: [{ properties: ["raisedPosition"] }, { properties: ["open", "raisedPosition"] }],
});

export const alertCardTable = readTable(alertCard, entity);
