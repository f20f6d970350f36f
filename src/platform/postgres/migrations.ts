import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Migration, Migrator } from "@mikro-orm/migrations";
import type { Constructor } from "@mikro-orm/core";
import type { ClientBase } from "pg";
import { createOrm } from "./orm.js";

export type MigrationSet = "primary" | "read";

/** A migration that has run is history: change the schema by a new file. */
export class MigrationChangedError extends Error {
  override readonly name = "MigrationChangedError";

  constructor(readonly migrations: readonly string[]) {
    super(`${migrations.join(", ")}: changed, renamed or removed after running on this database. Put the file back as it was, and write the change as a new migration.`);
  }
}

/** Whoever waits for a table's lock holds up every query that comes after: better to fail and be run again. */
const lockTimeoutMs = 10_000;

interface MigrationFile {
  readonly name: string;
  readonly sql: string;
  readonly sha256: string;
}

/** The transaction-local setting through which a migration's hash gets into its row (see `historyTable`). */
const hashSetting = "millrace.migration_sha256";

/**
 * Made before MikroORM would make its own: the default keeps the hash in the very row that MikroORM writes,
 * in the migration's transaction.
 */
const historyTable = `
  CREATE TABLE IF NOT EXISTS millrace_migration (
    id          serial       PRIMARY KEY,
    name        varchar(255) NOT NULL UNIQUE,
    executed_at timestamptz  NOT NULL DEFAULT current_timestamp,
    sha256      text         NOT NULL DEFAULT current_setting('${hashSetting}')
  )`;

/**
 * Runs the files of `migrations/<set>` that have not run yet, in order of their names, each in a transaction
 * of its own. The caller holds the migration lock on `client`.
 * @returns names of the migrations that ran now
 * @throws MigrationChangedError
 */
export async function runMigrations(client: ClientBase, url: string, set: MigrationSet): Promise<string[]> {
  const files = migrationFiles(join(migrationsFolder(), set));
  await client.query(historyTable);
  await refuseChanged(client, files);
  const orm = await createOrm({ url, poolSize: 1, entities: [], applicationName: "millrace migrate", lockTimeoutMs, logger: () => undefined });
  try {
    orm.config.set("migrations", {
      ...orm.config.get("migrations"),
      tableName: "millrace_migration",
      migrationsList: files.map((file) => ({ name: file.name, class: migrationClass(file) })),
      allOrNothing: false,
      transactional: true,
      disableForeignKeys: false, // the default needs a superuser
      snapshot: false,
    });
    return (await new Migrator(orm.em).up()).map(({ name }) => name);
  } finally {
    await orm.close(true);
  }
}

/** Hash over all files of a set: tells template databases apart. */
export function migrationsHash(set: MigrationSet): string {
  const hash = createHash("sha256");
  for (const { name, sha256 } of migrationFiles(join(migrationsFolder(), set))) hash.update(`${name}\0${sha256}\0`);
  return hash.digest("hex");
}

async function refuseChanged(client: ClientBase, files: readonly MigrationFile[]): Promise<void> {
  const hashes = new Map(files.map(({ name, sha256 }) => [name, sha256]));
  const { rows } = await client.query<{ name: string; sha256: string }>("SELECT name, sha256 FROM millrace_migration ORDER BY id");
  const changed = rows.filter(({ name, sha256 }) => hashes.get(name) !== sha256).map(({ name }) => name);
  if (changed.length > 0) throw new MigrationChangedError(changed);
}

function migrationClass({ sql, sha256 }: MigrationFile): Constructor<Migration> {
  return class extends Migration {
    override up(): void {
      this.addSql(`SET LOCAL ${hashSetting} = '${sha256}'`);
      this.addSql(sql);
    }
  };
}

function migrationFiles(folder: string): MigrationFile[] {
  return readdirSync(folder).filter((file) => file.endsWith(".sql")).sort().map((file) => {
    const sql = readFileSync(join(folder, file), "utf8");
    // Line ends differ between checkouts; the hash must not.
    const sha256 = createHash("sha256").update(sql.replaceAll("\r\n", "\n")).digest("hex");
    return { name: file.slice(0, -".sql".length), sql, sha256 };
  });
}

/** Beside `package.json`, wherever below it this file has been built to. */
function migrationsFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error("The folder `migrations` is missing: it belongs beside package.json.");
    folder = parent;
  }
  return join(folder, "migrations");
}
