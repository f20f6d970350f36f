import { createHash } from "node:crypto";
import type { Client, QueryResult } from "pg";
import { quoteName } from "./build.js";
import type { ReadTable } from "./read-table.js";
import type { AnyRow, RowBatch } from "./row-batch.js";

/** The three statements of one table, prepared once a connection. */
interface Statements {
  readonly load: { readonly name: string; readonly text: string };
  readonly upsert: { readonly name: string; readonly text: string };
  readonly remove: { readonly name: string; readonly text: string };
}

const known = new WeakMap<ReadTable, Map<string, Statements>>();

function statementsOf(table: ReadTable, relation: string): Statements {
  let byRelation = known.get(table);
  if (!byRelation) known.set(table, byRelation = new Map<string, Statements>());
  let statements = byRelation.get(relation);
  if (!statements) byRelation.set(relation, statements = makeStatements(table, relation));
  return statements;
}

function makeStatements({ columns, key }: ReadTable, relation: string): Statements {
  const id = createHash("sha1").update(`${relation} ${JSON.stringify(columns)}`).digest("hex").slice(0, 12);
  const keyName = quoteName(key.name);
  const names = columns.map(({ name }) => quoteName(name)).join(", ");
  const updates = columns.filter((column) => column !== key).map(({ name }) => `${quoteName(name)} = EXCLUDED.${quoteName(name)}`);
  return {
    load: {
      name: `rows_load_${id}`,
      text: `SELECT ${columns.map(({ name, property }) => `${quoteName(name)} AS ${quoteName(property)}`).join(", ")} FROM ${relation} WHERE ${keyName} = ANY($1::text[])`,
    },
    upsert: {
      name: `rows_upsert_${id}`,
      text: `INSERT INTO ${relation} (${names}) SELECT ${names} FROM json_populate_recordset(NULL::${relation}, $1::json)
             ON CONFLICT (${keyName}) DO ${updates.length === 0 ? "NOTHING" : `UPDATE SET ${updates.join(", ")}`}`,
    },
    remove: { name: `rows_remove_${id}`, text: `DELETE FROM ${relation} WHERE ${keyName} = ANY($1::text[])` },
  };
}

/** The rows of these keys, one query. */
export async function loadRows(client: Client, table: ReadTable, relation: string, keys: readonly string[]): Promise<readonly AnyRow[]> {
  if (keys.length === 0) return [];
  const { rows } = await client.query<AnyRow>({ ...statementsOf(table, relation).load, values: [keys] });
  return rows;
}

/** Sends the batch's changes, at most one upsert and one delete; the caller waits for the answers. */
export function sendChanges(client: Client, table: ReadTable, relation: string, batch: RowBatch): Promise<QueryResult>[] {
  const { put, deleted } = batch.changes();
  const { upsert, remove } = statementsOf(table, relation);
  const queries: Promise<QueryResult>[] = [];
  if (deleted.length > 0) queries.push(client.query({ ...remove, values: [deleted] }));
  if (put.length > 0) {
    const rows = put.map((row) => Object.fromEntries(table.columns.map(({ property, name }) => [name, row[property]])));
    queries.push(client.query({ ...upsert, values: [JSON.stringify(rows)] }));
  }
  return queries;
}
