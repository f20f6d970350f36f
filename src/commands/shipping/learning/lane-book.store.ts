import type { Pool, PoolClient } from "pg";
import { emptyLane, learn, type LaneState } from "../choice/lane-state.js";
import { laneName } from "../choice/lanes.js";
import type { Lesson } from "./parcel-course.js";

/** What one event changes in the books of couriers. */
export interface Entry {
  readonly eventId: string;
  readonly lessons: readonly Lesson[];
  /** A place of the day that the parcel does not need any more; one that was taken later stays. */
  readonly givenBack: { readonly shipmentId: string; readonly courierId: string; readonly at: string } | null;
  /** Labels by courier and day of the shop: 1 more, or 1 less. */
  readonly booked: { readonly courierId: string; readonly day: string; readonly parcels: 1 | -1 } | null;
}

interface LaneRow {
  readonly key: string;
  readonly state: LaneState;
}

/**
 * What is learnt of couriers, on the primary. Each event counts once: its id is kept in the transaction that changes the rows. All rows
 * of a batch are changed together, since every parcel changes the one that stands for all couriers.
 */
export class LaneBook {
  readonly #pool: Pool;
  readonly #halfLifeDays: number;

  constructor(pool: Pool, halfLifeDays: number) {
    this.#pool = pool;
    this.#halfLifeDays = halfLifeDays;
  }

  async write(entries: readonly Entry[]): Promise<void> {
    const client = await this.#pool.connect();
    try {
      await client.query("BEGIN");
      const isNew = await newOnes(client, entries.map(({ eventId }) => eventId));
      const fresh = entries.filter(({ eventId }) => isNew.delete(eventId));
      await this.#learn(client, fresh.flatMap(({ lessons }) => lessons));
      await giveBack(client, fresh.flatMap(({ givenBack }) => givenBack ?? []));
      await count(client, fresh.flatMap(({ booked }) => booked ?? []));
      await client.query("COMMIT");
      client.release();
    } catch (error) {
      await client.query("ROLLBACK").catch(() => undefined);
      client.release(error as Error);
      throw error;
    }
  }

  async #learn(client: PoolClient, lessons: readonly Lesson[]): Promise<void> {
    if (lessons.length === 0) return;
    const byKey = new Map<string, Lesson[]>();
    for (const lesson of lessons) {
      for (const key of Object.values(lesson.keys).map(laneName)) byKey.set(key, [...byKey.get(key) ?? [], lesson]);
    }
    // Begun first and locked then, both in the order of their keys: processes that learn at once wait for each other, and none in a circle.
    const begun = [...byKey].map(([key, told]): LaneRow => ({ key, state: emptyLane(Math.min(...told.map(({ atMs }) => atMs))) }));
    await client.query({
      name: "courier_lanes_begin",
      text: `INSERT INTO courier_lane (key, state) SELECT key, state FROM json_to_recordset($1::json) AS r (key text, state jsonb) ORDER BY key COLLATE "C"
             ON CONFLICT (key) DO NOTHING`,
      values: [JSON.stringify(begun)],
    });
    const { rows } = await client.query<LaneRow>({
      name: "courier_lanes_lock", text: `SELECT key, state FROM courier_lane WHERE key = ANY($1::text[]) ORDER BY key COLLATE "C" FOR UPDATE`, values: [[...byKey.keys()]],
    });
    const learnt = rows.map(({ key, state }): LaneRow => ({
      key, state: (byKey.get(key) ?? []).reduce((lane, { outcome, atMs }) => learn(lane, outcome, atMs, this.#halfLifeDays), state),
    }));
    await client.query({
      name: "courier_lanes_write",
      text: "UPDATE courier_lane AS l SET state = r.state FROM json_to_recordset($1::json) AS r (key text, state jsonb) WHERE l.key = r.key",
      values: [JSON.stringify(learnt)],
    });
  }
}

async function newOnes(client: PoolClient, eventIds: readonly string[]): Promise<Set<string>> {
  const { rows } = await client.query<{ event_id: string }>({
    name: "courier_lesson_begin",
    text: "INSERT INTO courier_lesson (event_id, learnt_at) SELECT id, clock_timestamp() FROM unnest($1::uuid[]) AS id ORDER BY id ON CONFLICT DO NOTHING RETURNING event_id",
    values: [[...new Set(eventIds)]],
  });
  return new Set(rows.map(({ event_id }) => event_id));
}

async function giveBack(client: PoolClient, places: readonly NonNullable<Entry["givenBack"]>[]): Promise<void> {
  if (places.length === 0) return;
  await client.query({
    name: "courier_place_give_back",
    text: `WITH gone AS (
             DELETE FROM courier_place p USING unnest($1::uuid[], $2::text[], $3::timestamptz[]) AS g (shipment_id, courier_id, at)
             WHERE p.shipment_id = g.shipment_id AND p.courier_id = g.courier_id AND p.claimed_at <= g.at RETURNING p.courier_id, p.day
           ) UPDATE courier_volume v SET claimed = greatest(0, v.claimed - n.places)
             FROM (SELECT courier_id, day, count(*)::int AS places FROM gone GROUP BY courier_id, day) AS n
             WHERE v.courier_id = n.courier_id AND v.day = n.day`,
    values: [places.map(({ shipmentId }) => shipmentId), places.map(({ courierId }) => courierId), places.map(({ at }) => at)],
  });
}

async function count(client: PoolClient, booked: readonly NonNullable<Entry["booked"]>[]): Promise<void> {
  if (booked.length === 0) return;
  await client.query({
    name: "courier_volume_count",
    text: `INSERT INTO courier_volume AS v (courier_id, day, booked)
           SELECT courier_id, day, sum(parcels)::int FROM unnest($1::text[], $2::date[], $3::int[]) AS b (courier_id, day, parcels)
           GROUP BY courier_id, day ORDER BY courier_id COLLATE "C", day
           ON CONFLICT (courier_id, day) DO UPDATE SET booked = v.booked + excluded.booked`,
    values: [booked.map(({ courierId }) => courierId), booked.map(({ day }) => day), booked.map(({ parcels }) => parcels)],
  });
}
