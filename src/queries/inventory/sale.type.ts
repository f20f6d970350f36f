import { Field, ID, Int, ObjectType } from "type-graphql";
import type { SaleStatus, WaitingRoomRules } from "../../events/sales.js";
import { connectionType } from "../../platform/graphql/connection.js";
import { moneyType, MoneyType } from "../../platform/graphql/money.type.js";
import { defineId } from "../../platform/graphql/opaque-id.js";
import { DateTime } from "../../platform/graphql/scalars.js";
import { wordEnum } from "../../platform/graphql/word-enum.js";
import type { SaleCardRow } from "../../projections/inventory/sale-card.projection.js";
import type { SaleLevelRow } from "../../projections/inventory/sale-level.projection.js";

export const saleIds = defineId("sale");

export const SaleStatusEnum = wordEnum<SaleStatus>("SaleStatus", {
  SCHEDULED: "It has not begun.", OPEN: "Its price holds now.", ENDED: "Its time is over, or somebody ended it.", CANCELLED: "Somebody called it off.",
});

@ObjectType("WaitingRoom", { simpleResolvers: true, description: "How a sale's waiting room lets buyers in." })
export class WaitingRoomType implements WaitingRoomRules {
  @Field(() => Int, { description: "Tickets let in a second, at most." }) ratePerSecond!: number;
  @Field(() => Int, { description: "How long a pass lets its holder reserve." }) passSeconds!: number;
}

@ObjectType("Sale", { simpleResolvers: true, description: "Units of a product at another price for a while." })
export class SaleType {
  @Field(() => ID) id!: string;
  @Field(() => String) sku!: string;
  @Field(() => MoneyType, { description: "Of one unit, without tax." }) price!: MoneyType;
  @Field(() => DateTime) startsAt!: string;
  @Field(() => DateTime) endsAt!: string;
  @Field(() => SaleStatusEnum, { description: "At the moment of this answer." }) status!: SaleStatus;
  @Field(() => Int, { description: "Units that were set aside for it." }) allocation!: number;
  @Field(() => Int, { description: "Units that nobody has bought or holds." }) left!: number;
  @Field(() => Int, { description: "Units that reservations hold: some may come back." }) held!: number;
  @Field(() => Int, { description: "Units of orders that were not cancelled." }) sold!: number;
  @Field(() => Int, { nullable: true, description: "Units that one customer may have, bought or held; null for any number." }) limitPerCustomer!: number | null;
  @Field(() => Int, { description: "How long a reservation in this sale holds." }) holdSeconds!: number;
  @Field(() => WaitingRoomType, { nullable: true, description: "Null where nobody has to wait." }) waitingRoom!: WaitingRoomRules | null;
  @Field(() => Int, { description: "Grows with each change." }) version!: number;
}

export const SaleConnection = connectionType("Sale", () => SaleType);

/**
 * @param level null where the counters are not there yet: then nobody has taken anything
 * @param now milliseconds since 1970
 */
export function saleType(card: SaleCardRow, level: SaleLevelRow | null, now: number): SaleType {
  const { saleId, sku, priceMinor, currency, startsAt, endsAt, allocation, limitPerCustomer, holdSeconds, waitingRoom } = card;
  const { leftUnits: left, held, sold } = level ?? { leftUnits: allocation, held: 0, sold: 0 };
  return {
    id: saleIds.encode(saleId), sku, price: moneyType(priceMinor, currency), startsAt, endsAt, status: saleStatus(card, now),
    allocation, left, held, sold, limitPerCustomer, holdSeconds, waitingRoom,
    // Both only grow, so their sum grows with each change of either.
    version: card.version + (level?.version ?? 0),
  };
}

/** @param now milliseconds since 1970 */
export function saleStatus({ startsAt, endsAt, endReason }: Pick<SaleCardRow, "startsAt" | "endsAt" | "endReason">, now: number): SaleStatus {
  if (endReason !== null) return endReason === "cancelled" ? "CANCELLED" : "ENDED";
  if (now >= Date.parse(endsAt)) return "ENDED";
  return now < Date.parse(startsAt) ? "SCHEDULED" : "OPEN";
}

/** When the status will change though nothing happens, in milliseconds since 1970; null where it will not. */
export function saleChangesAt(card: Pick<SaleCardRow, "startsAt" | "endsAt" | "endReason">, now: number): number | null {
  const status = saleStatus(card, now);
  if (status === "SCHEDULED") return Date.parse(card.startsAt);
  return status === "OPEN" ? Date.parse(card.endsAt) : null;
}
