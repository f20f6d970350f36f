import { defineEntity, p } from "@mikro-orm/postgresql";
import { readTable } from "../../platform/projector/read-table.js";
import { invariantCard } from "./invariant-card.projection.js";

const entity = defineEntity({
  name: "InvariantCard",
  properties: {
    invariantId: p.text().primary(),
    law: p.text(),
    key: p.text(),
    broken: p.boolean(),
    found: p.text(),
    brokenAt: p.string().columnType("timestamptz"),
    mendedAt: p.string().columnType("timestamptz").strictNullable(),
    version: p.integer(),
  },
  indexes: [{ properties: ["key"] }],
});

export const invariantCardTable = readTable(invariantCard, entity);
