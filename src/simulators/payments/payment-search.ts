import type { SimulatorAnswer } from "../simulator-server.js";
import type { PaymentLedger } from "./payment-ledger.js";
import { limitOf, newestFirst } from "./payment-pages.js";
import type { PaymentRecord } from "./payment-records.js";
import { intentTeller } from "./stripe-answers.js";
import { invalid } from "./stripe-errors.js";
import type { StripeForm } from "./stripe-form.js";

interface Clause {
  /** Null for the status. */
  readonly metadata: string | null;
  readonly value: string;
}

const parameters = new Set(["query", "limit", "page", "expand"]);

const clausesMax = 10;

/**
 * `metadata['payment_id']:'…' AND status:'…'`, as much of Stripe's search language as finds a payment again.
 * @param searchableBefore seconds since 1970: what was made after that is not found yet, as there, where it takes up to a minute
 */
export function searchIntents(ledger: PaymentLedger, form: StripeForm, searchableBefore: number): SimulatorAnswer {
  form.expectOnly(parameters);
  const tell = intentTeller(ledger, form, "data.");
  const limit = limitOf(form);
  const clauses = clausesOf(form.get("query") ?? "");
  const page = form.get("page") ?? "0";
  if (!/^\d{1,9}$/.test(page)) throw invalid("Invalid page.", "page");
  const data: object[] = [];
  let skip = Number(page), more = false;
  for (const payment of newestFirst(candidates(ledger, clauses), null) ?? []) {
    if (payment.terms.created > searchableBefore || !clauses.every((clause) => holds(clause, payment))) continue;
    if ((skip -= 1) >= 0) continue;
    more = data.length === limit;
    if (more) break;
    data.push(tell(payment));
  }
  return {
    status: 200,
    body: { object: "search_result", data, has_more: more, next_page: more ? String(Number(page) + limit) : null, url: "/v1/payment_intents/search" },
  };
}

/** Stripe takes either quotation mark, and a backslash before one inside. */
function clausesOf(query: string): readonly Clause[] {
  const clause = /\s*(?:metadata\[(["'])((?:\\.|(?!\1).)+)\1\]|(status))\s*:\s*(["'])((?:\\.|(?!\4).)*)\4\s*(AND\s|$)/y;
  const clauses: Clause[] = [];
  while (clause.lastIndex < query.length && clauses.length < clausesMax) {
    const match = clause.exec(query);
    if (!match) break;
    clauses.push({ metadata: match[3] === undefined ? unescaped(match[2] ?? "") : null, value: unescaped(match[5] ?? "") });
    if (match[6] === "") return clauses;
  }
  throw invalid("We were unable to parse your search query. Try using the format `metadata[\"key\"]:\"value\"`, or status:\"value\".", "query");
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, "$1");
}

/** By an index where one fits: a search among a million payments costs as much as one among ten. */
function candidates(ledger: PaymentLedger, clauses: readonly Clause[]): readonly PaymentRecord[] {
  for (const { metadata, value } of clauses) {
    const found = metadata === null ? null : ledger.byMetadata(metadata, value);
    if (found) return found;
  }
  return ledger.payments;
}

function holds({ metadata, value }: Clause, { terms, status }: PaymentRecord): boolean {
  return (metadata === null ? status : terms.metadata[metadata]) === value;
}
