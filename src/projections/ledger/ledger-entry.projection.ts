import type { RecordedEvent } from "../../kernel/event.js";
import { defineProjection, type Projection, type Rows } from "../../kernel/projection.js";
import { postingsOf, type LedgerEvent, type Posting } from "./postings.js";

/** One line of an entry. */
export interface LedgerEntryRow {
  /** `<stream>@<version>/<line>`: an event writes its own lines and nobody else's, however often it is folded. */
  readonly entryId: string;
  /** Of the event in the primary's log. */
  readonly position: number;
  readonly line: number;
  readonly orderId: string;
  /** `receivable`, `revenue`, `refunds`, `fees`, `disputed` or `provider_cash:<provider>`. */
  readonly account: string;
  readonly currency: string;
  /** Minor units: a debit is above 0, a credit below; never 0. */
  readonly amountMinor: number;
  readonly eventType: LedgerEvent["type"];
  /** Why, in the event's own word, e.g. `GOODWILL`; null where its type says all. */
  readonly cause: string | null;
  readonly recordedAt: string;
}

/** The conservation ledger: double entry, in integer minor units, one row a line. */
export const ledgerEntry = defineProjection<LedgerEvent, LedgerEntryRow>({
  name: "ledger_entry",
  version: 1,
  categories: ["order", "payment"],
  key: "entryId",
  touches(event, recorded) {
    const postings = moving(event);
    const own = postings.flatMap((_posting, index) => [entryId(recorded, 2 * index + 1), entryId(recorded, 2 * index + 2)]);
    return postings.some(({ currency }) => currency === null) ? [placingId(recorded), ...own] : own;
  },
  on: Object.fromEntries(Object.entries(postingsOf).map(([type, rule]) => [type, rule === "ignored" ? rule : write])) as Projection<LedgerEvent, LedgerEntryRow>["on"],
});

function write(event: LedgerEvent, rows: Rows<LedgerEntryRow>, recorded: RecordedEvent<LedgerEvent>): void {
  const base = { position: Number(recorded.position), orderId: event.orderId, eventType: event.type, recordedAt: recorded.recordedAt };
  for (const [index, { debit, credit, amountMinor, currency, cause }] of moving(event).entries()) {
    const known = currency ?? rows.get(placingId(recorded))?.currency;
    if (known === undefined) throw new Error(`${event.type} of ${event.orderId} stands before OrderPlaced`);
    for (const [line, account, amount] of [[2 * index + 1, debit, amountMinor], [2 * index + 2, credit, -amountMinor]] as const) {
      rows.put({ ...base, entryId: entryId(recorded, line), line, account, currency: known, amountMinor: amount, cause });
    }
  }
}

function moving(event: LedgerEvent): readonly Posting[] {
  const rule = postingsOf[event.type] as ((event: LedgerEvent) => readonly Posting[]) | "ignored";
  return rule === "ignored" ? [] : rule(event).filter(({ amountMinor }) => amountMinor !== 0);
}

function entryId({ streamId, version }: RecordedEvent, line: number): string {
  return `${streamId}@${String(version)}/${String(line)}`;
}

/** The first line of an order's placing, which knows the order's currency. What was free never gets any other line. */
function placingId({ streamId }: RecordedEvent): string {
  return `${streamId}@1/1`;
}
