import { MikroORM, type EntityProperty, type EntitySchema } from "@mikro-orm/postgresql";

/** One column of an entity's table. */
export interface EntityColumn {
  /** The row's property, camelCase. */
  readonly property: string;
  /** snake_case. */
  readonly name: string;
  /** As SQL knows it: `text`, `bigint`, `timestamptz` (a string in the row, RFC 3339 UTC), `jsonb` … */
  readonly type: string;
  readonly nullable: boolean;
}

export interface EntityIndex {
  /** Names of columns, in the index's order. */
  readonly columns: readonly string[];
  readonly unique: boolean;
}

/** The table that a MikroORM entity stands for. */
export interface EntityShape {
  readonly table: string;
  readonly columns: readonly EntityColumn[];
  readonly key: EntityColumn;
  readonly indexes: readonly EntityIndex[];
}

/**
 * Reads an entity of plain columns whose one primary key is of type text. Nothing connects: only metadata is read.
 * @throws Error where the entity is another kind
 */
export function entityShape<Row extends object>(entity: EntitySchema<Row>): EntityShape {
  const orm = new MikroORM({ entities: [entity], dbName: "shape" });
  const { tableName: table, properties, primaryKeys, indexes, uniques } = orm.getMetadata().get(entity.meta.class);
  const found: EntityIndex[] = [];
  const columns = Object.values<EntityProperty>(properties).map(({ name: property, fieldNames: [name], columnTypes: [type], nullable, index, unique }): EntityColumn => {
    if (!name || !type) throw new Error(`${table}.${property} has no column: tables here have plain columns only`);
    if (index || unique) found.push({ columns: [name], unique: Boolean(unique) });
    return { property, name, type, nullable: nullable === true };
  });
  const columnsOf = (parts: string | readonly string[] | undefined): readonly string[] =>
    (typeof parts === "string" ? [parts] : (parts ?? [])).map((part) => columns.find(({ property }) => property === part)?.name ?? part);
  for (const index of indexes) found.push({ columns: columnsOf(index.properties), unique: false });
  for (const unique of uniques) found.push({ columns: columnsOf(unique.properties), unique: true });
  const key = columns.find(({ property }) => property === primaryKeys.join());
  if (key?.type !== "text") throw new Error(`the table ${table} needs one primary key, of type text`);
  return { table, columns, key, indexes: found };
}
