import { Field, ID, Int, ObjectType } from "type-graphql";
import type { ReservationStatus } from "../../events/reservations.js";
import { defineId } from "../../platform/graphql/opaque-id.js";
import { DateTime } from "../../platform/graphql/scalars.js";
import { wordEnum } from "../../platform/graphql/word-enum.js";
import { Cost } from "../../platform/rate-limits/field-cost.js";
import type { ReservationCardRow } from "../../projections/inventory/reservation-card.projection.js";
import { orderIds } from "../orders/order.type.js";
import { saleIds } from "./sale.type.js";

export const reservationIds = defineId("reservation");

export const ReservationStatusEnum = wordEnum<ReservationStatus>("ReservationStatus", {
  RESERVED: "The units are held.", CLAIMED: "An order took them over.", RELEASED: "They were given back.",
  EXPIRED: "Its time is over: an order may still claim it while nobody else needs the units.",
});

@ObjectType("ReservationLine", { simpleResolvers: true })
export class ReservationLineType {
  @Field(() => String) sku!: string;
  @Field(() => Int) quantity!: number;
  @Field(() => ID, { nullable: true, description: "Null for units of the shelf." }) saleId!: string | null;
  @Field(() => [String], { nullable: true, description: "Which units, of a product whose units are numbered; else null." }) unitIds!: readonly string[] | null;
}

@ObjectType("Reservation", { simpleResolvers: true, description: "Units that are held for a buyer until a moment." })
export class ReservationType {
  @Field(() => ID) id!: string;
  @Field(() => ReservationStatusEnum, { description: "At the moment of this answer." }) status!: ReservationStatus;
  @Cost({ size: 3 }) @Field(() => [ReservationLineType]) lines!: readonly ReservationLineType[];
  @Field(() => DateTime) expiresAt!: string;
  @Field(() => Int, { description: "Whole seconds until then, counted at the moment of this answer; 0 where nothing is held any more." }) secondsLeft!: number;
  @Field(() => ID, { nullable: true, description: "The order that took it over." }) orderId!: string | null;
  @Field(() => DateTime) madeAt!: string;
  @Field(() => Int, { description: "Grows with each change." }) version!: number;
}

/** @param now milliseconds since 1970 */
export function reservationType(row: ReservationCardRow, now: number): ReservationType {
  const { reservationId, lines, expiresAt, orderId, madeAt, version } = row;
  const status = reservationStatus(row, now);
  return {
    id: reservationIds.encode(reservationId), status, expiresAt, madeAt, version,
    lines: lines.map(({ sku, quantity, saleId, unitIds = null }) => ({ sku, quantity, saleId: saleId && saleIds.encode(saleId), unitIds })),
    // Rounded up, so that it says 0 at the very moment at which the status changes.
    secondsLeft: status === "RESERVED" ? Math.ceil((Date.parse(expiresAt) - now) / 1_000) : 0,
    orderId: orderId && orderIds.encode(orderId),
  };
}

/** The stream says EXPIRED only once the sweeper has come by; the clock says it at once. */
export function reservationStatus({ status, expiresAt }: Pick<ReservationCardRow, "status" | "expiresAt">, now: number): ReservationStatus {
  return status === "RESERVED" && now >= Date.parse(expiresAt) ? "EXPIRED" : status;
}
