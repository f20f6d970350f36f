import type { CustomerNoticed } from "../../events/notices.js";
import { defineCommand } from "../../kernel/command.js";
import { noticeStream } from "./notice.decider.js";

/** Writes down what a buyer is to hear of. Its key is the event that it tells of; the stream knows it for longer than answers are kept. */
export const recordNotice = defineCommand<Omit<CustomerNoticed, "type">, Record<string, never>>({
  name: "recordNotice",
  correlationId: ({ orderId }) => orderId,
  needs: ({ orderId }) => ({ streams: [{ type: noticeStream, id: orderId }] }),
  decide(input, unit) {
    unit.execute(noticeStream, input.orderId, { type: "Notice", ...input });
    return {};
  },
});
