import type { Pool } from "pg";
import { batchedRead } from "../../../platform/jobs/batched-read.js";

/** What a service asked the last time. */
export interface KnownPrice {
  readonly service: string;
  readonly priceMinor: number;
  /** Null where it promises nothing. */
  readonly promisedDays: number | null;
}

/** Which parcels a price is for. */
export interface PricePlace {
  readonly courierId: string;
  readonly region: string;
  readonly weightClass: string;
}

/** A price is written at most so often: what a courier asks changes by the day, not by the parcel. */
const writtenEveryMs = 300_000;
/** Places that this process remembers to have written; the oldest is forgotten first, and written once more. */
const placesMax = 50_000;

interface PriceRow extends PricePlace, KnownPrice {}

/** Couriers' last known prices: on the primary, so that they survive restarts and are known to every process. */
export class Prices {
  readonly #pool: Pool;
  readonly #writtenAtMs = new Map<string, number>();
  readonly #loader;

  constructor(pool: Pool) {
    this.#pool = pool;
    this.#loader = batchedRead<PricePlace, readonly KnownPrice[]>((places) => this.#read(places));
  }

  lastKnown(place: PricePlace): Promise<readonly KnownPrice[]> {
    return this.#loader.load(place);
  }

  /** Keeps what a courier asks for such parcels. @throws where the primary does not take it: the next parcel brings it again */
  async remember(place: PricePlace, prices: readonly KnownPrice[], nowMs: number): Promise<void> {
    const key = `${keyOf(place)}/${prices.map(({ service }) => service).sort().join("/")}`;
    if (prices.length === 0 || nowMs < (this.#writtenAtMs.get(key) ?? 0) + writtenEveryMs) return;
    // Before it is written: parcels that are weighed meanwhile have the same news.
    this.#writtenAtMs.delete(key);
    this.#writtenAtMs.set(key, nowMs);
    this.#forgetOldest();
    const { courierId, region, weightClass } = place;
    try {
      await this.#pool.query({
        name: "courier_price_write",
        text: `INSERT INTO courier_price (courier_id, region, weight_class, service, price_minor, promised_days, known_at)
               SELECT $1, $2, $3, p.service, p.price_minor, p.promised_days, $7::timestamptz
               FROM unnest($4::text[], $5::bigint[], $6::float8[]) AS p (service, price_minor, promised_days) ORDER BY p.service COLLATE "C"
               ON CONFLICT (courier_id, region, weight_class, service) DO UPDATE
               SET price_minor = excluded.price_minor, promised_days = excluded.promised_days, known_at = excluded.known_at
               WHERE courier_price.known_at < excluded.known_at`,
        values: [
          courierId, region, weightClass, prices.map(({ service }) => service), prices.map(({ priceMinor }) => priceMinor),
          prices.map(({ promisedDays }) => promisedDays), new Date(nowMs).toISOString(),
        ],
      });
    } catch (error) {
      this.#writtenAtMs.delete(key);
      throw error;
    }
  }

  async #read(places: readonly PricePlace[]): Promise<readonly (readonly KnownPrice[])[]> {
    const { rows } = await this.#pool.query<PriceRow>({
      name: "courier_price_read",
      text: `SELECT p.courier_id AS "courierId", p.region, p.weight_class AS "weightClass", p.service, p.price_minor::float8 AS "priceMinor",
                    p.promised_days AS "promisedDays"
             FROM unnest($1::text[], $2::text[], $3::text[]) AS w (courier_id, region, weight_class)
             JOIN courier_price p USING (courier_id, region, weight_class)`,
      values: [places.map(({ courierId }) => courierId), places.map(({ region }) => region), places.map(({ weightClass }) => weightClass)],
    });
    const byPlace = new Map<string, Map<string, KnownPrice>>();
    for (const row of rows) {
      const known = byPlace.get(keyOf(row)) ?? new Map<string, KnownPrice>();
      known.set(row.service, row);
      byPlace.set(keyOf(row), known);
    }
    return places.map((place) => [...byPlace.get(keyOf(place))?.values() ?? []]);
  }

  #forgetOldest(): void {
    const [oldest] = this.#writtenAtMs.keys();
    if (this.#writtenAtMs.size > placesMax && oldest !== undefined) this.#writtenAtMs.delete(oldest);
  }
}

function keyOf({ courierId, region, weightClass }: PricePlace): string {
  return `${courierId}/${region}/${weightClass}`;
}
