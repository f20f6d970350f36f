import type { Pool } from "pg";
import { batchedRead } from "../../../platform/jobs/batched-read.js";
import type { LaneState } from "../choice/lane-state.js";
import { laneName, type Evidence, type LaneKeys } from "../choice/lanes.js";

/** How old what is believed of couriers may be: a parcel more or less in a hundred decides nothing. */
const freshMs = 5_000;
/** Rows in memory, some 400 bytes each; all are read again when there are more. */
const rowsMax = 20_000;

interface Remembered {
  readonly state: LaneState | undefined;
  readonly readAtMs: number;
}

/** What was learnt of couriers, remembered for some seconds; what parcels weighed at once ask for is one query. */
export class EvidenceReader {
  readonly #remembered = new Map<string, Remembered>();
  readonly #loader;

  constructor(pool: Pool) {
    this.#loader = batchedRead<string, LaneState | undefined>(async (keys) => {
      const { rows } = await pool.query<{ key: string; state: LaneState }>({
        name: "courier_lanes_read", text: "SELECT key, state FROM courier_lane WHERE key = ANY($1::text[])", values: [[...new Set(keys)]],
      });
      const byKey = new Map(rows.map(({ key, state }) => [key, state]));
      return keys.map((key) => byKey.get(key));
    });
  }

  /** The evidence for each of the services, in their order. */
  async read(services: readonly LaneKeys[], nowMs: number): Promise<readonly Evidence[]> {
    const names = new Set(services.flatMap((keys) => Object.values(keys).map(laneName)));
    const missing = [...names].filter((name) => (this.#remembered.get(name)?.readAtMs ?? 0) + freshMs <= nowMs);
    const states = await Promise.all(missing.map((name) => this.#loader.load(name)));
    if (this.#remembered.size + missing.length > rowsMax) this.#remembered.clear();
    missing.forEach((name, index) => { this.#remembered.set(name, { state: states[index], readAtMs: nowMs }); });
    const row = (key: LaneKeys[keyof LaneKeys]): LaneState | undefined => this.#remembered.get(laneName(key))?.state;
    return services.map(({ lane, service, courier, all, weekday }) => (
      { lane: row(lane), service: row(service), courier: row(courier), all: row(all), weekday: row(weekday) }
    ));
  }
}
