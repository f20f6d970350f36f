import { defineEntity, p } from "@mikro-orm/postgresql";
import type { InvoiceSeries } from "../../events/invoices.js";
import { defineWriteState } from "../../kernel/command.js";
import { selectedColumns, writeStateSql } from "../../platform/postgres/write-state-sql.js";

/** The last number that was used of a series in a year. */
export interface InvoiceCounter {
  /** `<series>/<year>`, e.g. `INV/2026`. */
  readonly series: string;
  readonly lastNumber: number;
}

export function counterKey(series: InvoiceSeries, year: number): string {
  return `${series}/${String(year)}`;
}

export const invoiceCounterEntity = defineEntity({
  name: "InvoiceCounter",
  properties: { series: p.text().primary().collation("C"), lastNumber: p.bigint("number") },
  checks: [{ name: "invoice_counter_last_number_check", expression: "last_number > 0" }],
});

/**
 * Loaded for all years of a series, since which year it is the batch's time tells, after the locks are taken. A year's
 * first number has no row yet that could be locked: whoever counts holds the lock of the series as well, see `seriesStream`.
 */
export const invoiceCounterState = defineWriteState<InvoiceCounter>({
  ...writeStateSql<InvoiceCounter>(invoiceCounterEntity, { locked: true }),
  rank: 50,
  key: ({ series }) => series,
  groups: {
    years: {
      loadSql: `SELECT ${selectedColumns(invoiceCounterEntity)} FROM invoice_counter
        WHERE split_part(series, '/', 1) = ANY($1::text[]) ORDER BY series COLLATE "C" FOR UPDATE`,
      of: ({ series }) => series.split("/", 1)[0] ?? null,
    },
  },
});
