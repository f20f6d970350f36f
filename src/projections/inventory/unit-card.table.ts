import { defineEntity, p } from "@mikro-orm/postgresql";
import type { UnitState } from "../../events/inventory.js";
import { readTable } from "../../platform/projector/read-table.js";
import { unitCard } from "./unit-card.projection.js";

const entity = defineEntity({
  name: "UnitCard",
  properties: {
    id: p.text().primary(),
    sku: p.text(),
    unitId: p.text(),
    rowLabel: p.text().strictNullable(),
    place: p.integer().strictNullable(),
    sortKey: p.text(),
    state: p.text().$type<UnitState>(),
    heldUntil: p.string().columnType("timestamptz").strictNullable(),
    updatedAt: p.string().columnType("timestamptz"),
    version: p.integer(),
  },
  // A product's seat map, and its pages.
  indexes: [{ properties: ["sku", "sortKey"] }],
});

export const unitCardTable = readTable(unitCard, entity);
