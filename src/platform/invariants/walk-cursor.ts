import type { Pool } from "pg";

/** A step that one process has taken on, and nobody else has. */
export interface Turn {
  readonly node: string;
  readonly leg: string;
  /** The last key that was looked at. */
  readonly after: string;
  readonly turn: string;
  /** The primary's clock. */
  readonly now: Date;
  readonly begunAt: Date;
}

/** Where the next step begins. */
export interface Onward {
  readonly leg: string;
  readonly after: string;
  /** Whether this was the last step of a walk: the next one begins anew. */
  readonly walked: boolean;
}

/** A step that takes longer is taken for dead, and another goes on from where it began. */
const leaseMs = 60_000;

// A committed row and no lock: whoever dies holds nothing up for longer than that, and nothing is open while the step is made.
const takeSql = {
  name: "invariants_take_turn",
  text: `INSERT INTO invariant_walk AS w (node, leg, after, due_at, turn, begun_at)
         VALUES ($1, $2, '', clock_timestamp() + $3 * interval '1 millisecond', 1, clock_timestamp())
         ON CONFLICT (node) DO UPDATE SET turn = w.turn + 1, due_at = EXCLUDED.due_at WHERE w.due_at <= clock_timestamp()
         RETURNING node, leg, after, turn::text, clock_timestamp() AS now, begun_at AS "begunAt"`,
};

const endSql = {
  name: "invariants_end_turn",
  text: `UPDATE invariant_walk SET leg = $3, after = $4, due_at = clock_timestamp() + $5 * interval '1 millisecond',
           begun_at = CASE WHEN $6 THEN clock_timestamp() ELSE begun_at END, walked_at = CASE WHEN $6 THEN clock_timestamp() ELSE walked_at END
         WHERE node = $1 AND turn = $2::bigint`,
};

/** Takes the next step over a node's rows. Null where it is not due, or another process is at it. */
export async function takeTurn(pool: Pool, node: string, firstLeg: string): Promise<Turn | null> {
  const { rows } = await pool.query<Turn>({ ...takeSql, values: [node, firstLeg, leaseMs] });
  return rows[0] ?? null;
}

/** @returns false where another process has gone on meanwhile: nothing was written */
export async function endTurn(pool: Pool, { node, turn }: Turn, { leg, after, walked }: Onward, everyMs: number): Promise<boolean> {
  const { rowCount } = await pool.query({ ...endSql, values: [node, turn, leg, after, everyMs, walked] });
  return rowCount === 1;
}
