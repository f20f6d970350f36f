import pg, { escapeIdentifier, escapeLiteral, type ClientBase } from "pg";
import { publications } from "../postgres/publications.js";

export interface Subscription {
  readonly oid: string;
  readonly enabled: boolean;
  readonly conninfo: string;
  /** Whether open transactions are sent before they commit. */
  readonly streaming: boolean;
}

/** The subscription of this name in the client's own database. Only an administrator may read its conninfo. */
export async function findSubscription(client: ClientBase, name: string): Promise<Subscription | undefined> {
  const { rows } = await client.query<Subscription>(
    `SELECT oid::text, subenabled AS enabled, subconninfo AS conninfo, left(substream::text, 1) <> 'f' AS streaming FROM pg_subscription
     WHERE subname = $1 AND subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [name],
  );
  return rows[0];
}

/**
 * `streaming = off`, because arrivals are numbered in commit order only then (18's default is parallel).
 * `disable_on_error = false`, because a lost connection counts as an error too: with true, one kill of the primary
 * switched the node off for good (seen on 15 and 18). An error that stays shows as an apply worker that is gone
 * and a growing `apply_error_count` (see `checkNode`).
 */
const options = "streaming = off, disable_on_error = false, binary = off";

/** Made switched off; it begins to copy when it is enabled. The slot exists: made here, it would hang within one server. */
export async function createSubscription(client: ClientBase, name: string, conninfo: string, failover: boolean): Promise<void> {
  const failoverOption = failover ? ", failover = true" : "";
  await client.query(
    `CREATE SUBSCRIPTION ${escapeIdentifier(name)} CONNECTION ${escapeLiteral(conninfo)}
     PUBLICATION ${publications.map((publication) => publication.name).join(", ")}
     WITH (enabled = false, create_slot = false, copy_data = true, slot_name = ${escapeLiteral(name)}, ${options}${failoverOption})`,
  );
}

/** Brings a subscription to the wanted connection and options, and enables it last: a stale connection is never used. */
export async function renewSubscription(client: ClientBase, name: string, found: Subscription, conninfo: string): Promise<void> {
  const quoted = escapeIdentifier(name);
  if (found.conninfo !== conninfo) {
    if (found.enabled) await client.query(`ALTER SUBSCRIPTION ${quoted} DISABLE`);
    await client.query(`ALTER SUBSCRIPTION ${quoted} CONNECTION ${escapeLiteral(conninfo)}`);
  }
  await client.query(`ALTER SUBSCRIPTION ${quoted} SET (${options})`);
}

export async function enableSubscription(client: ClientBase, name: string): Promise<void> {
  await client.query(`ALTER SUBSCRIPTION ${escapeIdentifier(name)} ENABLE`);
}

export async function disableSubscription(client: ClientBase, name: string): Promise<void> {
  await client.query(`ALTER SUBSCRIPTION ${escapeIdentifier(name)} DISABLE`);
}

/** Leaves the slots on the primary alone: it works while the primary is away. */
export async function dropSubscription(client: ClientBase, name: string): Promise<void> {
  const quoted = escapeIdentifier(name);
  await disableSubscription(client, name);
  await client.query(`ALTER SUBSCRIPTION ${quoted} SET (slot_name = NONE)`);
  await client.query(`DROP SUBSCRIPTION ${quoted}`);
}

/** A URL as libpq's keywords: node-postgres and libpq do not agree about every part of a URL. */
export function conninfoOf(url: string): string {
  const { host, port, user, password, database } = new pg.Client({ connectionString: url }); // parses; never connects
  const parameters = new URL(url).searchParams;
  const keywords: Record<string, string | null | undefined> = {
    host, port: String(port), user, password: typeof password === "string" ? password : undefined, dbname: database,
    connect_timeout: "10", keepalives_idle: "10",
    ...Object.fromEntries(["sslmode", "sslrootcert", "sslcert", "sslkey"].map((name) => [name, parameters.get(name)])),
  };
  return Object.entries(keywords).filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([name, value]) => `${name}='${String(value).replace(/['\\]/g, "\\$&")}'`).join(" ");
}
