import { defineCommand } from "../../kernel/command.js";
import { isUuid } from "../../kernel/ids.js";
import { invariantId, invariantStream } from "./invariant.decider.js";

export type InvariantReport = {
  readonly law: string;
  readonly key: string;
  /** What was found instead, in words; null where the law holds. */
  readonly found: string | null;
};

/** A law was seen to be broken, or to hold. Answers whether that is news. */
export const reportInvariant = defineCommand<InvariantReport, { readonly news: boolean }>({
  name: "reportInvariant",
  // Most keys are an order's: its trace shows what was found.
  correlationId: ({ key }, commandId) => (isUuid(key) ? key : commandId),
  needs: (report) => ({ streams: [{ type: invariantStream, id: invariantId(report) }] }),
  decide({ law, key, found }, unit) {
    const command = found === null ? { type: "Mend" as const, law, key, now: unit.now } : { type: "Break" as const, law, key, found, now: unit.now };
    return { news: unit.execute(invariantStream, invariantId({ law, key }), command).length > 0 };
  },
});
