import type { PrimaryReader } from "../../platform/http/request-context.js";
import { readRows } from "../../platform/projector/read-rows.js";
import type { ReadNode } from "../../platform/projector/read-node.js";
import type { StockLevelRow } from "../../projections/inventory/stock-level.projection.js";
import { stockLevelTable } from "../../projections/inventory/stock-level.table.js";
import type { InvariantCardRow } from "../../projections/operations/invariant-card.projection.js";
import { invariantCardTable } from "../../projections/operations/invariant-card.table.js";

type Counters = Pick<StockLevelRow, "sku" | "onHand" | "reserved" | "version">;

/** A product's counters are what its last fact says, and nobody is promised what there is not. */
export const stockLaw = "stock_is_facts";

/** Null where it holds, or cannot be told since one of the two is behind the other. */
export function judgeCounters(here: Counters, there: Counters | undefined): string | null {
  if (!there) return "there is no stock row of it";
  if (here.version !== there.version) return null;
  const { onHand, reserved } = there;
  if (here.onHand !== onHand || here.reserved !== reserved) return `its facts say ${here.onHand} on hand and ${here.reserved} reserved, its row ${onHand} and ${reserved}`;
  return reserved < 0 || reserved > onHand ? `${reserved} are reserved of ${onHand} on hand` : null;
}

/** A node's levels come of the facts alone; the primary's rows are read by their key, without a lock. */
export async function judgeStock({ node, primary }: { readonly node: ReadNode; readonly primary: PrimaryReader }, skus: readonly string[]): Promise<{ law: string; key: string; found: string | null }[]> {
  if (skus.length === 0) return [];
  const look = async (wanted: readonly string[]): Promise<Map<string, string>> => {
    const there = new Map((await primary.query<Counters>(
      `SELECT sku, on_hand::float8 AS "onHand", reserved::float8 AS reserved, version FROM stock_item WHERE sku = ANY($1::text[])`, [wanted])).map((row) => [row.sku, row]));
    const here = await readRows<StockLevelRow>(node, stockLevelTable, "invariant_stock_level", "WHERE sku = ANY($1::text[])", [wanted]);
    return new Map(here.flatMap((row) => {
      // One that was never received has no stock row, and no facts.
      const found = row.version === 0 ? null : judgeCounters(row, there.get(row.sku));
      return found === null ? [] : [[row.sku, found] as const];
    }));
  };
  const first = await look(skus);
  const again = first.size === 0 ? first : await look([...first.keys()]);
  const open = await readRows<InvariantCardRow>(node, invariantCardTable, "invariants_stock_open", "WHERE broken AND law = $1 AND key = ANY($2::text[])", [stockLaw, skus]);
  return [
    ...[...again].map(([key, found]) => ({ law: stockLaw, key, found })),
    ...open.filter(({ key }) => !again.has(key)).map(({ law, key }) => ({ law, key, found: null })),
  ];
}
