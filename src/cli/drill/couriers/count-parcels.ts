import type { Client } from "pg";
import { withClient } from "../../../platform/postgres/connection.js";

/** How everything stands, by our own log and read tables. */
export interface ShopCount {
  readonly orders: Readonly<Record<string, number>>;
  /** Orders that have come to no end; at most 20 named. */
  readonly openOrders: readonly string[];
  /** Parcels with a label, by what became of them. */
  readonly parcels: Readonly<Record<ParcelEnd, number>>;
  /** Attempts whose courier has not said yet what it made of them, and labels too many that are not called off. */
  readonly openAttempts: number;
}

/** `open`: none of the others; of an order that waits for a person it may stay so. */
export type ParcelEnd = "delivered" | "returned" | "lost" | "called off" | "open";

/** What couriers were asked, and what came of it. */
export interface AttemptCount {
  readonly attempts: number;
  /** Parcels that another courier took than the first that was asked. */
  readonly failovers: number;
  readonly failed: Readonly<Record<string, number>>;
  readonly inDoubt: Readonly<Record<string, number>>;
  /** Labels by courier. */
  readonly shares: Readonly<Record<string, number>>;
  /** From paid to allocated, seconds; null where no order was. */
  readonly allocatedSeconds: { readonly p50: number; readonly p99: number; readonly max: number } | null;
  readonly waited: number;
}

export interface Databases { readonly primaryUrl: string; readonly nodeUrl: string }

const statementTimeoutMs = 60_000;
const namedMax = 20;
const ended = ["DELIVERED", "RETURNED", "CANCELLED", "ON_HOLD"];

const openAttempts = `
  SELECT count(*)::int AS count FROM event_log f WHERE stream_category = 'shipment'
    AND ((type = 'ShipmentAttemptFailed' AND data->>'inDoubt' = 'true'
        AND NOT EXISTS (SELECT FROM event_log s WHERE s.stream_id = f.stream_id AND s.type IN ('ShipmentAttemptSettled', 'ShipmentBooked', 'ShipmentSurplusFound') AND s.data->>'attempt' = f.data->>'attempt'))
      OR (type = 'ShipmentSurplusFound'
        AND NOT EXISTS (SELECT FROM event_log s WHERE s.stream_id = f.stream_id AND s.type = 'ShipmentAttemptSettled' AND s.version > f.version AND s.data->>'attempt' = f.data->>'attempt')))`;

/** In doubt at first, and what came of it last. */
const inDoubt = `
  SELECT coalesce((SELECT CASE s.type WHEN 'ShipmentBooked' THEN 'the parcel''s own label' WHEN 'ShipmentSurplusFound' THEN 'being called off'
      ELSE CASE s.data->>'outcome' WHEN 'none' THEN 'no label' WHEN 'voided' THEN 'called off' ELSE 'left' END END
    FROM event_log s WHERE s.stream_id = f.stream_id AND s.type IN ('ShipmentAttemptSettled', 'ShipmentBooked', 'ShipmentSurplusFound') AND s.data->>'attempt' = f.data->>'attempt'
    ORDER BY s.version DESC LIMIT 1), 'nobody knows') AS name, count(*)::int AS count
  FROM event_log f WHERE type = 'ShipmentAttemptFailed' AND data->>'inDoubt' = 'true' GROUP BY 1`;

const allocated = `
  SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS p50, percentile_cont(0.99) WITHIN GROUP (ORDER BY seconds) AS p99, max(seconds) AS max FROM (
    SELECT extract(epoch FROM a.recorded_at - min(p.recorded_at))::float8 AS seconds
    FROM event_log a JOIN event_log p ON p.stream_id = a.stream_id AND p.type = 'OrderPaid' WHERE a.type = 'OrderAllocated' GROUP BY a.stream_id, a.recorded_at) times`;

interface Named { readonly name: string; readonly count: number }

/** @throws where a server cannot be reached */
export async function countShop({ primaryUrl, nodeUrl }: Databases, acknowledged: ReadonlySet<string>): Promise<ShopCount> {
  const open = await withClient({ url: primaryUrl, applicationName: "millrace drill", statementTimeoutMs }, async (client) => (await one<{ count: number }>(client, openAttempts)).count);
  return withClient({ url: nodeUrl, applicationName: "millrace drill", statementTimeoutMs }, async (client) => {
    const tableOf = async (projection: string): Promise<string> =>
      `read.${(await one<{ name: string }>(client, "SELECT quote_ident(table_name) AS name FROM read.projection WHERE name = $1 AND state = 'active'", [projection])).name}`;
    const [orders, labels, shipments] = [await tableOf("order_card"), await tableOf("courier_parcel"), await tableOf("shipment_card")];
    const statuses = await named(client, `SELECT status AS name, count(*)::int AS count FROM ${orders} GROUP BY 1`);
    const seen = Object.values(statuses).reduce((sum, count) => sum + count, 0);
    const { rows } = await client.query<{ id: string }>(`SELECT order_id AS id FROM ${orders} WHERE status <> ALL($1) LIMIT ${namedMax}`, [ended]);
    const parcels = await named(client, `
      SELECT CASE WHEN l.called_off THEN 'called off' WHEN s.status = 'delivered' THEN 'delivered' WHEN l.returned OR s.status = 'return_to_sender' THEN 'returned'
        WHEN l.lost OR s.status = 'failure' AND o.status = 'ON_HOLD' THEN 'lost' ELSE 'open' END AS name, count(*)::int AS count
      FROM ${labels} l JOIN ${shipments} s ON s.shipment_id = l.parcel LEFT JOIN ${orders} o USING (order_id) GROUP BY 1`);
    return {
      orders: statuses, openOrders: [...rows.map(({ id }) => id), ...(seen < acknowledged.size ? [`${acknowledged.size - seen} that the node has not seen`] : [])],
      parcels: { delivered: 0, returned: 0, lost: 0, "called off": 0, open: 0, ...parcels }, openAttempts: open,
    };
  });
}

/** @throws where the server cannot be reached */
export async function countAttempts({ primaryUrl }: Databases): Promise<AttemptCount> {
  return withClient({ url: primaryUrl, applicationName: "millrace drill", statementTimeoutMs }, async (client) => {
    const count = async (condition: string): Promise<number> => (await one<{ count: number }>(client, `SELECT count(*)::int AS count FROM event_log WHERE ${condition}`)).count;
    const times = await one<{ p50: number | null; p99: number; max: number }>(client, allocated);
    return {
      attempts: await count("type = 'ShipmentAttempted'"), failovers: await count("type = 'ShipmentBooked' AND data->>'attempt' <> '1'"),
      failed: await named(client, "SELECT data->>'code' AS name, count(*)::int AS count FROM event_log WHERE type = 'ShipmentAttemptFailed' GROUP BY 1"),
      inDoubt: await named(client, inDoubt), shares: await named(client, "SELECT data->>'courierId' AS name, count(*)::int AS count FROM event_log WHERE type = 'ShipmentBooked' GROUP BY 1"),
      allocatedSeconds: times.p50 === null ? null : { ...times, p50: times.p50 }, waited: await count("type = 'ShipmentDelayed'"),
    };
  });
}

async function one<Row extends object>(client: Client, sql: string, values: readonly unknown[] = []): Promise<Row> {
  const { rows: [row] } = await client.query<Row>(sql, [...values]);
  if (!row) throw new Error("this query gives a row");
  return row;
}

async function named(client: Client, sql: string): Promise<Record<string, number>> {
  return Object.fromEntries((await client.query<Named>(sql)).rows.map(({ name, count }) => [name, count]));
}
