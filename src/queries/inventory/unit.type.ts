import { Field, Int, ObjectType } from "type-graphql";
import { connectionType } from "../../platform/graphql/connection.js";
import { DateTime } from "../../platform/graphql/scalars.js";
import { wordEnum } from "../../platform/graphql/word-enum.js";
import type { UnitCardRow } from "../../projections/inventory/unit-card.projection.js";

type UnitWord = "FREE" | "HELD" | "SOLD";

export const UnitStateEnum = wordEnum<UnitWord>("UnitState", {
  FREE: "It can be reserved, also where somebody's time to hold it is over.", HELD: "Somebody holds it until `heldUntil`.", SOLD: null,
});

@ObjectType("Unit", { simpleResolvers: true, description: "A numbered unit of a product: a seat, a thing with a serial number." })
export class UnitType {
  @Field(() => String, { description: "What buyers call it; hand it to `reserveUnits`." }) unitId!: string;
  @Field(() => String, { nullable: true }) row!: string | null;
  @Field(() => Int, { nullable: true, description: "Neighbours in a row have neighbouring numbers." }) place!: number | null;
  @Field(() => UnitStateEnum, { description: "At the moment of this answer." }) state!: UnitWord;
  @Field(() => DateTime, { nullable: true, description: "Until when it is held; null where it is not." }) heldUntil!: string | null;
  @Field(() => Int, { description: "Grows with each change of the unit." }) version!: number;
}

export const UnitConnection = connectionType("Unit", () => UnitType);

/** @param nowMs by this process's clock: what is over is shown as free, though the sweeper may not have come by */
export function unitType({ unitId, rowLabel: row, place, state, heldUntil, version }: UnitCardRow, nowMs: number): UnitType {
  const held = state === "held" && heldUntil !== null && Date.parse(heldUntil) > nowMs;
  const sold = state === "sold" || state === "gone";
  return { unitId, row, place, state: sold ? "SOLD" : held ? "HELD" : "FREE", heldUntil: held ? heldUntil : null, version };
}
