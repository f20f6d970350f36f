import { MikroORM, type EntityProperty, type EntitySchema } from "@mikro-orm/postgresql";
import type { AnyProjection, Projection } from "../../kernel/projection.js";
import type { DomainEvent } from "../../kernel/event.js";

/** One column of a read table. */
export interface TableColumn {
  /** The row's property, camelCase. */
  readonly property: string;
  /** snake_case. */
  readonly name: string;
  /** As SQL knows it: `text`, `bigint`, `timestamptz` (a string in the row, RFC 3339 UTC), `jsonb` … */
  readonly type: string;
  readonly nullable: boolean;
}

export interface TableIndex {
  /** Names of columns, in the index's order. */
  readonly columns: readonly string[];
  readonly unique: boolean;
}

/** A projection and the shape of its tables, which have no name yet: every version and every rebuild has its own. */
export interface ReadTable {
  readonly projection: AnyProjection;
  readonly columns: readonly TableColumn[];
  readonly key: TableColumn;
  readonly indexes: readonly TableIndex[];
}

/**
 * Ties a projection to its MikroORM entity: the entity says the types once, and rows, SQL and indexes follow.
 * Times are `p.string().columnType("timestamptz")`, amounts `p.bigint("number")`, lists and objects `p.json()`;
 * the key is one `p.text().primary()`. Nothing connects: only metadata is read.
 */
export function readTable<Event extends DomainEvent, Row extends object>(
  projection: Projection<Event, Row>, entity: EntitySchema<Row>,
): ReadTable {
  const orm = new MikroORM({ entities: [entity], dbName: "shape" });
  const { properties, primaryKeys, indexes, uniques } = orm.getMetadata().get(entity.meta.class);
  const found: TableIndex[] = [];
  const columns = Object.values<EntityProperty>(properties).map(({ name: property, fieldNames, columnTypes, nullable, index, unique }): TableColumn => {
    const [name, type] = [fieldNames[0], columnTypes[0]];
    if (!name || !type) throw new Error(`${projection.name}.${property} has no column: read tables have plain columns only`);
    if (index || unique) found.push({ columns: [name], unique: Boolean(unique) });
    return { property, name, type, nullable: nullable === true };
  });
  const columnsOf = (parts: string | readonly string[] | undefined): readonly string[] =>
    (typeof parts === "string" ? [parts] : (parts ?? [])).map((part) => columns.find(({ property }) => property === part)?.name ?? part);
  for (const index of indexes) found.push({ columns: columnsOf(index.properties), unique: false });
  for (const unique of uniques) found.push({ columns: columnsOf(unique.properties), unique: true });
  const key = columns.find(({ property }) => property === projection.key);
  if (primaryKeys.join() !== projection.key || key?.type !== "text") {
    throw new Error(`the table of ${projection.name} needs "${projection.key}" as its one primary key, of type text`);
  }
  return { projection, columns, key, indexes: found };
}
