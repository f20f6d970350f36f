import { Field, InputType, Int } from "type-graphql";
import { SystemError } from "../../platform/errors.js";
import { readText } from "../../platform/graphql/input-text.js";
import { lineUnitsMax, type UnitWish } from "./unit-wish.js";

const skuLengthMax = 200;
const unitLengthMax = 64;
/** More are not even looked at; up to here the command says what is wrong with them. */
const linesLookedAtMax = 1_000;
const unitsLookedAtMax = 10 * lineUnitsMax;

@InputType({ description: "Numbered units of one product: either those named, or any so many." })
export class UnitWishInput {
  @Field(() => String) sku!: string;
  @Field(() => [String], { nullable: true, description: `1 to ${lineUnitsMax} units, all of them or none.` }) unitIds?: string[] | null;
  @Field(() => Int, { nullable: true, description: `Any so many, 1 to ${lineUnitsMax}; none with \`unitIds\`.` }) quantity?: number | null;
  @Field(() => Boolean, { nullable: true, description: "With `quantity`: side by side in one row." }) adjacent?: boolean | null;
}

/** @throws SystemError BAD_USER_INPUT */
export function readWishes(lines: readonly UnitWishInput[]): readonly UnitWish[] {
  if (lines.length > linesLookedAtMax) throw new SystemError("BAD_USER_INPUT", `input.lines: found ${lines.length}, which is too many to look at.`);
  return lines.map(readWish);
}

function readWish({ sku, unitIds = null, quantity = null, adjacent }: UnitWishInput, index: number): UnitWish {
  const field = `input.lines.${index}`;
  const wanted = readText(sku, `${field}.sku`, skuLengthMax);
  if ((unitIds === null) === (quantity === null)) throw new SystemError("BAD_USER_INPUT", `${field}: say which units (\`unitIds\`) or how many (\`quantity\`), not both.`);
  if (unitIds === null) return { sku: wanted, quantity: quantity ?? 0, unitIds, adjacent: adjacent === true };
  if (adjacent) throw new SystemError("BAD_USER_INPUT", `${field}: \`adjacent\` goes with \`quantity\`.`);
  if (unitIds.length > unitsLookedAtMax) throw new SystemError("BAD_USER_INPUT", `${field}.unitIds: found ${unitIds.length}, which is too many to look at.`);
  return { sku: wanted, quantity: unitIds.length, unitIds: unitIds.map((unitId, place) => readText(unitId, `${field}.unitIds.${place}`, unitLengthMax)), adjacent: false };
}
