import { defineEntity, p } from "@mikro-orm/postgresql";
import type { BreakerState } from "../../events/breakers.js";
import { readTable } from "../../platform/projector/read-table.js";
import { breakerCard } from "./breaker-card.projection.js";

const entity = defineEntity({
  name: "BreakerCard",
  properties: {
    party: p.text().primary(),
    state: p.text().$type<BreakerState>(),
    since: p.string().columnType("timestamptz"),
    openUntil: p.string().columnType("timestamptz").strictNullable(),
    dryRun: p.boolean(),
    openings: p.integer(),
    failureRate: p.double().$type<number>().strictNullable(),
    calls: p.integer().strictNullable(),
    reason: p.text().strictNullable(),
    changedBy: p.text().strictNullable(),
    version: p.integer(),
  },
});

export const breakerCardTable = readTable(breakerCard, entity);
