import type { SaleEvent, SaleScheduled } from "../../events/sales.js";
import { defineProjection } from "../../kernel/projection.js";

/** A sale's terms, and whether it was ended. Amounts in minor units, times RFC 3339 UTC. */
export interface SaleCardRow extends Omit<SaleScheduled, "type" | "stock" | "sales"> {
  /** Null while nobody has ended it; by the clock it may be over before. */
  readonly endReason: "over" | "ended" | "cancelled" | null;
  readonly version: number;
}

/** One row a sale. Its counters change with every unit and stand in `sale_level`. */
export const saleCard = defineProjection<SaleEvent, SaleCardRow>({
  name: "sale_card",
  version: 1,
  categories: ["sale"],
  key: "saleId",
  touches: ({ saleId }) => [saleId],
  on: {
    SaleScheduled({ saleId, sku, priceMinor, currency, allocation, startsAt, endsAt, limitPerCustomer, holdSeconds, waitingRoom }, rows, { version }) {
      rows.put({ saleId, sku, priceMinor, currency, allocation, startsAt, endsAt, limitPerCustomer, holdSeconds, waitingRoom, endReason: null, version });
    },
    SaleEnded({ type, saleId, reason }, rows, { version }) {
      const known = rows.change(saleId, (row) => ({ ...row, endReason: reason, version }));
      if (!known) throw new Error(`${type} of ${saleId} stands before SaleScheduled`);
    },
  },
  push: ({ saleId }) => [`sale:${saleId}`],
});
