import { randomUUID } from "node:crypto";
import pg from "pg";

const tables = `
  CREATE TABLE hand_stock (sku text PRIMARY KEY, on_hand bigint NOT NULL, reserved bigint NOT NULL);
  CREATE TABLE hand_order (id uuid PRIMARY KEY, customer_id text NOT NULL, total_minor bigint NOT NULL, placed_at timestamptz NOT NULL DEFAULT now());
  CREATE TABLE hand_line (order_id uuid NOT NULL, sku text NOT NULL, quantity integer NOT NULL, price_minor bigint NOT NULL, PRIMARY KEY (order_id, sku));
  CREATE TABLE hand_event (position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, stream_id text NOT NULL, version integer NOT NULL, type text NOT NULL, data jsonb NOT NULL, UNIQUE (stream_id, version));
  CREATE TABLE hand_key (key text PRIMARY KEY, answer jsonb NOT NULL);
  INSERT INTO hand_stock VALUES ('HOT', 100000000, 0);`;

/** The same work as somebody writes it by hand: node-postgres, one transaction an order, prepared statements. */
export async function makeHandTables(adminUrl: string): Promise<void> {
  const client = new pg.Client(adminUrl);
  await client.connect();
  await client.query(tables);
  await client.end();
}

export interface ByHand {
  placeOrder(): Promise<void>;
  close(): Promise<void>;
}

/** @param poolSize connections, all opened before the first order */
export async function byHand(adminUrl: string, poolSize: number): Promise<ByHand> {
  const pool = new pg.Pool({ connectionString: adminUrl, max: poolSize });
  const clients = await Promise.all(Array.from({ length: poolSize }, () => pool.connect()));
  for (const client of clients) client.release();
  return {
    async placeOrder() {
      const client = await pool.connect();
      try {
        await client.query("BEGIN");
        await placeOne(client);
        await client.query("COMMIT");
      } catch (error) {
        await client.query("ROLLBACK");
        throw error;
      } finally {
        client.release();
      }
    },
    close: () => pool.end(),
  };
}

async function placeOne(client: pg.PoolClient): Promise<void> {
  const orderId = randomUUID();
  const data = { orderId, customerId: "bench-customer", lines: [{ sku: "HOT", quantity: 1, priceMinor: 1_999 }], totalMinor: 2_919 };
  await client.query({ name: "hand_key", text: "INSERT INTO hand_key VALUES ($1, $2)", values: [randomUUID(), { orderId }] });
  const { rowCount } = await client.query({
    name: "hand_stock", text: "UPDATE hand_stock SET reserved = reserved + 1 WHERE sku = $1 AND on_hand - reserved >= 1", values: ["HOT"],
  });
  if (rowCount !== 1) throw new Error("sold out");
  await client.query({ name: "hand_order", text: "INSERT INTO hand_order (id, customer_id, total_minor) VALUES ($1, $2, $3)", values: [orderId, "bench-customer", 2_919] });
  await client.query({ name: "hand_line", text: "INSERT INTO hand_line VALUES ($1, $2, 1, 1999)", values: [orderId, "HOT"] });
  await client.query({
    name: "hand_event", text: "INSERT INTO hand_event (stream_id, version, type, data) VALUES ($1, 1, 'OrderPlaced', $2)", values: [`order-${orderId}`, data],
  });
}
