import { defineEntity, p } from "@mikro-orm/postgresql";
import type { DegradedModeSetting } from "../../events/operations.js";
import { readTable } from "../../platform/projector/read-table.js";
import { degradedMode } from "./degraded-mode.projection.js";

const entity = defineEntity({
  name: "DegradedMode",
  properties: {
    id: p.text().primary(),
    mode: p.text().$type<DegradedModeSetting>(),
    reason: p.text(),
    setBy: p.text(),
    setAt: p.string().columnType("timestamptz"),
    version: p.integer(),
  },
});

export const degradedModeTable = readTable(degradedMode, entity);
