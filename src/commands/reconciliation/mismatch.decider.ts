import type { MismatchEvent, ReconciliationMismatchFound, ReconciliationMismatchSettled } from "../../events/reconciliation.js";
import { defineStream, type Decider } from "../../kernel/decider.js";

/** Whether both sides differ, and which run said so last. */
export interface Mismatch {
  readonly status: "absent" | "open" | "settled";
  /** The run that found it last. */
  readonly foundIn: string | null;
  /** The run that settled it last, and how. */
  readonly settledIn: string | null;
  readonly how: ReconciliationMismatchSettled["how"] | null;
}

export type MismatchCommand =
  | ({ readonly type: "Find" } & Omit<ReconciliationMismatchFound, "type">)
  | { readonly type: "Settle"; readonly mismatchId: string; readonly day: string; readonly provider: string; readonly run: string; readonly repaired: boolean };

/** One stream for one thing that is wrong: found once while it lasts, settled once, found anew should it come again. */
export const mismatchDecider: Decider<Mismatch, MismatchCommand, MismatchEvent> = {
  initial: { status: "absent", foundIn: null, settledIn: null, how: null },
  decide(command, mismatch) {
    switch (command.type) {
      case "Find": {
        if (mismatch.status === "open") return [];
        const { type: _, ...facts } = command;
        return [{ type: "ReconciliationMismatchFound", ...facts }];
      }
      case "Settle": {
        if (mismatch.status !== "open") return [];
        const { mismatchId, day, provider, run } = command;
        // What was found by this very run and agrees now was repaired by it, also where a crash lay between the two.
        const how = command.repaired || mismatch.foundIn === run ? "REPAIRED" : "AGREES";
        return [{ type: "ReconciliationMismatchSettled", mismatchId, day, provider, run, how }];
      }
    }
  },
  evolve(mismatch, event) {
    switch (event.type) {
      case "ReconciliationMismatchFound":
        return { ...mismatch, status: "open", foundIn: event.run };
      case "ReconciliationMismatchSettled":
        return { ...mismatch, status: "settled", settledIn: event.run, how: event.how };
    }
  },
};

export const mismatchStream = defineStream("mismatch", mismatchDecider);
