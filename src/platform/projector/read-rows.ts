import type { ReadNode } from "./read-node.js";
import type { ReadTable } from "./read-table.js";

/** Statements by table and rest; a program has some dozens, times the tables of rebuilds. */
const texts = new Map<string, string>();
const textsMax = 2_000;

/**
 * Rows of a projection's active table, by the names of their properties, so that nothing is mapped afterwards.
 * @param name of the statement
 * @param rest what follows `FROM <table>`; its text must not hold values
 * @throws SystemError READ_UNAVAILABLE
 */
export function readRows<Row extends object>(
  node: ReadNode, table: ReadTable, name: string, rest: string, values: readonly unknown[],
): Promise<readonly Row[]> {
  const relation = node.tableOf(table.projection.name);
  const key = `${relation} ${rest}`;
  let text = texts.get(key);
  if (text === undefined) {
    if (texts.size >= textsMax) texts.clear();
    text = `SELECT ${selectList(table)} FROM ${relation} ${rest}`;
    texts.set(key, text);
  }
  return node.query<Row>({ name, text, values });
}

function selectList({ columns }: ReadTable): string {
  return columns.map(({ name, property }) => (name === property ? `"${name}"` : `"${name}" AS "${property}"`)).join(", ");
}
