import type { DegradedModeSetting } from "../../events/operations.js";
import { defineCommand } from "../../kernel/command.js";
import { degradedModeStream } from "./degraded-mode.decider.js";

export type SetDegradedMode = {
  readonly mode: DegradedModeSetting;
  readonly reason: string;
};

/** Every API process obeys the same word. */
const shop = "shop";

/** Says whether the shop runs degraded: by itself (`AUTO`), `ON`, or `OFF`. Refuses with `NO_REASON`. */
export const setDegradedMode = defineCommand<SetDegradedMode, SetDegradedMode>({
  name: "setDegradedMode",
  needs: () => ({ streams: [{ type: degradedModeStream, id: shop }] }),
  decide({ mode, reason }, unit) {
    unit.execute(degradedModeStream, shop, { type: "SetDegradedMode", mode, reason, by: unit.actor.id });
    return { mode, reason };
  },
});
