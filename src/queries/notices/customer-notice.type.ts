import { Field, ID, Int, ObjectType } from "type-graphql";
import { noticeTemplates, type NoticeTemplate } from "../../events/notices.js";
import { connectionType } from "../../platform/graphql/connection.js";
import { DateTime } from "../../platform/graphql/scalars.js";
import { wordEnum } from "../../platform/graphql/word-enum.js";
import type { CustomerNoticeRow } from "../../projections/notices/customer-notice.projection.js";
import { orderIds } from "../orders/order.type.js";
import { shipmentIds } from "../shipping/shipment.type.js";

type Word = Uppercase<NoticeTemplate>;

const NoticeTemplateEnum = wordEnum<Word>("NoticeTemplate", Object.fromEntries(noticeTemplates.map((template) => [template.toUpperCase(), null])) as Record<Word, null>);

@ObjectType("NoticeFact", { simpleResolvers: true, description: "What a template is filled with." })
class NoticeFactType {
  @Field(() => String, { description: "e.g. `trackingCode`, `totalMinor` (minor units), `payBefore` (RFC 3339)." }) name!: string;
  @Field(() => String, { nullable: true }) value!: string | null;
}

@ObjectType("CustomerNotice", { simpleResolvers: true, description: "Something that an order's buyer is to hear of: a template and what fills it, nothing personal." })
export class CustomerNoticeType {
  @Field(() => ID) id!: string;
  @Field(() => ID) orderId!: string;
  @Field(() => Int, { description: "1 for the order's first, without a gap." }) number!: number;
  @Field(() => NoticeTemplateEnum) template!: Word;
  @Field(() => [NoticeFactType]) facts!: readonly NoticeFactType[];
  @Field(() => DateTime, { description: "When that happened of which it tells." }) happenedAt!: string;
  @Field(() => DateTime) noticedAt!: string;
}

export const CustomerNoticeConnection = connectionType("CustomerNotice", () => CustomerNoticeType);

export function customerNoticeType({ noticeId, orderId, number, template, facts, happenedAt, noticedAt }: CustomerNoticeRow): CustomerNoticeType {
  return {
    id: noticeId, orderId: orderIds.encode(orderId), number, template: template.toUpperCase() as Word, happenedAt, noticedAt,
    facts: Object.entries(facts).map(([name, value]) => ({ name, value: value === null ? null : name === "shipmentId" ? shipmentIds.encode(String(value)) : String(value) })),
  };
}
