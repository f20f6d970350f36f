import { Arg, Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Resolver } from "type-graphql";
import { requireOperator } from "../../platform/auth/access.js";
import { readBuyer } from "../../platform/auth/buyer.js";
import type { Settings } from "../../platform/config/config.js";
import { onceFor } from "../../platform/config/once-for.js";
import { IdempotentInput } from "../../platform/graphql/idempotent-input.js";
import { readText } from "../../platform/graphql/input-text.js";
import { mutationPayload } from "../../platform/graphql/mutation-payload.js";
import { defineId } from "../../platform/graphql/opaque-id.js";
import { DateTime } from "../../platform/graphql/scalars.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { runCommand } from "../../platform/http/run-command.js";
import { placeMax, receiptUnitsMax, receiveUnits } from "./receive-units.js";
import { claimRefusals, reservingRefusals } from "./refusals.steps.js";
import { reservationLinesMax } from "./reserve-stock.js";
import { reserveUnitsWith, updateReservedUnits, type ReserveUnitsAnswer } from "./reserve-units.js";
import { readWishes, UnitWishInput } from "./unit-wish.type.js";
import { lineUnitsMax } from "./unit-wish.js";

const receiptIds = defineId("receipt");
const reservationIds = defineId("reservation");
const skuLengthMax = 200;
const unitLengthMax = 64;

@InputType()
class ReceivedUnitInput {
  @Field(() => String, { description: "What buyers call it: `A-12`, a serial number." }) unitId!: string;
  @Field(() => String, { nullable: true, description: "Its row, for neighbours; with `place` or not at all." }) row?: string | null;
  @Field(() => Int, { nullable: true, description: `Its number in the row, 0 to ${placeMax}: neighbours have neighbouring numbers.` }) place?: number | null;
}

@InputType()
class ReceiveUnitsInput extends IdempotentInput {
  @Field(() => String) sku!: string;
  @Field(() => [ReceivedUnitInput], { description: `1 to ${receiptUnitsMax} units.` }) units!: ReceivedUnitInput[];
}

@InputType()
class ReserveUnitsInput extends IdempotentInput {
  @Field(() => ID, { nullable: true, description: "For operators; a customer acts for itself." }) customerId?: string | null;
  @Field(() => String, { nullable: true, description: "32 to 200 random characters that a guest made up: without a token they say whose the reservation is." }) guestSecret?: string | null;
  @Field(() => [UnitWishInput], { description: `1 to ${reservationLinesMax} lines, each product once.` }) lines!: UnitWishInput[];
}

@InputType()
class UpdateReservedUnitsInput extends ReserveUnitsInput {
  @Field(() => ID) reservationId!: string;
}

@ObjectType("ReservedUnits", { simpleResolvers: true, description: "Numbered units of one product that a reservation holds." })
class ReservedUnitsType {
  @Field(() => String) sku!: string;
  @Field(() => [String]) unitIds!: readonly string[];
}

@ObjectType({ simpleResolvers: true })
class ReceiveUnitsPayload extends mutationPayload("ReceiveUnits", {
  NO_UNITS: "At least one unit is needed.",
  TOO_MANY_UNITS: `At most ${receiptUnitsMax} units at once.`,
  INVALID_UNIT: "A unit has 1 to 64 letters, digits, blanks or . _ : # -",
  INVALID_PLACE: "A place is a row and a number, or neither.",
  DUPLICATE_UNIT: "The unit is here already, or named twice.",
  PLACE_TAKEN: "Another unit has that place.",
  UNKNOWN_PRODUCT: "The product has to be created first.",
  NOT_UNIT_TRACKED: "The product is counted: its units have no numbers.",
}) {
  @Field(() => ID, { nullable: true }) receiptId!: string | null;
}

const { OUT_OF_STOCK: _counted, UNITS_REQUIRED: _numbered, ...common } = reservingRefusals;
const unitRefusals = {
  ...common,
  NOT_UNIT_TRACKED: "The product's units have no numbers: reserve it with reserveStock.",
  TOO_MANY_UNITS: `A line has at most ${lineUnitsMax} units.`,
  DUPLICATE_UNIT: "A unit is named twice.",
  UNIT_UNKNOWN: "There is no such unit.",
  UNIT_TAKEN: "Somebody holds the unit, or has bought it; the message names all that are taken.",
  NOT_ENOUGH_UNITS: "There are fewer units left than wanted.",
  NOT_ADJACENT: "So many are left, but not side by side.",
};

@ObjectType({ simpleResolvers: true })
class ReserveUnitsPayload extends mutationPayload("ReserveUnits", unitRefusals) {
  @Field(() => ID, { nullable: true }) reservationId!: string | null;
  @Field(() => DateTime, { nullable: true, description: "Until when the units are held, by the shop's clock." }) expiresAt!: string | null;
  @Field(() => [ReservedUnitsType], { nullable: true, description: "Which units are held." }) lines!: readonly ReservedUnitsType[] | null;
}

@ObjectType({ simpleResolvers: true })
class UpdateReservedUnitsPayload extends mutationPayload("UpdateReservedUnits", { ...unitRefusals, ...claimRefusals }) {
  @Field(() => ID, { nullable: true }) reservationId!: string | null;
  @Field(() => DateTime, { nullable: true }) expiresAt!: string | null;
  @Field(() => [ReservedUnitsType], { nullable: true }) lines!: readonly ReservedUnitsType[] | null;
}

@Resolver()
export class UnitMutations {
  @Mutation(() => ReceiveUnitsPayload, { description: "Operators: books numbered units in; all or none. The first receipt makes the product one whose units are numbered, for good." })
  async receiveUnits(@Arg("input", () => ReceiveUnitsInput) input: ReceiveUnitsInput, @Ctx() context: RequestContext): Promise<ReceiveUnitsPayload> {
    requireOperator(context);
    const units = input.units.map(({ unitId, row = null, place = null }, index) => ({
      unitId: readText(unitId, `input.units.${index}.unitId`, unitLengthMax), row: row === null ? null : readText(row, `input.units.${index}.row`, unitLengthMax), place,
    }));
    const { answer, ...result } = await runCommand(context, receiveUnits, { sku: readText(input.sku, "input.sku", skuLengthMax), units }, input);
    return { ...result, receiptId: answer && receiptIds.encode(answer.receiptId) };
  }

  @Mutation(() => ReserveUnitsPayload, { description: "Holds numbered units for a while, named ones or any; all lines or none. Order them with `placeOrder(reservationId)`." })
  async reserveUnits(@Arg("input", () => ReserveUnitsInput) input: ReserveUnitsInput, @Ctx() context: RequestContext): Promise<ReserveUnitsPayload> {
    const { actor, buyer } = readBuyer(context, input);
    const { idempotencyKey } = input;
    const { answer, ...result } = await runCommand(context, reserveUnitsOf(context.settings), { buyer, lines: readWishes(input.lines) }, { idempotencyKey, actor });
    return { ...result, ...shown(answer) };
  }

  @Mutation(() => UpdateReservedUnitsPayload, { description: "Exchanges what a reservation holds for other units; all or nothing. Until when stays as it was." })
  async updateReservedUnits(@Arg("input", () => UpdateReservedUnitsInput) input: UpdateReservedUnitsInput, @Ctx() context: RequestContext): Promise<UpdateReservedUnitsPayload> {
    const { actor, buyer, guest } = readBuyer(context, input);
    const reservationId = reservationIds.read(input.reservationId, "input.reservationId");
    const command = { buyer, guest, reservationId, lines: readWishes(input.lines) };
    const { answer, ...result } = await runCommand(context, updateReservedUnits, command, { idempotencyKey: input.idempotencyKey, actor });
    return { ...result, ...shown(answer) };
  }
}

function shown(answer: ReserveUnitsAnswer | null): Pick<ReserveUnitsPayload, "reservationId" | "expiresAt" | "lines"> {
  if (!answer) return { reservationId: null, expiresAt: null, lines: null };
  const lines = answer.lines.map(({ sku, unitIds = [] }) => ({ sku, unitIds }));
  return { reservationId: reservationIds.encode(answer.reservationId), expiresAt: answer.expiresAt, lines };
}

/** The command with this process's hold time. */
const reserveUnitsOf = onceFor(({ RESERVATION_SECONDS }: Settings) => reserveUnitsWith(RESERVATION_SECONDS));
