import type { Pool } from "pg";

export interface SilenceTerms {
  /** Silence that is never too long, and such as always is. In seconds. */
  readonly silenceMinSeconds: number;
  readonly silenceMaxSeconds: number;
}

/** So many usual gaps make a silence. */
const gapsMax = 3;
/** Before so many news of a lane its gap is no more than a guess. */
const heardMin = 20;
/** A gap weighs as one in so many: the mean follows a courier that changes. */
const memory = 200;
/** Lanes that are read; a courier and a region make one. */
const lanesMax = 20_000;

// In the order of the lanes, so that two processes take the rows in the same order.
const noteSql = {
  name: "tracking_gap_note",
  text: `INSERT INTO news_gap AS g (lane, seconds, heard, updated_at)
         SELECT lane, seconds, heard, clock_timestamp() FROM json_to_recordset($1::json) AS r (lane text, seconds float8, heard bigint) ORDER BY lane COLLATE "C"
         ON CONFLICT (lane) DO UPDATE SET seconds = g.seconds + (excluded.seconds - g.seconds) * excluded.heard / least(g.heard + excluded.heard, greatest(excluded.heard, $2)),
           heard = g.heard + excluded.heard, updated_at = excluded.updated_at`,
};

/** How long a courier is usually silent between two news of a parcel, by lane. Gathered in memory; what is lost with a process is learnt again. */
export class NewsGaps {
  readonly #pool: Pool;
  readonly #terms: SilenceTerms;
  readonly #noted = new Map<string, { sum: number; heard: number }>();
  #usual: ReadonlyMap<string, number> = new Map();

  constructor(pool: Pool, terms: SilenceTerms) {
    this.#pool = pool;
    this.#terms = terms;
  }

  note(courierId: string, region: string, seconds: number): void {
    const lane = laneOf(courierId, region);
    const { sum, heard } = this.#noted.get(lane) ?? { sum: 0, heard: 0 };
    this.#noted.set(lane, { sum: sum + Math.max(0, seconds), heard: heard + 1 });
  }

  /** After so many seconds without news something is unusual. */
  silenceSeconds(courierId: string, region: string): number {
    const { silenceMinSeconds, silenceMaxSeconds } = this.#terms;
    const usual = this.#usual.get(laneOf(courierId, region));
    return Math.min(silenceMaxSeconds, Math.max(silenceMinSeconds, usual === undefined ? silenceMaxSeconds / 2 : usual * gapsMax));
  }

  /** Writes what was noted, and reads what all processes have. */
  async share(): Promise<void> {
    const lanes = [...this.#noted].map(([lane, { sum, heard }]) => ({ lane, seconds: sum / heard, heard }));
    this.#noted.clear();
    if (lanes.length > 0) await this.#pool.query({ ...noteSql, values: [JSON.stringify(lanes), memory] });
    const { rows } = await this.#pool.query<{ lane: string; seconds: number }>("SELECT lane, seconds FROM news_gap WHERE heard >= $1 LIMIT $2", [heardMin, lanesMax]);
    this.#usual = new Map(rows.map(({ lane, seconds }) => [lane, seconds]));
  }
}

function laneOf(courierId: string, region: string): string {
  return `${courierId}/${region}`;
}
