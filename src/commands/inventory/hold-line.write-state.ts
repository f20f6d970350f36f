import { defineEntity, p } from "@mikro-orm/postgresql";
import { defineWriteState } from "../../kernel/command.js";
import { selectedColumns, writeStateSql } from "../../platform/postgres/write-state-sql.js";
import { saleBuyerKey } from "./sale.write-state.js";

/** Units of one product that a reservation holds. */
export interface HoldLine {
  /** See `holdLineKey`. */
  readonly id: string;
  readonly reservationId: string;
  readonly sku: string;
  /** 0 where its time was over and somebody else needed the units, and of numbered units, which say themselves who holds them. */
  readonly quantity: number;
  /** Null from the shelf. */
  readonly saleId: string | null;
  /** `customer:<id>` or `guest:<hash>`. */
  readonly buyer: string;
  /** RFC 3339 UTC, to the millisecond. */
  readonly expiresAt: string;
}

export const holdLineEntity = defineEntity({
  name: "HoldLine",
  properties: {
    id: p.text().primary().collation("C"),
    reservationId: p.text(),
    sku: p.text().collation("C"),
    quantity: p.bigint("number"),
    saleId: p.text().strictNullable(),
    buyer: p.text(),
    expiresAt: p.string().columnType("timestamptz"),
  },
  checks: [{ name: "hold_line_quantity_check", expression: "quantity >= 0" }],
  indexes: [
    { name: "hold_line_expiry", expression: "create index hold_line_expiry on hold_line (sku, expires_at) where quantity > 0" },
    { name: "hold_line_sweep", expression: "create index hold_line_sweep on hold_line (expires_at)" },
    { name: "hold_line_buyer", expression: "create index hold_line_buyer on hold_line (sale_id, buyer) where sale_id is not null" },
  ],
});

/** Expired lines of one product that a batch looks at: whoever needs more of them in one go is asked to come again. */
export const expiredLinesMax = 2_000;

const columns = selectedColumns(holdLineEntity, "h");

/**
 * Guarded by the lock of the stock row, which is taken before. `expired` finds by SKU what is over, and a little more,
 * since the batch's own time is read afterwards: who decides compares. `buyer` finds what somebody holds in a sale.
 */
export const holdLineState = defineWriteState<HoldLine>({
  ...writeStateSql<HoldLine>(holdLineEntity, { erasable: true }),
  rank: 30,
  key: ({ id }) => id,
  groups: {
    expired: {
      loadSql: `SELECT ${columns} FROM unnest($1::text[]) AS w (sku) CROSS JOIN LATERAL (
        SELECT * FROM hold_line l WHERE l.sku = w.sku COLLATE "C" AND l.quantity > 0 AND l.expires_at <= (SELECT clock_timestamp() + interval '1 second')
        ORDER BY l.expires_at LIMIT ${String(expiredLinesMax)}) h`,
      of: ({ sku, quantity }) => (quantity > 0 ? sku : null),
    },
    buyer: {
      loadSql: `SELECT ${columns} FROM unnest($1::text[]) AS w (key)
        JOIN hold_line h ON h.sale_id = split_part(w.key, '/', 1) AND h.buyer = substr(w.key, strpos(w.key, '/') + 1)`,
      of: ({ saleId, buyer }) => (saleId === null ? null : saleBuyerKey(saleId, buyer)),
    },
  },
});

export function holdLineKey(reservationId: string, sku: string): string {
  return `${reservationId}/${sku}`;
}
