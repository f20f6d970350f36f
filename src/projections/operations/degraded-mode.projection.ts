import type { DegradedModeEvent, DegradedModeSetting } from "../../events/operations.js";
import { defineProjection } from "../../kernel/projection.js";

/** What an operator said last of the degraded mode. */
export interface DegradedModeRow {
  /** There is one: the shop's. */
  readonly id: string;
  readonly mode: DegradedModeSetting;
  readonly reason: string;
  readonly setBy: string;
  readonly setAt: string;
  readonly version: number;
}

export const degradedModeId = "shop";
export const degradedModeChannel = "degraded-mode";

export const degradedMode = defineProjection<DegradedModeEvent, DegradedModeRow>({
  name: "degraded_mode",
  version: 1,
  categories: ["degraded_mode"],
  key: "id",
  touches: () => [degradedModeId],
  on: {
    DegradedModeSet: ({ mode, reason, by }, rows, { version, recordedAt }) => rows.put({ id: degradedModeId, mode, reason, setBy: by, setAt: recordedAt, version }),
  },
  push: () => [degradedModeChannel],
});
