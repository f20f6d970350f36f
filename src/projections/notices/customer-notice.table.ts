import { defineEntity, p } from "@mikro-orm/postgresql";
import type { NoticeFacts, NoticeTemplate } from "../../events/notices.js";
import { readTable } from "../../platform/projector/read-table.js";
import { customerNotice } from "./customer-notice.projection.js";

const entity = defineEntity({
  name: "CustomerNotice",
  properties: {
    noticeId: p.text().primary(),
    orderId: p.text(),
    number: p.integer(),
    template: p.text().$type<NoticeTemplate>(),
    facts: p.json().$type<NoticeFacts>(),
    causeEventId: p.text(),
    happenedAt: p.string().columnType("timestamptz"),
    noticedAt: p.string().columnType("timestamptz"),
  },
  indexes: [{ properties: ["orderId", "number"] }],
});

export const customerNoticeTable = readTable(customerNotice, entity);
