import DataLoader from "dataloader";
import { readRows } from "../projector/read-rows.js";
import type { ReadTable } from "../projector/read-table.js";
import type { RequestContext } from "./request-context.js";

/** Keys of one statement. */
const batchMax = 1_000;

/** The request's loader of a table's rows by their primary key: one statement for all that a list asks for. */
export function rowLoader<Row extends object>(context: RequestContext, table: ReadTable): DataLoader<string, Row | null> {
  const { projection: { name }, key } = table;
  return context.loader(name, () => new DataLoader<string, Row | null>(async (keys) => {
    const rows = await readRows<Row>(context.readNode(), table, `${name}_by_key`, `WHERE "${key.name}" = ANY($1::text[])`, [keys]);
    const byKey = new Map(rows.map((row) => [textOf(row, key.property), row]));
    return keys.map((each) => byKey.get(each) ?? null);
  }, { maxBatchSize: batchMax }));
}

/** The request's loader of the rows that a column ties to something, e.g. the shipments of an order, sorted by their key. */
export function childrenLoader<Row extends object>(context: RequestContext, table: ReadTable, parent: keyof Row & string): DataLoader<string, readonly Row[]> {
  const { projection: { name }, key } = table;
  return context.loader(`${name} of ${parent}`, () => new DataLoader<string, readonly Row[]>(async (parents) => {
    const column = table.columns.find(({ property }) => property === parent);
    if (!column) throw new Error(`${name} has no ${parent}`);
    const rest = `WHERE "${column.name}" = ANY($1::text[]) ORDER BY "${key.name}"`;
    const rows = await readRows<Row>(context.readNode(), table, `${name}_by_parent`, rest, [parents]);
    const byParent = new Map<string, Row[]>();
    for (const row of rows) {
      const siblings = byParent.get(textOf(row, parent));
      if (siblings) siblings.push(row);
      else byParent.set(textOf(row, parent), [row]);
    }
    return parents.map((each) => byParent.get(each) ?? []);
  }, { maxBatchSize: batchMax }));
}

function textOf(row: object, property: string): string {
  return String((row as Readonly<Record<string, unknown>>)[property]);
}
