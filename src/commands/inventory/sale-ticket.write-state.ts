import { defineEntity, p } from "@mikro-orm/postgresql";
import { defineWriteState } from "../../kernel/command.js";
import { selectedColumns, writeStateSql } from "../../platform/postgres/write-state-sql.js";

/** A place in a sale's queue. */
export interface SaleTicketRow {
  /** As a buyer's `saleBuyerKey`; see `replacedTicketKey`. */
  readonly id: string;
  readonly saleId: string;
  readonly number: number;
  /** Since when its holder is away; null while present. */
  readonly leftAt: string | null;
  /** Whether its pass was used, or it is passed over since its holder left for good. */
  readonly done: "used" | "gone" | null;
  readonly version: number;
}

/** Who leaves the queue keeps the place for so long. */
export const graceSeconds = 60;

/** Tickets of holders who left that one admission looks at; it goes no further than these reach. */
export const leaversMax = 200;

export const saleTicketEntity = defineEntity({
  name: "SaleTicket",
  properties: {
    id: p.text().primary().collation("C"),
    saleId: p.text().collation("C"),
    number: p.bigint("number"),
    leftAt: p.string().columnType("timestamptz").strictNullable(),
    done: p.text().$type<"used" | "gone">().strictNullable(),
    version: p.integer(),
  },
  checks: [
    { name: "sale_ticket_number_check", expression: "number > 0" },
    { name: "sale_ticket_done_check", expression: "done IN ('used', 'gone')" },
  ],
  indexes: [{ name: "sale_ticket_left", expression: "create index sale_ticket_left on sale_ticket (sale_id, number) where left_at is not null and done is null" }],
});

const columns = selectedColumns(saleTicketEntity, "t");

/** Guarded by the lock of the room's row. `leavers` finds, in the order of the queue, those who left and did not come back in time. */
export const saleTicketState = defineWriteState<SaleTicketRow>({
  ...writeStateSql<SaleTicketRow>(saleTicketEntity),
  rank: 36,
  key: ({ id }) => id,
  groups: {
    leavers: {
      loadSql: `SELECT ${columns} FROM unnest($1::text[]) AS w (sale_id) CROSS JOIN LATERAL (
        SELECT * FROM sale_ticket l WHERE l.sale_id = w.sale_id COLLATE "C" AND l.left_at IS NOT NULL AND l.done IS NULL
          AND l.left_at <= (SELECT clock_timestamp() - interval '${String(graceSeconds)} seconds')
        ORDER BY l.number LIMIT ${String(leaversMax)}) t`,
      of: ({ saleId, leftAt, done }) => (leftAt !== null && done === null ? saleId : null),
    },
  },
});

/** Under this key a ticket is kept whose holder has taken another: the numbers of a sale have no gap. */
export function replacedTicketKey(saleId: string, number: number): string {
  return `${saleId}/#${String(number)}`;
}
