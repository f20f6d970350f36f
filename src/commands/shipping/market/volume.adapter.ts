import type { Pool } from "pg";
import type { Volume } from "../choice/choice.js";

/** Shares are held over so many days of the shop, today among them. */
const windowDays = 7;
/** How old the counts may be. What this process gave out since is added. */
const freshMs = 2_000;

interface VolumeRow {
  readonly courierId: string;
  readonly isToday: boolean;
  readonly claimed: number;
  readonly booked: number;
}

/**
 * How many parcels each courier was given. Where its parcels of a day are limited, a place is taken before it is asked: one row a courier and
 * day counts them, so that processes together never take more places than there are.
 */
export class Volumes {
  readonly #pool: Pool;
  #known: Volume = { today: {}, window: {} };
  #readAtMs = -Infinity;
  #day = "";
  #reading: Promise<void> | null = null;
  /** Given out by this process since the counts were read. */
  #since = new Map<string, number>();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** @param day YYYY-MM-DD, the shop's */
  async read(day: string, nowMs: number): Promise<Volume> {
    if (day !== this.#day || nowMs >= this.#readAtMs + freshMs) await (this.#reading ??= this.#refresh(day, nowMs));
    const window: Record<string, number> = { ...this.#known.window };
    for (const [courierId, parcels] of this.#since) window[courierId] = (window[courierId] ?? 0) + parcels;
    return { today: this.#known.today, window };
  }

  /** A courier is being asked. */
  given(courierId: string): void {
    this.#since.set(courierId, (this.#since.get(courierId) ?? 0) + 1);
  }

  /** Takes one of the courier's places of the day, unless the parcel has one; false where none is left. */
  async claim(place: { readonly shipmentId: string; readonly courierId: string }, day: string, placesMax: number): Promise<boolean> {
    try {
      return await this.#claim(place, day, placesMax);
    } catch (error) {
      // Another worker took a place for the same parcel just now.
      if ((error as { code?: unknown }).code === "23505") return this.#claim(place, day, placesMax);
      throw error;
    }
  }

  async #claim({ shipmentId, courierId }: { readonly shipmentId: string; readonly courierId: string }, day: string, placesMax: number): Promise<boolean> {
    const { rows: [row] } = await this.#pool.query<{ claimed: boolean }>({
      name: "courier_place_claim",
      text: `WITH had AS (
               UPDATE courier_place SET claimed_at = clock_timestamp() WHERE shipment_id = $1 AND courier_id = $2 RETURNING day
             ), counted AS (
               INSERT INTO courier_volume AS v (courier_id, day, claimed)
               SELECT $2, $3::date, 1 WHERE $4 > 0 AND NOT EXISTS (SELECT FROM had)
               ON CONFLICT (courier_id, day) DO UPDATE SET claimed = v.claimed + 1 WHERE v.claimed < $4
               RETURNING v.day
             ), kept AS (
               INSERT INTO courier_place (shipment_id, courier_id, day, claimed_at) SELECT $1, $2, day, clock_timestamp() FROM counted RETURNING day
             ) SELECT EXISTS (SELECT FROM had) OR EXISTS (SELECT FROM kept) AS claimed`,
      values: [shipmentId, courierId, day, placesMax],
    });
    return row?.claimed === true;
  }

  async #refresh(day: string, nowMs: number): Promise<void> {
    const before = new Map(this.#since);
    try {
      const { rows } = await this.#pool.query<VolumeRow>({
        name: "courier_volume_read",
        text: `SELECT courier_id AS "courierId", day = $1::date AS "isToday", claimed, booked
               FROM courier_volume WHERE day > $1::date - $2::int AND day <= $1::date`,
        values: [day, windowDays],
      });
      this.#since = new Map([...this.#since].map(([courierId, parcels]) => [courierId, parcels - (before.get(courierId) ?? 0)]));
      this.#known = {
        today: Object.fromEntries(rows.filter(({ isToday }) => isToday).map(({ courierId, claimed }) => [courierId, claimed])),
        window: sumsOf(rows),
      };
      this.#readAtMs = nowMs;
      this.#day = day;
    } finally {
      this.#reading = null;
    }
  }
}

function sumsOf(rows: readonly VolumeRow[]): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const { courierId, booked } of rows) sums[courierId] = (sums[courierId] ?? 0) + booked;
  return sums;
}
