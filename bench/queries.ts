import pg from "pg";
import type { BenchApi } from "./api.js";
import { httpLoad } from "./http-load.js";
import { closedLoad, medianOf, type LoadResult } from "./load.js";
import { compare, type BenchResult } from "./result.js";
import { customerId, type Surroundings } from "./surroundings.js";

const rounds = 3;
const roundMs = 2_000;
const warmUpMs = 1_000;
const money = "{ amount currency }";
const orderFields = `id status paymentStatus total ${money} subtotal ${money} placedAt version lines { sku name quantity unitPrice ${money} net ${money} }`;

interface QueryBench {
  readonly name: string;
  /** Takes the place of the root field. */
  query(field: string): string;
  readonly real: string;
  readonly nothing: string;
  readonly rawSql: string;
  readonly rawValues: readonly unknown[];
}

/** One caller at a time: microseconds a request, not how many at once. */
export async function benchQueries({ servers }: Surroundings, { url, customerToken, process }: BenchApi): Promise<BenchResult[]> {
  const [node] = servers.nodes;
  const [readNode] = process.readNodes;
  if (!node || !readNode) throw new Error("there is no read node");
  const pool = new pg.Pool({ connectionString: node.appUrl, max: 1 });
  const orders = readNode.tableOf("order_card");
  const { rows: [any] } = await pool.query<{ order_id: string }>(`SELECT order_id FROM ${orders} ORDER BY order_id LIMIT 1`);
  const orderId = any?.order_id ?? "";
  const benches: QueryBench[] = [
    {
      name: "query-order", real: "order", nothing: "nothing", query: (field) => `{ ${field}(id: "order_${orderId}") { ${orderFields} } }`,
      rawSql: `SELECT * FROM ${orders} WHERE order_id = $1`, rawValues: [orderId],
    },
    {
      name: "query-orders-page", real: "orders", nothing: "nothings", query: (field) => `{ ${field}(first: 50) { nodes { ${orderFields} } pageInfo { hasNextPage endCursor } } }`,
      rawSql: `SELECT * FROM ${orders} WHERE customer_id = $1 ORDER BY placed_at DESC, order_id DESC LIMIT 51`, rawValues: [customerId],
    },
  ];
  const results: BenchResult[] = [];
  for (const bench of benches) {
    const load = (field: string, durationMs = roundMs): Promise<LoadResult> => httpLoad({
      url, body: JSON.stringify({ query: bench.query(field) }), headers: { authorization: `Bearer ${customerToken}` }, connections: 1, durationMs,
    });
    const sql = (durationMs = roundMs): Promise<LoadResult> => closedLoad(1, durationMs, () => pool.query({ name: bench.name, text: bench.rawSql, values: [...bench.rawValues] }));
    const [real, nothing, raw]: [LoadResult[], LoadResult[], LoadResult[]] = [[], [], []];
    for (const warm of [() => load(bench.real, warmUpMs), () => load(bench.nothing, warmUpMs), () => sql(warmUpMs)]) await warm();
    for (let round = 0; round < rounds; round += 1) {
      nothing.push(await load(bench.nothing));
      real.push(await load(bench.real));
      raw.push(await sql());
    }
    const [ours, idle, hand] = [real, nothing, raw].map((loads) => medianOf(loads)) as [LoadResult, LoadResult, LoadResult];
    const micros = ({ perSecond }: LoadResult): number => 1e6 / perSecond;
    results.push(compare(bench.name, "µs", { value: micros(ours), p50Ms: ours.p50Ms, p99Ms: ours.p99Ms }, micros(idle) + micros(hand),
      `a query of the same shape that does nothing (${micros(idle).toFixed(0)} µs) plus the same SQL by hand (${micros(hand).toFixed(0)} µs)`));
  }
  await pool.end();
  return results;
}
