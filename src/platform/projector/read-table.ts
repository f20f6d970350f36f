import type { EntitySchema } from "@mikro-orm/postgresql";
import type { AnyProjection, Projection } from "../../kernel/projection.js";
import type { DomainEvent } from "../../kernel/event.js";
import { entityShape, type EntityShape } from "../postgres/entity-shape.js";

/** A projection and the shape of its tables, which have no name yet: every version and every rebuild has its own. */
export interface ReadTable extends Pick<EntityShape, "columns" | "key" | "indexes"> {
  readonly projection: AnyProjection;
}

/**
 * Ties a projection to its MikroORM entity: the entity says the types once, and rows, SQL and indexes follow.
 * Times are `p.string().columnType("timestamptz")`, amounts `p.bigint("number")`, lists and objects `p.json()`;
 * the key is one `p.text().primary()`.
 */
export function readTable<Event extends DomainEvent, Row extends object>(
  projection: Projection<Event, Row>, entity: EntitySchema<Row>,
): ReadTable {
  const { columns, key, indexes } = entityShape(entity);
  if (key.property !== projection.key) throw new Error(`the table of ${projection.name} needs "${projection.key}" as its primary key`);
  return { projection, columns, key, indexes };
}
