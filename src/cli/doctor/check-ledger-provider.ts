import { setTimeout as pause } from "node:timers/promises";
import type { Client } from "pg";
import type { PaymentPage, PaymentProvider, ProviderPayment } from "../../gateways/payments/payment-port.js";
import type { NodeAddress } from "../../platform/projector/node-address.js";
import { fees, providerCash } from "../../projections/ledger/postings.js";
import { activeTable } from "./check-ledger.js";
import { found, inThousands, judge, messageOf, Problems, type Examined, type Finding } from "./finding.js";
import { inSnapshot } from "./snapshot.js";

/** What there is of one order, or of all, at the provider and in our ledger; minor units. */
export interface CashDifference {
  readonly key: string;
  readonly currency: string;
  readonly hereMinor: number;
  readonly thereMinor: number;
}

export interface CashComparison {
  /** Payments of ours that the provider listed. */
  readonly payments: number;
  /** By currency. */
  readonly totals: readonly CashDifference[];
  /** Orders whose money is not the same here and there. */
  readonly orders: readonly CashDifference[];
}

export interface CashQuestion {
  readonly provider: PaymentProvider;
  readonly node: Client;
  /** RFC 3339; payments that the provider made since; default all. */
  readonly from?: string;
  /** RFC 3339; default now. */
  readonly to?: string;
}

interface OwnCash {
  readonly order_id: string;
  readonly currency: string;
  readonly cash: number;
  readonly fees: number;
  /** Taken by disputes that are open or lost; null where we know of none. */
  readonly disputed: number | null;
}

const foreverAgo = "2000-01-01T00:00:00.000Z";
const pageRows = 5_000;

/**
 * Compares the provider's own books with the node's account of cash at it: captured − refunded − fees − disputed, order by
 * order and currency by currency, to the cent. What is on its way between the two differs; ask again then. Holds one small
 * record for each order in memory.
 */
export async function compareCash(question: CashQuestion): Promise<CashComparison> {
  const { payments, orders: theirs } = await theirBooks(question);
  const inquired = await inquiredOrders(question.node);
  const totals = new Map<string, CashDifference>();
  const orders: CashDifference[] = [];
  const compare = (key: string, currency: string, own: OwnCash | undefined): void => {
    const [hereMinor, thereMinor] = [own?.cash ?? 0, thereOf(theirs.get(key), own, inquired)];
    const total = totals.get(currency) ?? { key: currency, currency, hereMinor: 0, thereMinor: 0 };
    totals.set(currency, { ...total, hereMinor: total.hereMinor + hereMinor, thereMinor: total.thereMinor + thereMinor });
    if (hereMinor !== thereMinor) orders.push({ key: key.slice(0, key.lastIndexOf(" ")), currency, hereMinor, thereMinor });
  };
  const seen = new Set<string>();
  for await (const own of ownCash(question)) {
    const key = `${own.order_id} ${own.currency}`;
    seen.add(key);
    compare(key, own.currency, own);
  }
  for (const [key, { currency }] of theirs) if (!seen.has(key)) compare(key, currency, undefined);
  return { payments, orders, totals: [...totals.values()].sort((one, other) => (one.currency < other.currency ? -1 : 1)) };
}

interface TheirCash {
  readonly currency: string;
  /** Captured − refunded. */
  readonly keptMinor: number;
  readonly feesMinor: number;
  readonly hasFees: boolean;
  readonly disputed: boolean;
}

/** By order and currency: an order that was charged twice has two payments. */
async function theirBooks({ provider, from = foreverAgo, to = new Date(Date.now() + 60_000).toISOString() }: CashQuestion): Promise<{ payments: number; orders: Map<string, TheirCash> }> {
  const orders = new Map<string, TheirCash>();
  let payments = 0;
  let cursor: string | null = null;
  do {
    const page: PaymentPage = await provider.list({ from, to, cursor });
    for (const payment of page.payments) {
      const { orderId, paymentId, currency } = payment;
      if (orderId === null || paymentId === null || payment.capturedMinor === 0) continue;
      const key = `${orderId} ${currency}`;
      orders.set(key, together(orders.get(key), payment));
      payments += 1;
    }
    ({ cursor } = page);
  } while (cursor !== null);
  return { payments, orders };
}

/**
 * What the provider's list does not tell is taken from our books: fees, and the amount of a dispute. One that we never heard
 * of is of the whole, unless the bank is known to have only asked.
 */
function thereOf(there: TheirCash | undefined, own: OwnCash | undefined, inquired: ReadonlySet<string>): number {
  if (!there) return 0;
  const disputed = there.disputed ? own?.disputed ?? (own && inquired.has(own.order_id) ? 0 : there.keptMinor) : 0;
  return there.keptMinor - there.feesMinor - (there.hasFees ? 0 : own?.fees ?? 0) - disputed;
}

/** Orders of which a bank has asked. */
async function inquiredOrders(node: Client): Promise<ReadonlySet<string>> {
  const { rows } = await node.query<{ order_id: string }>("SELECT data::json->>'orderId' AS order_id FROM event_log WHERE stream_category = 'payment' AND type = 'PaymentInquired'");
  return new Set(rows.map(({ order_id }) => order_id));
}

function together(before: TheirCash | undefined, { currency, capturedMinor, refundedMinor, feeMinor, disputed }: ProviderPayment): TheirCash {
  return {
    currency, keptMinor: (before?.keptMinor ?? 0) + capturedMinor - refundedMinor, feesMinor: (before?.feesMinor ?? 0) + (feeMinor ?? 0),
    hasFees: feeMinor !== null && before?.hasFees !== false, disputed: disputed || before?.disputed === true,
  };
}

/** Order by order, of all orders that this provider ever had money of. */
async function* ownCash({ node, provider }: CashQuestion): AsyncGenerator<OwnCash> {
  const entries = await activeTable(node, "ledger_entry");
  if (entries === null) throw new Error("there is no ledger yet");
  for (let after = ""; ;) {
    const { rows: [page] } = await node.query<{ last: string | null }>(
      `SELECT max(order_id) AS last FROM (SELECT DISTINCT order_id FROM ${entries} WHERE order_id > $1 ORDER BY order_id LIMIT ${pageRows}) page`, [after]);
    if (!page?.last) return;
    const { rows } = await node.query<OwnCash>(`
      SELECT order_id, currency, coalesce(sum(amount_minor) FILTER (WHERE account = $1), 0)::float8 AS cash,
        (-sum(amount_minor) FILTER (WHERE account = $1 AND event_type LIKE 'PaymentDispute%'))::float8 AS disputed,
        coalesce(sum(amount_minor) FILTER (WHERE account = '${fees}'), 0)::float8 AS fees
      FROM ${entries} WHERE order_id > $2 AND order_id <= $3 GROUP BY order_id, currency HAVING bool_or(account = $1) ORDER BY order_id`,
    [providerCash(provider.name), after, page.last]);
    yield* rows;
    after = page.last;
  }
}

/** What differs twice, with a pause between: what was on its way at the first look has come by the second. Never throws. */
export async function examineProviderCash(provider: PaymentProvider, { name, appUrl }: NodeAddress, lookAgainAfterMs: number): Promise<Finding> {
  const look = (): Promise<CashComparison> => inSnapshot(appUrl, (node) => compareCash({ provider, node }));
  try {
    let comparison = await look();
    if (comparison.orders.length > 0) {
      await pause(lookAgainAfterMs);
      const first = new Set(comparison.orders.map(({ key }) => key));
      const again = await look();
      comparison = { ...again, orders: again.orders.filter(({ key }) => first.has(key)) };
    }
    return judge(examinedOf(provider.name, name, comparison));
  } catch (error) {
    return found("FAIL", "provider_cash", name, `could not be compared with ${provider.name}: ${messageOf(error)}`, "Mend what it says and run doctor again.");
  }
}

function examinedOf(provider: string, where: string, { payments, totals, orders }: CashComparison): Examined {
  const problems = new Problems();
  for (const { key, currency, hereMinor, thereMinor } of orders) {
    problems.add(key, `order ${key}: ${String(hereMinor)} ${currency} here, ${String(thereMinor)} at ${provider}`);
  }
  const sums = totals.map(({ currency, hereMinor }) => `${inThousands(hereMinor)} ${currency}`).join(", ");
  return {
    check: "provider_cash", where, examined: `equals ${provider}'s own books, ${sums === "" ? "nothing" : sums} in minor units, ${inThousands(payments)} payments`,
    wrong: `orders whose money is not the same here and at ${provider}`, problems: problems.list, count: problems.count,
    remedy: "Run `millrace reconcile --day` for the day of each; it repairs what is safe and names the rest.",
  };
}
