import type { ClientBase } from "pg";

/** Which history a node's rows belong to. */
export interface PrimaryIdentity {
  /** Made by initdb; copied by a physical backup. Decimal. */
  readonly systemIdentifier: string;
  /** Goes up when a standby is promoted or a backup is restored to a point in time. */
  readonly timeline: number;
  /** Tells two databases of one server apart. Decimal. */
  readonly databaseOid: string;
}

/** Any role may ask. @throws Error where the server is a standby */
export async function primaryIdentity(client: Pick<ClientBase, "query">): Promise<PrimaryIdentity> {
  const standby = await client.query<{ standby: boolean }>("SELECT pg_is_in_recovery() AS standby");
  if (standby.rows[0]?.standby) throw new Error("The primary's URL leads to a standby: name the server that takes writes.");
  // The timeline of the WAL now being written: pg_control_checkpoint() would tell the last checkpoint's, too late after a promotion.
  const { rows } = await client.query<PrimaryIdentity>(`
    SELECT system_identifier::text AS "systemIdentifier",
      ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int AS "timeline",
      (SELECT oid::text FROM pg_database WHERE datname = current_database()) AS "databaseOid"
    FROM pg_control_system()`);
  if (!rows[0]) throw new Error("The primary does not tell its system identifier.");
  return rows[0];
}

export function samePrimary(one: PrimaryIdentity, other: PrimaryIdentity): boolean {
  return one.systemIdentifier === other.systemIdentifier && one.timeline === other.timeline && one.databaseOid === other.databaseOid;
}
