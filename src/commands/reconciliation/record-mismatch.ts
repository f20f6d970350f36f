import type { MismatchKind } from "../../events/reconciliation.js";
import { defineCommand } from "../../kernel/command.js";
import { nameId } from "../../kernel/ids.js";
import { mismatchStream, type MismatchCommand } from "./mismatch.decider.js";
import { reconciliationId, reconciliationStream, type FinishReconciliation } from "./reconciliation.decider.js";

/** The same thing that is wrong has the same id in every run over a day. */
export function mismatchIdOf(provider: string, day: string, providerReference: string, kind: MismatchKind): string {
  return nameId("mismatch", provider, day, providerReference, kind);
}

/** Writes down that something is wrong, or that it is not any more; however often. Tied to the order where there is one. */
export const recordMismatch = defineCommand<MismatchCommand, Record<string, never>>({
  name: "recordMismatch",
  correlationId: (command, commandId) => (command.type === "Find" ? command.orderId : null) ?? commandId,
  needs: ({ mismatchId }) => ({ streams: [{ type: mismatchStream, id: mismatchId }] }),
  decide(command, unit) {
    unit.execute(mismatchStream, command.mismatchId, command);
    return {};
  },
});

/** Writes down what a run over a whole day came to. */
export const finishReconciliation = defineCommand<FinishReconciliation, Record<string, never>>({
  name: "finishReconciliation",
  needs: ({ provider, day }) => ({ streams: [{ type: reconciliationStream, id: reconciliationId(provider, day) }] }),
  decide(command, unit) {
    unit.execute(reconciliationStream, reconciliationId(command.provider, command.day), command);
    return {};
  },
});
