import { Arg, Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Resolver } from "type-graphql";
import type { ReservedLine } from "../../events/reservations.js";
import { readBuyer } from "../../platform/auth/buyer.js";
import type { Settings } from "../../platform/config/config.js";
import { onceFor } from "../../platform/config/once-for.js";
import { SystemError } from "../../platform/errors.js";
import { IdempotentInput } from "../../platform/graphql/idempotent-input.js";
import { readText } from "../../platform/graphql/input-text.js";
import { mutationPayload } from "../../platform/graphql/mutation-payload.js";
import { defineId } from "../../platform/graphql/opaque-id.js";
import { DateTime } from "../../platform/graphql/scalars.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { runCommand } from "../../platform/http/run-command.js";
import { releaseReservation, updateReservation } from "./change-reservation.js";
import { claimRefusals, reservingRefusals, saleRefusals } from "./refusals.steps.js";
import { reservationLinesMax, reservationQuantityMax, reserveStockWith } from "./reserve-stock.js";

const reservationIds = defineId("reservation");
const saleIds = defineId("sale");
const skuLengthMax = 200;
/** More are not even looked at; up to here the command says what is wrong with them. */
const linesLookedAtMax = 1_000;

@InputType()
class ReservationLineInput {
  @Field(() => String) sku!: string;
  @Field(() => Int, { description: `1 to ${reservationQuantityMax}.` }) quantity!: number;
  @Field(() => ID, { nullable: true, description: "The sale to reserve in; without it units of the shelf." }) saleId?: string | null;
}

@InputType()
abstract class BuyerFields extends IdempotentInput {
  @Field(() => ID, { nullable: true, description: "For operators; a customer acts for itself." })
  customerId?: string | null;

  @Field(() => String, { nullable: true, description: "32 to 200 random characters that a guest made up: without a token they say whose the reservation is, and whoever signs in later claims it with them." })
  guestSecret?: string | null;
}

@InputType()
class ReserveStockInput extends BuyerFields {
  @Field(() => [ReservationLineInput], { description: `1 to ${reservationLinesMax} lines, each product once.` })
  lines!: ReservationLineInput[];
}

@InputType()
class UpdateReservationInput extends BuyerFields {
  @Field(() => ID) reservationId!: string;
  @Field(() => [ReservationLineInput], { description: "All lines as they shall be." }) lines!: ReservationLineInput[];
}

@InputType()
class ReleaseReservationInput extends BuyerFields {
  @Field(() => ID) reservationId!: string;
}

const expiresAtField = { nullable: true, description: "Until when the units are held, by the shop's clock." };

@ObjectType({ simpleResolvers: true })
class ReserveStockPayload extends mutationPayload("ReserveStock", { ...reservingRefusals, ...saleRefusals }) {
  @Field(() => ID, { nullable: true }) reservationId!: string | null;
  @Field(() => DateTime, expiresAtField) expiresAt!: string | null;
}

@ObjectType({ simpleResolvers: true })
class UpdateReservationPayload extends mutationPayload("UpdateReservation", { ...reservingRefusals, ...saleRefusals, ...claimRefusals }) {
  @Field(() => ID, { nullable: true }) reservationId!: string | null;
  @Field(() => DateTime, expiresAtField) expiresAt!: string | null;
}

@ObjectType({ simpleResolvers: true })
class ReleaseReservationPayload extends mutationPayload("ReleaseReservation", {
  RESERVATION_UNKNOWN: claimRefusals.RESERVATION_UNKNOWN,
  RESERVATION_CLAIMED: claimRefusals.RESERVATION_CLAIMED,
}) {
  @Field(() => ID, { nullable: true }) reservationId!: string | null;
}

@Resolver()
export class ReservationMutations {
  @Mutation(() => ReserveStockPayload, { description: "Holds units for a while; all lines or none. Order them with `placeOrder(reservationId)`." })
  async reserveStock(@Arg("input", () => ReserveStockInput) input: ReserveStockInput, @Ctx() context: RequestContext): Promise<ReserveStockPayload> {
    const { actor, buyer } = readBuyer(context, input);
    const { idempotencyKey } = input;
    const { answer, ...result } = await runCommand(context, reserveStockOf(context.settings), { buyer, lines: readLines(input.lines) }, { idempotencyKey, actor });
    return { ...result, reservationId: answer && reservationIds.encode(answer.reservationId), expiresAt: answer?.expiresAt ?? null };
  }

  @Mutation(() => UpdateReservationPayload, { description: "More, fewer, or other units; all or nothing. Until when stays as it was." })
  async updateReservation(@Arg("input", () => UpdateReservationInput) input: UpdateReservationInput, @Ctx() context: RequestContext): Promise<UpdateReservationPayload> {
    const { actor, buyer, guest } = readBuyer(context, input);
    const reservationId = reservationIds.read(input.reservationId, "input.reservationId");
    const { answer, ...result } = await runCommand(
      context, updateReservation, { buyer, guest, reservationId, lines: readLines(input.lines) }, { idempotencyKey: input.idempotencyKey, actor },
    );
    return { ...result, reservationId: answer && reservationIds.encode(answer.reservationId), expiresAt: answer?.expiresAt ?? null };
  }

  @Mutation(() => ReleaseReservationPayload, { description: "Gives everything back at once." })
  async releaseReservation(@Arg("input", () => ReleaseReservationInput) input: ReleaseReservationInput, @Ctx() context: RequestContext): Promise<ReleaseReservationPayload> {
    const { actor, buyer, guest } = readBuyer(context, input);
    const reservationId = reservationIds.read(input.reservationId, "input.reservationId");
    const { answer, ...result } = await runCommand(context, releaseReservation, { buyer, guest, reservationId }, { idempotencyKey: input.idempotencyKey, actor });
    return { ...result, reservationId: answer && reservationIds.encode(answer.reservationId) };
  }
}

function readLines(lines: readonly ReservationLineInput[]): readonly ReservedLine[] {
  if (lines.length > linesLookedAtMax) {
    throw new SystemError("BAD_USER_INPUT", `input.lines: a reservation has at most ${reservationLinesMax} lines, found ${lines.length}.`);
  }
  return lines.map(({ sku, quantity, saleId }, index) => ({
    sku: readText(sku, `input.lines.${index}.sku`, skuLengthMax), quantity,
    saleId: saleId === undefined || saleId === null ? null : saleIds.read(saleId, `input.lines.${index}.saleId`),
  }));
}

/** The command with this process's hold time. */
const reserveStockOf = onceFor(({ RESERVATION_SECONDS }: Settings) => reserveStockWith(RESERVATION_SECONDS));
