import type { InvoiceSeries } from "../../events/invoices.js";
import type { DecisionUnit, Needs } from "../../kernel/command.js";
import { defineStream, type StreamType } from "../../kernel/decider.js";
import { counterKey, invoiceCounterState } from "./invoice-counter.write-state.js";

/** Digits of a number at least; a year with more documents has longer numbers. */
const digitsMin = 6;

/**
 * Nothing ever stands in this stream: its name is the lock of a series. The lock of a row would not do, since two
 * processes that look for a new year's row would both find none, and both begin with 1.
 */
const seriesStream: StreamType<null, never, never> = defineStream("invoice_series", { initial: null, decide: () => [], evolve: () => null });

/** What a command that takes a number needs, so that nobody else takes one until it is committed. */
export function numberNeeds(series: InvoiceSeries): Pick<Required<Needs>, "streams" | "rows"> {
  return { streams: [{ type: seriesStream, id: series }], rows: [{ state: invoiceCounterState, keys: [series], group: "years" }] };
}

export interface DocumentNumber {
  readonly number: string;
  readonly year: number;
  readonly sequence: number;
}

/** The next number. It counts as used with the command's event only. */
export function takeNumber(unit: DecisionUnit, series: InvoiceSeries, year: number): DocumentNumber {
  const key = counterKey(series, year);
  const sequence = (unit.row(invoiceCounterState, key)?.lastNumber ?? 0) + 1;
  unit.put(invoiceCounterState, { series: key, lastNumber: sequence });
  return { number: `${series}-${String(year)}-${String(sequence).padStart(digitsMin, "0")}`, year, sequence };
}
