import type { CustomerNoticed, NoticeEvent } from "../../events/notices.js";
import { defineStream, type Decider } from "../../kernel/decider.js";

/** Events of an order that its buyer was told of. */
export interface Notices {
  readonly causes: ReadonlySet<string>;
}

export type NoticeCommand = Omit<CustomerNoticed, "type"> & { readonly type: "Notice" };

/** A buyer hears of an event once, however often its job comes. */
export const noticeDecider: Decider<Notices, NoticeCommand, NoticeEvent> = {
  initial: { causes: new Set() },
  decide: (command, { causes }) => (causes.has(command.causeEventId) ? [] : [{ ...command, type: "CustomerNoticed" }]),
  evolve: ({ causes }, { causeEventId }) => ({ causes: new Set(causes).add(causeEventId) }),
};

export const noticeStream = defineStream("notice", noticeDecider);
