import type { ClientBase } from "pg";

export interface Slot {
  readonly database: string | null;
  readonly plugin: string | null;
  readonly active: boolean;
  /** `reserved extended unreserved lost`. */
  readonly walStatus: string | null;
  /** WAL that the node has not confirmed yet, in bytes. */
  readonly lagBytes: string | null;
}

/** Any role may ask. */
export async function findSlot(primary: Pick<ClientBase, "query">, name: string): Promise<Slot | undefined> {
  const { rows } = await primary.query<Slot>(
    `SELECT database, plugin, active, wal_status AS "walStatus",
       greatest(pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn), 0)::bigint::text AS "lagBytes"
     FROM pg_replication_slots WHERE slot_name = $1`,
    [name],
  );
  return rows[0];
}

/**
 * A node's slot on the primary. From 17 on it is a failover slot: kept ready on standbys that synchronize slots.
 * A slot that is there already is taken again: it can only send too much, which the copy skips.
 * @throws Error where another node uses it
 */
export async function ensureSlot(primary: ClientBase, name: string, failover: boolean): Promise<void> {
  const slot = await findSlot(primary, name);
  const database = (await primary.query<{ name: string }>("SELECT current_database() AS name")).rows[0]?.name;
  if (slot && (slot.database !== database || slot.plugin !== "pgoutput" || slot.active)) {
    throw new Error(`The slot ${name} of the primary is ${slot.active ? "in use by another node" : `of database ${String(slot.database)}`}: two nodes cannot have one name.`);
  }
  if (slot && slot.walStatus !== "lost") return;
  if (slot) await dropSlots(primary, [name]);
  await primary.query(failover
    ? "SELECT pg_create_logical_replication_slot($1, 'pgoutput', temporary => false, twophase => false, failover => true)"
    : "SELECT pg_create_logical_replication_slot($1, 'pgoutput', false, false)", [name]);
}

const dropAttempts = 50;

/** Drops slots whether or not somebody still reads them; ones that are not there are fine. */
export async function dropSlots(primary: ClientBase, names: readonly string[]): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      // A walsender ends a moment after it has been told to: hence the attempts.
      await primary.query("SELECT pg_terminate_backend(active_pid, 1000) FROM pg_replication_slots WHERE slot_name = ANY ($1) AND active", [names]);
      await primary.query("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = ANY ($1)", [names]);
      return;
    } catch (error) {
      const inUse = (error as { code?: string }).code === "55006";
      if (!inUse || attempt === dropAttempts) throw error;
    }
  }
}

/** Slots of copy workers that a dropped subscription leaves behind: `pg_<subscription>_sync_<table>_<system>`. */
export async function copySlotsOf(primary: ClientBase, subscriptionOid: string, nodeSystemIdentifier: string): Promise<string[]> {
  const { rows } = await primary.query<{ name: string }>(
    "SELECT slot_name AS name FROM pg_replication_slots WHERE slot_name ~ $1", [`^pg_${subscriptionOid}_sync_[0-9]+_${nodeSystemIdentifier}$`],
  );
  return rows.map(({ name }) => name);
}
