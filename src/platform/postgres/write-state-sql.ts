import type { EntitySchema } from "@mikro-orm/postgresql";
import type { WriteState } from "../../kernel/command.js";
import { entityShape, type EntityColumn } from "./entity-shape.js";

export interface WriteStateOptions {
  /** Rows are read to be changed: `FOR UPDATE`, in key order, so that every writer takes the locks in the same order. */
  readonly locked?: true;
  /** Rows may be handed in as `{ <key>, erased: true }`: these are deleted. */
  readonly erasable?: true;
}

type WriteStateSql = Required<Pick<WriteState<object>, "table" | "loadSql" | "saveSql">>;

/** How a column comes back as its row has it: numbers, and times as RFC 3339 UTC to the millisecond. */
const selections: Readonly<Record<string, (name: string) => string>> = {
  bigint: (name) => `${name}::float8`,
  timestamptz: (name) => `to_char(${name} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
};

/**
 * The statements of a write-state table, made once from its MikroORM entity: the entity says columns and types once,
 * and a test holds it against the migrations. Amounts are `p.bigint("number")`, times
 * `p.string().columnType("timestamptz")`, objects `p.json()`; the key is one text.
 */
export function writeStateSql<Row extends object>(entity: EntitySchema<Row>, options: WriteStateOptions = {}): WriteStateSql {
  const { table: tableName, ...shape } = entityShape(entity);
  const columns = shape.columns.map(quoted);
  const key = quoted(shape.key);
  const table = `"${tableName}"`;
  const list = selectedColumns(entity);
  const lock = options.locked ? ` ORDER BY ${key.name} COLLATE "C" FOR UPDATE` : "";
  return {
    table: tableName,
    loadSql: `SELECT ${list} FROM ${table} WHERE ${key.name} = ANY($1::text[])${lock}`,
    saveSql: saveSqlOf(table, key, columns, options),
  };
}

/** What is selected of an entity's table, each column under its property's name. @param alias of the table in the statement */
export function selectedColumns<Row extends object>(entity: EntitySchema<Row>, alias?: string): string {
  return entityShape(entity).columns.map(({ property, name, type }) => {
    const column = `${alias === undefined ? "" : `${alias}.`}"${name}"`;
    return `${selections[type]?.(column) ?? column} AS "${property}"`;
  }).join(", ");
}

function saveSqlOf(table: string, key: EntityColumn, columns: readonly EntityColumn[], { erasable }: WriteStateOptions): string {
  const shape = [...columns.map(({ property, type }) => `"${property}" ${type}`), ...(erasable ? [`"erased" boolean`] : [])];
  const rows = `json_to_recordset($1::json) AS r (${shape.join(", ")})`;
  const erasure = `WITH r AS MATERIALIZED (SELECT * FROM ${rows}),
    gone AS (DELETE FROM ${table} AS t USING r WHERE t.${key.name} = r."${key.property}" AND r."erased")\n`;
  const changes = columns.filter(({ name }) => name !== key.name).map(({ name }) => `${name} = excluded.${name}`);
  return `${erasable ? erasure : ""}INSERT INTO ${table} (${columns.map(({ name }) => name).join(", ")})
    SELECT ${columns.map(({ property }) => `"${property}"`).join(", ")} FROM ${erasable ? `r WHERE "erased" IS NOT TRUE` : rows}
    ON CONFLICT (${key.name}) DO UPDATE SET ${changes.join(", ")}`;
}

/** The column under the name that SQL takes as it is. */
function quoted(column: EntityColumn): EntityColumn {
  return { ...column, name: `"${column.name}"` };
}
