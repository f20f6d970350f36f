import { defineEntity, p } from "@mikro-orm/postgresql";
import { readTable } from "../../platform/projector/read-table.js";
import { courierDecision, type AttemptKept, type DecisionKept } from "./courier-decision.projection.js";

const entity = defineEntity({
  name: "CourierDecision",
  properties: {
    shipmentId: p.text().primary(),
    orderId: p.text().index(),
    decisions: p.json().$type<readonly DecisionKept[]>(),
    attempts: p.json().$type<readonly AttemptKept[]>(),
    decidedAt: p.string().columnType("timestamptz").index(),
    version: p.integer(),
  },
});

export const courierDecisionTable = readTable(courierDecision, entity);
