import type { ClientBase } from "pg";
import type { PrimaryIdentity } from "./primary-identity.js";

/** The one row of `node_identity`. */
export interface NodeIdentity {
  readonly name: string;
  readonly slotName: string;
  /** Null until the node is connected. */
  readonly primary: PrimaryIdentity | null;
  /** Highest arrival of the first copy, decimal; null while it runs. */
  readonly bootstrapArrival: string | null;
  /** Goes up with each resync. */
  readonly generation: number;
}

interface IdentityRow {
  readonly name: string;
  readonly slot_name: string;
  readonly primary_system_identifier: string | null;
  readonly primary_timeline: number | null;
  readonly primary_database_oid: string | null;
  readonly bootstrap_arrival: string | null;
  readonly generation: number;
}

/** Undefined where the node has not been migrated under a name yet. */
export async function readNodeIdentity(client: Pick<ClientBase, "query">): Promise<NodeIdentity | undefined> {
  const { rows: [row] } = await client.query<IdentityRow>(
    `SELECT name, slot_name, primary_system_identifier, primary_timeline, primary_database_oid::text, bootstrap_arrival::text, generation
     FROM node_identity`,
  );
  return row && {
    name: row.name,
    slotName: row.slot_name,
    primary: row.primary_system_identifier === null || row.primary_timeline === null || row.primary_database_oid === null ? null
      : { systemIdentifier: row.primary_system_identifier, timeline: row.primary_timeline, databaseOid: row.primary_database_oid },
    bootstrapArrival: row.bootstrap_arrival,
    generation: row.generation,
  };
}

/** Gives the node its name, once: slot and live channels are called after it. */
export async function nameNode(client: ClientBase, name: string, slotName: string): Promise<void> {
  await client.query(
    `INSERT INTO node_identity (name, slot_name) VALUES ($1, $2)
     ON CONFLICT (only_row) DO UPDATE SET name = excluded.name, slot_name = excluded.slot_name
     WHERE node_identity.primary_system_identifier IS NULL`,
    [name, slotName],
  );
  const identity = await readNodeIdentity(client);
  if (identity?.name !== name) {
    throw new Error(`This node is called ${identity?.name ?? "nothing"} and holds that node's rows; it cannot become ${name}. Check the order of READ_DATABASE_URLS.`);
  }
}

export async function keepPrimaryIdentity(client: ClientBase, primary: PrimaryIdentity): Promise<void> {
  await client.query(
    `UPDATE node_identity SET primary_system_identifier = $1, primary_timeline = $2, primary_database_oid = $3, connected_at = clock_timestamp()`,
    [primary.systemIdentifier, primary.timeline, primary.databaseOid],
  );
}
