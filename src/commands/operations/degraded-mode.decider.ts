import type { DegradedModeEvent, DegradedModeSetting } from "../../events/operations.js";
import { defineStream, type Decider } from "../../kernel/decider.js";
import { Refusal } from "../../kernel/refusal.js";

interface DegradedModeState {
  readonly mode: DegradedModeSetting;
  readonly reason: string;
}

export interface SetDegradedModeCommand {
  readonly type: "SetDegradedMode";
  readonly mode: DegradedModeSetting;
  readonly reason: string;
  readonly by: string;
}

/** One stream for the whole shop. Saying the same again says nothing. */
export const degradedModeDecider: Decider<DegradedModeState, SetDegradedModeCommand, DegradedModeEvent> = {
  initial: { mode: "AUTO", reason: "" },
  decide({ mode, reason, by }, state) {
    if (reason.trim() === "") throw new Refusal("NO_REASON", "Say why: whoever looks at it later will ask.", "reason");
    return mode === state.mode && reason === state.reason ? [] : [{ type: "DegradedModeSet", mode, reason, by }];
  },
  evolve(_state, { mode, reason }) {
    return { mode, reason };
  },
};

export const degradedModeStream = defineStream("degraded_mode", degradedModeDecider);
