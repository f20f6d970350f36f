import pg from "pg";

/** What the primary's rows say about everything that was sold. */
export interface PrimaryTruth {
  readonly orders: number;
  /** Orders beyond the first of the same wish, found by the trace that came with each wish. */
  readonly doubled: number;
  /** Acknowledged orders that are not there. */
  readonly lost: number;
  /** Units in orders beyond those received, of any product; and units reserved beyond those on hand. */
  readonly oversold: number;
  /** Units in orders, by product. */
  readonly unitsBySku: ReadonlyMap<string, number>;
}

interface PlacedRow {
  readonly orderId: string;
  readonly trace: string | null;
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[];
}

/** @param acknowledged ids as the clients got them, in any number of repetitions */
export async function askPrimary(adminUrl: string, acknowledged: Iterable<string>): Promise<PrimaryTruth> {
  const client = new pg.Client(adminUrl);
  await client.connect();
  try {
    const { rows } = await client.query<PlacedRow>(`
      SELECT data->>'orderId' AS "orderId", metadata->>'traceparent' AS trace, data->'lines' AS lines FROM event_log WHERE type = 'OrderPlaced'`);
    const { rows: received } = await client.query<{ sku: string; units: string }>(`
      SELECT fact->>'sku' AS sku, sum((fact->>'onHandDelta')::bigint) AS units
      FROM event_log, json_array_elements(data->'stock') fact WHERE type = 'StockReceived' GROUP BY 1`);
    const { rows: [stock] } = await client.query<{ over: string }>("SELECT coalesce(sum(greatest(reserved - on_hand, 0)), 0) AS over FROM stock_item");
    const ids = new Set(rows.map(({ orderId }) => `order_${orderId}`));
    const traces = rows.flatMap(({ trace }) => (trace === null ? [] : [trace]));
    const unitsBySku = new Map<string, number>();
    for (const { lines } of rows) for (const { sku, quantity } of lines) unitsBySku.set(sku, (unitsBySku.get(sku) ?? 0) + quantity);
    const receivedBySku = new Map(received.map(({ sku, units }) => [sku, Number(units)]));
    const beyond = [...unitsBySku].reduce((sum, [sku, units]) => sum + Math.max(0, units - (receivedBySku.get(sku) ?? 0)), 0);
    return {
      orders: rows.length, doubled: traces.length - new Set(traces).size, unitsBySku,
      lost: [...new Set(acknowledged)].filter((id) => !ids.has(id)).length, oversold: beyond + Number(stock?.over ?? 0),
    };
  } finally {
    await client.end();
  }
}
