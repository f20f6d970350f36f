/** What a buyer hears of. Which words and which channel that is, others decide. */
export const noticeTemplates = [
  "order_placed", "order_paid", "payment_declined", "parcel_shipped", "parcel_out_for_delivery", "delivery_failed", "parcel_delivered", "order_delivered",
  "order_delayed", "order_on_hold", "order_resumed", "order_changed", "order_cancelled", "order_refunded", "parcel_returning", "return_noted", "return_inspected",
] as const;
export type NoticeTemplate = (typeof noticeTemplates)[number];

/** What a template is filled with: nothing personal, no free text that somebody wrote. Amounts in minor units, times RFC 3339. */
export type NoticeFacts = { readonly [name: string]: string | number | boolean | null };

/** A buyer is to hear of something that happened to an order; once for each event. */
export interface CustomerNoticed {
  readonly type: "CustomerNoticed";
  readonly orderId: string;
  readonly template: NoticeTemplate;
  readonly facts: NoticeFacts;
  /** The event that it tells of. */
  readonly causeEventId: string;
  /** When that happened. RFC 3339. */
  readonly happenedAt: string;
}

export type NoticeEvent = CustomerNoticed;
