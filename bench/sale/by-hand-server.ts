import { randomUUID } from "node:crypto";
import { fastify } from "fastify";
import pg from "pg";

/**
 * The same shop as somebody writes it by hand in an afternoon: Fastify, node-postgres, one transaction an order that holds the
 * stock's row with SELECT … FOR UPDATE, all statements prepared. It asks for no token, charges nobody, and tells nobody.
 */
interface Order {
  readonly customerId: string;
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[];
  readonly idempotencyKey: string;
}

type Placed = { readonly orderId: string; readonly replayed: boolean } | { readonly code: "OUT_OF_STOCK" };

const priceMinor = 1_999;
const shippingMinor = 920;

async function placeOrder(pool: pg.Pool, order: Order): Promise<Placed> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    const placed = await placeInTransaction(client, order);
    await client.query("orderId" in placed ? "COMMIT" : "ROLLBACK");
    return placed;
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  } finally {
    client.release();
  }
}

async function placeInTransaction(client: pg.PoolClient, { customerId, lines, idempotencyKey }: Order): Promise<Placed> {
  const orderId = randomUUID();
  const key = `${customerId}:${idempotencyKey}`;
  // Waits for a transaction under way with the same key, so that a repeated click gets the first one's order.
  const { rowCount } = await client.query({ name: "key", text: "INSERT INTO hand_key VALUES ($1, $2) ON CONFLICT DO NOTHING", values: [key, { orderId }] });
  if (rowCount === 0) {
    const { rows: [kept] } = await client.query<{ answer: { orderId: string } }>({ name: "kept", text: "SELECT answer FROM hand_key WHERE key = $1", values: [key] });
    return { orderId: kept?.answer.orderId ?? "", replayed: true };
  }
  const totalMinor = lines.reduce((sum, { quantity }) => sum + quantity * priceMinor, shippingMinor);
  for (const { sku, quantity } of lines) {
    const { rows: [stock] } = await client.query<{ free: string }>({ name: "stock", text: "SELECT on_hand - reserved AS free FROM hand_stock WHERE sku = $1 FOR UPDATE", values: [sku] });
    if (!stock || Number(stock.free) < quantity) return { code: "OUT_OF_STOCK" };
    await client.query({ name: "reserve", text: "UPDATE hand_stock SET reserved = reserved + $2 WHERE sku = $1", values: [sku, quantity] });
  }
  await client.query({ name: "order", text: "INSERT INTO hand_order (id, customer_id, total_minor) VALUES ($1, $2, $3)", values: [orderId, customerId, totalMinor] });
  for (const { sku, quantity } of lines) {
    await client.query({ name: "line", text: "INSERT INTO hand_line VALUES ($1, $2, $3, $4)", values: [orderId, sku, quantity, priceMinor] });
  }
  await client.query({
    name: "event", text: "INSERT INTO hand_event (stream_id, version, type, data) VALUES ($1, 1, 'OrderPlaced', $2)",
    values: [`order-${orderId}`, { orderId, customerId, lines, totalMinor }],
  });
  return { orderId, replayed: false };
}

const [databaseUrl, poolSize] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: databaseUrl, max: Number(poolSize) });
const clients = await Promise.all(Array.from({ length: Number(poolSize) }, () => pool.connect()));
for (const client of clients) client.release();
const app = fastify({ logger: false });
app.post<{ Body: Order }>("/orders", ({ body }) => placeOrder(pool, body));
const url = await app.listen({ host: "127.0.0.1", port: 0, backlog: 4_096 });
process.send?.({ url: `${url}/orders` });
process.on("disconnect", () => process.exit(0));
