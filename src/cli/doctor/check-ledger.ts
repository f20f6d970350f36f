import type { Client } from "pg";
import { quoteRelation } from "../../platform/projector/build.js";
import type { NodeAddress } from "../../platform/projector/node-address.js";
import type { LedgerEntryRow } from "../../projections/ledger/ledger-entry.projection.js";
import { isSettled, moneyOf } from "../../projections/ledger/order-money.js";
import { receivable } from "../../projections/ledger/postings.js";
import { found, inThousands, judge, messageOf, Problems, type Examined, type Finding } from "./finding.js";
import { judgeAll } from "./law-query.js";
import { atPresent, inSnapshot } from "./snapshot.js";

/** Orders whose lines are fetched at once. */
const ordersMax = 500;
/** What is younger may not have come to every node. */
const copiedSeconds = 30;

/** The active table of a projection; null before it was made. */
export async function activeTable(node: Client, projection: string): Promise<string | null> {
  const { rows } = await node.query<{ name: string }>("SELECT table_name AS name FROM read.projection WHERE name = $1 AND state = 'active'", [projection]);
  return rows[0] ? quoteRelation(rows[0].name) : null;
}

/** The ledger of one node: it balances, and orders that are over leave nobody in debt. Never throws. */
export async function examineLedger({ name, appUrl }: NodeAddress, primaryUrl: string): Promise<Finding[]> {
  try {
    return await inSnapshot(appUrl, async (node) => {
      const [entries, orders, payments] = [await activeTable(node, "ledger_entry"), await activeTable(node, "order_card"), await activeTable(node, "payment_card")];
      if (entries === null || orders === null || payments === null) return [found("warn", "ledger_balance", name, "there is no ledger yet", "Wait until the projector has built it.")];
      return [judge(await balanceOf(node, name, entries)), judge(await debtsOf(node, primaryUrl, name, { entries, orders, payments }))];
    });
  } catch (error) {
    return [found("FAIL", "ledger_balance", name, `could not be examined: ${messageOf(error)}`, "Mend what it says and run doctor again.")];
  }
}

/** Two sums of nothing but zeros: of each event, and with them of the whole table. */
async function balanceOf(node: Client, where: string, entries: string): Promise<Examined> {
  const { examined, count, problems } = await judgeAll(node,
    `event AS (SELECT split_part(entry_id, '/', 1) AS key, currency, min(order_id) AS order_id, sum(amount_minor) AS rest FROM ${entries} GROUP BY 1, 2)`,
    "SELECT key, CASE WHEN rest <> 0 THEN format('%s of order %s: debits and credits differ by %s %s', key, order_id, rest, currency) END AS text FROM event");
  return {
    check: "ledger_balance", where, examined: `debits equal credits in each of ${inThousands(examined)} entries, and so in all`,
    wrong: "entries that do not balance", problems, count, remedy: "A line was written, changed or deleted beside the projector: run `millrace rebuild ledger_entry`.",
  };
}

interface Debtor { readonly order_id: string; readonly status: string; readonly currency: string }
type Line = Pick<LedgerEntryRow, "orderId" | "account" | "amountMinor" | "eventType" | "cause">;

/** Whoever still waits for a job, or for an answer of the provider, is on his way. */
const pendingSql = `
  SELECT DISTINCT data->>'correlationId' AS order_id FROM pgboss.job
  WHERE state IN ('created', 'retry', 'active') AND data->>'correlationId' = ANY($1::text[])
  UNION SELECT order_id FROM payment_case WHERE ask_at IS NOT NULL AND order_id = ANY($1::text[])`;

interface Tables { readonly entries: string; readonly orders: string; readonly payments: string }

/** Cash that the courier collected is owed until somebody records that it came. */
const cashOnDelivery = "cash_on_delivery";

async function debtsOf(node: Client, primaryUrl: string, where: string, { entries, orders, payments }: Tables): Promise<Examined> {
  const { rows: debtors } = await node.query<Debtor>(`
    SELECT order_id, o.status, e.currency FROM (
      SELECT order_id, min(currency) AS currency FROM ${entries} WHERE account = '${receivable}' GROUP BY order_id HAVING sum(amount_minor) <> 0
    ) e JOIN ${orders} o USING (order_id) WHERE o.status IN ('DELIVERED', 'CANCELLED', 'RETURNED') AND NOT (o.status = 'DELIVERED' AND EXISTS (
      SELECT FROM ${payments} p WHERE p.order_id = e.order_id AND p.provider = '${cashOnDelivery}' AND p.status = 'AUTHORIZED'
    )) ORDER BY order_id`);
  const problems = new Problems();
  for (let start = 0; start < debtors.length; start += ordersMax) {
    const page = debtors.slice(start, start + ordersMax);
    const ids = page.map(({ order_id }) => order_id);
    const { rows: lines } = await node.query<Line>(
      `SELECT order_id AS "orderId", account, amount_minor::float8 AS "amountMinor", event_type AS "eventType", cause FROM ${entries} WHERE order_id = ANY($1::text[])`, [ids]);
    const byOrder = Map.groupBy(lines, ({ orderId }) => orderId);
    const pending = await atPresent(primaryUrl, (primary) => primary.query<{ order_id: string }>(pendingSql, [ids]));
    const onTheWay = new Set(pending.rows.map(({ order_id }) => order_id));
    for (const { order_id: orderId, status, currency } of page) {
      const money = moneyOf(byOrder.get(orderId) ?? []);
      if (isSettled(money) || onTheWay.has(orderId)) continue;
      const { receivableMinor } = money;
      const text = receivableMinor > 0 ? `its buyer owes ${String(receivableMinor)} ${currency}` : `we owe its buyer ${String(-receivableMinor)} ${currency}`;
      problems.add(orderId, `order ${orderId} is ${status}: ${text}, and no job settles it`);
    }
  }
  return {
    check: "ledger_settled", where, examined: "of orders that are over nobody owes anything", wrong: "orders that are over and not settled",
    problems: problems.list, count: problems.count, remedy: "Compare the order's lines (`ledgerEntries`) with the provider's books; refund or charge by hand what is wrong.",
  };
}

interface Digest { readonly name: string; readonly accounts: ReadonlyMap<string, string> }

/** Nodes keep the same ledger. Each is compared with the first; one that cannot be read tells so in its other checks. */
export async function examineLedgerCopies(nodes: readonly NodeAddress[], behindIsWrong: boolean): Promise<Finding[]> {
  const before = new Date(Date.now() - (behindIsWrong ? 0 : copiedSeconds * 1_000)).toISOString();
  const digests = (await Promise.all(nodes.map((node) => digestOf(node, before).catch(() => null)))).filter((digest) => digest !== null);
  const [first, ...others] = digests;
  if (!first) return [];
  return others.map(({ name, accounts }) => {
    const keys = [...new Set([...first.accounts.keys(), ...accounts.keys()])].sort();
    const problems = keys.filter((key) => first.accounts.get(key) !== accounts.get(key))
      .map((key) => ({ key, text: `${key}: ${accounts.get(key) ?? "nothing"} on ${name}, ${first.accounts.get(key) ?? "nothing"} on ${first.name}` }));
    return judge({
      check: "ledger_copies", where: name, severity: behindIsWrong ? "FAIL" : "warn", examined: `is that of ${first.name}, ${String(keys.length)} accounts`, problems,
      wrong: `accounts that differ from ${first.name}`, remedy: "Wait until both nodes have caught up (--wait); if they still differ, run `millrace rebuild ledger_entry`.",
    });
  });
}

async function digestOf({ name, appUrl }: NodeAddress, before: string): Promise<Digest | null> {
  return inSnapshot(appUrl, async (node) => {
    const entries = await activeTable(node, "ledger_entry");
    if (entries === null) return null;
    const { rows } = await node.query<{ key: string; sum: string }>(`
      SELECT account || ' ' || currency AS key, format('%s in %s lines (%s)', sum(amount_minor), count(*), sum(hashtextextended(entry_id, amount_minor))) AS sum
      FROM ${entries} WHERE recorded_at < $1::timestamptz GROUP BY 1`, [before]);
    return { name, accounts: new Map(rows.map(({ key, sum }) => [key, sum])) };
  });
}
