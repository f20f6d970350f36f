import type { InvariantEvent } from "../../events/operations.js";
import { defineProjection } from "../../kernel/projection.js";

/** A law that was broken once, and whether it still is. */
export interface InvariantCardRow {
  /** `<law>:<key>`. */
  readonly invariantId: string;
  readonly law: string;
  /** An order's id, or a SKU. */
  readonly key: string;
  readonly broken: boolean;
  /** What was found last. */
  readonly found: string;
  readonly brokenAt: string;
  readonly mendedAt: string | null;
  readonly version: number;
}

/** One row a law and key. */
export const invariantCard = defineProjection<InvariantEvent, InvariantCardRow>({
  name: "invariant_card",
  version: 1,
  categories: ["invariant"],
  key: "invariantId",
  touches: ({ law, key }) => [`${law}:${key}`],
  on: {
    InvariantBroken: ({ law, key, found, at }, rows, { version }) =>
      rows.put({ invariantId: `${law}:${key}`, law, key, broken: true, found, brokenAt: at, mendedAt: null, version }),
    InvariantMended({ law, key, at }, rows, { version }) {
      const known = rows.change(`${law}:${key}`, (row) => ({ ...row, broken: false, mendedAt: at, version }));
      if (!known) throw new Error(`InvariantMended of ${law}:${key} stands before InvariantBroken`);
    },
  },
});
