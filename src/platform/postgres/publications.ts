import { escapeIdentifier, type ClientBase } from "pg";

interface Publication {
  readonly name: string;
  readonly tables: readonly string[];
  /** The log only grows, on a node too: what is pruned on the primary one day stays there. */
  readonly publish: string;
}

export const publications: readonly Publication[] = [
  { name: "millrace_log", tables: ["event_log", "job_attempt"], publish: "insert" },
  { name: "millrace_personal", tables: ["personal"], publish: "insert, update, delete" },
];

export const publishedTables = publications.flatMap(({ tables }) => tables);

export async function ensurePublications(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ pubname: string }>("SELECT pubname FROM pg_publication");
  const present = new Set(rows.map(({ pubname }) => pubname));
  for (const { name, tables, publish } of publications) {
    const list = tables.map((table) => escapeIdentifier(table)).join(", ");
    await client.query(present.has(name)
      ? `ALTER PUBLICATION ${name} SET TABLE ${list}; ALTER PUBLICATION ${name} SET (publish = '${publish}', publish_via_partition_root = true)`
      : `CREATE PUBLICATION ${name} FOR TABLE ${list} WITH (publish = '${publish}', publish_via_partition_root = true)`);
  }
}
