import { MikroORM, type EntitySchema } from "@mikro-orm/core";
import { PostgreSqlDriver } from "@mikro-orm/postgresql";
import { poolConfig, type PoolSettings } from "./connection.js";

export type Orm = MikroORM<PostgreSqlDriver>;

type EntityClass = abstract new () => object;

export interface OrmSettings extends PoolSettings {
  readonly entities: readonly (EntityClass | EntitySchema)[];
  /** Where the tables are that name no schema of their own. */
  readonly schema?: string;
  /** What MikroORM has to say, line by line; by default on standard output. */
  readonly logger?: (line: string) => void;
}

/**
 * An ORM over one database. The primary and each read node get one of their own: given them as replicas,
 * MikroORM would read from a random one outside transactions.
 */
export async function createOrm(settings: OrmSettings): Promise<Orm> {
  const { entities, schema, logger } = settings;
  return MikroORM.init<PostgreSqlDriver>({
    driver: PostgreSqlDriver,
    clientUrl: settings.url,
    driverOptions: poolConfig(settings),
    entities: [...entities],
    discovery: { warnWhenNoEntities: false },
    ensureDatabase: false,
    ...(schema === undefined ? {} : { schema }),
    ...(logger === undefined ? {} : { logger }),
  });
}
