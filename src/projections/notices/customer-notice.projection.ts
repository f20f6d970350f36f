import type { NoticeEvent, NoticeFacts, NoticeTemplate } from "../../events/notices.js";
import { defineProjection } from "../../kernel/projection.js";

/** Something that a buyer is to hear of. Times are RFC 3339 UTC. */
export interface CustomerNoticeRow {
  /** `<order>/<number>`. */
  readonly noticeId: string;
  readonly orderId: string;
  /** 1 for the order's first; without a gap. */
  readonly number: number;
  readonly template: NoticeTemplate;
  readonly facts: NoticeFacts;
  readonly causeEventId: string;
  readonly happenedAt: string;
  readonly noticedAt: string;
}

/** One row a notice. */
export const customerNotice = defineProjection<NoticeEvent, CustomerNoticeRow>({
  name: "customer_notice",
  version: 1,
  categories: ["notice"],
  key: "noticeId",
  touches: ({ orderId }, { version }) => [idOf(orderId, version)],
  on: {
    CustomerNoticed: ({ orderId, template, facts, causeEventId, happenedAt }, rows, { version, recordedAt }) => rows.put({
      noticeId: idOf(orderId, version), orderId, number: version, template, facts, causeEventId, happenedAt, noticedAt: recordedAt,
    }),
  },
});

function idOf(orderId: string, number: number): string {
  return `${orderId}/${String(number)}`;
}
