import type { Client } from "pg";
import { inThousands, Problems, type Examined } from "./finding.js";

interface Reserved {
  readonly sku: string;
  readonly reserved: number;
  /** By reservations, of the shelf and of sales. */
  readonly held: number;
  /** In sales, for whoever comes. */
  readonly left: number;
}

const reservedSql = `
  SELECT sku, reserved::float8, coalesce(held, 0)::float8 AS held, coalesce(left_units, 0)::float8 AS "left"
  FROM stock_item
  LEFT JOIN (SELECT sku, sum(quantity) AS held FROM hold_line GROUP BY sku) h USING (sku)
  LEFT JOIN (SELECT sku COLLATE "C" AS sku, sum(left_units) AS left_units FROM sale GROUP BY 1) s USING (sku)
  ORDER BY sku`;

/**
 * Everything that is set aside is set aside for somebody: for an open order, by a reservation, or for a sale's next buyer.
 * Told by these themselves and not by the stock's facts.
 * @param ordered units that open orders hold, by SKU
 */
export async function examineReserved(client: Client, ordered: ReadonlyMap<string, number>): Promise<Examined> {
  const { rows } = await client.query<Reserved>(reservedSql);
  const problems = new Problems();
  const rest = new Map(ordered);
  for (const { sku, reserved, held, left } of rows) {
    const units = ordered.get(sku) ?? 0;
    rest.delete(sku);
    if (units + held + left === reserved) continue;
    const besides = held + left === 0 ? "" : `, reservations ${String(held)}, and ${String(left)} are left in sales`;
    problems.add(sku, `${sku}: reserved is ${String(reserved)}, open orders hold ${String(units)}${besides}`);
  }
  for (const [sku, units] of rest) problems.add(sku, `${sku}: open orders hold ${String(units)}, and there is no stock row`);
  return {
    check: "stock_reserved", where: "primary", examined: `reserved = units that open orders and reservations hold + left in sales, ${inThousands(rows.length)} SKUs`,
    wrong: "SKUs whose reserved units are not what is held and set aside", problems: problems.list, count: problems.count,
    remedy: "stock_item, hold_line or sale was changed beside the command bus: set it to what its last fact in the log says.",
  };
}
