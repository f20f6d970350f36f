import { MikroORM, type EntitySchema } from "@mikro-orm/postgresql";
import type { TableColumn, TableIndex, TableShape } from "../../kernel/projection.js";

/**
 * Reads a read table's shape from its MikroORM entity: the entity says the types once, and rows, SQL and
 * indexes follow. Times are `p.string().columnType("timestamptz")`, amounts `p.bigint("number")`, lists and
 * objects `p.json()`; the key is one `p.text().primary()`. Nothing connects: only metadata is read.
 */
export function readTable<Row extends object>(entity: EntitySchema<Row>): TableShape<Row> {
  const orm = new MikroORM({ entities: [entity], dbName: "shape" });
  const { properties, primaryKeys, indexes, uniques, tableName } = orm.getMetadata().get(entity.meta.class);
  const columns: Record<string, TableColumn> = {};
  const found: TableIndex[] = [];
  for (const { name, fieldNames, columnTypes, nullable, index, unique } of Object.values(properties)) {
    const [column, type] = [fieldNames?.[0], columnTypes?.[0]];
    if (!column || !type) throw new Error(`${tableName}.${name} has no column: read tables have plain columns only`);
    columns[name] = { name: column, type, nullable: nullable === true };
    if (index) found.push({ columns: [name], unique: false });
    if (unique) found.push({ columns: [name], unique: true });
  }
  for (const { properties: parts } of indexes) found.push({ columns: namesOf(parts), unique: false });
  for (const { properties: parts } of uniques) found.push({ columns: namesOf(parts), unique: true });
  const [key, ...others] = primaryKeys;
  if (!key || others.length > 0 || columns[key]?.type !== "text") {
    throw new Error(`${tableName} needs exactly one primary key, of type text`);
  }
  // MikroORM's metadata has lost the row's type; the entity it came from has it.
  return { columns: columns as TableShape<Row>["columns"], key: key as keyof Row & string, indexes: found };
}

function namesOf(parts: string | readonly string[] | undefined): readonly string[] {
  return typeof parts === "string" ? [parts] : (parts ?? []);
}
