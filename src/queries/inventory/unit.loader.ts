import DataLoader from "dataloader";
import type { RequestContext } from "../../platform/http/request-context.js";
import type { ReadNode } from "../../platform/projector/read-node.js";
import { stockLoader } from "./stock.loader.js";
import { noStock, stockLevelType, type StockLevelType } from "./stock.type.js";

/** What the numbered units of a product come to, in the words of counted ones. */
interface UnitCounts {
  readonly sku: string;
  readonly onHand: number;
  readonly available: number;
  /** Sum of the units' versions: it grows with each change of one of them. */
  readonly version: number;
  readonly updatedAt: string;
}

/** Products of one statement. */
const batchMax = 1_000;

/** A hold whose time is over counts as free, by the node's clock. */
async function countUnits(node: ReadNode, skus: readonly string[]): Promise<readonly UnitCounts[]> {
  return node.query<UnitCounts>({
    name: "unit_counts",
    text: `SELECT sku, count(*) FILTER (WHERE state <> 'gone')::int AS "onHand",
        count(*) FILTER (WHERE state = 'free' OR (state = 'held' AND held_until <= now()))::int AS available,
        sum(version)::int AS version, max(updated_at) AS "updatedAt"
      FROM ${node.tableOf("unit_card")} WHERE sku = ANY($1::text[]) GROUP BY sku`,
    values: [skus],
  });
}

/** How much of a product there is, whether it is counted or its units are numbered. Only where nothing was ever counted are units looked for. */
export async function loadStock(context: RequestContext, sku: string): Promise<StockLevelType> {
  const row = await stockLoader(context).load(sku);
  const level = row ? stockLevelType(row) : noStock(sku);
  if (level.version > 0) return level;
  const counts = await unitCountsLoader(context).load(sku);
  return counts ? withUnits(level, counts) : level;
}

/** The same for one product, past every cache. */
export async function withNumberedUnits(node: ReadNode, level: StockLevelType): Promise<StockLevelType> {
  if (level.version > 0) return level;
  const [counts] = await countUnits(node, [level.sku]);
  return counts ? withUnits(level, counts) : level;
}

function withUnits(level: StockLevelType, { onHand, available, version, updatedAt }: UnitCounts): StockLevelType {
  const { sku, lowAt } = level;
  return { sku, onHand, available, reserved: onHand - available, lowAt, version, updatedAt };
}

function unitCountsLoader(context: RequestContext): DataLoader<string, UnitCounts | null> {
  return context.loader("unit counts", () => new DataLoader<string, UnitCounts | null>(async (skus) => {
    const counts = new Map((await countUnits(context.readNode(), skus)).map((each) => [each.sku, each]));
    return skus.map((sku) => counts.get(sku) ?? null);
  }, { maxBatchSize: batchMax }));
}
