import type { Pool } from "pg";
import { isMissing } from "./registry.js";

interface Waiter {
  readonly position: string;
  readonly projections: readonly string[];
  readonly resolve: (reached: boolean) => void;
}

interface Standing {
  readonly arrivals: { readonly [position: string]: number };
  readonly checkpoints: { readonly [projection: string]: { readonly checkpoint: number; readonly position: number } };
  readonly mark: number | null;
}

const nothingReached: Standing = { arrivals: {}, checkpoints: {}, mark: null };

/** One query for all who wait: where their events are, and how far the projections have come. */
const standingSql = `
  SELECT (SELECT coalesce(json_object_agg(position::text, arrival), '{}') FROM event_log WHERE position = ANY($1::bigint[])) AS arrivals,
         (SELECT coalesce(json_object_agg(name, json_build_object('checkpoint', checkpoint, 'position', bootstrap_position)), '{}') FROM (
            SELECT name, checkpoint, bootstrap_position FROM read.projection WHERE state = 'active' AND name = ANY($2::text[])
            UNION ALL SELECT name, checkpoint, 0 FROM read.view WHERE state = 'active' AND name = ANY($2::text[])) standing) AS checkpoints,
         (SELECT bootstrap_arrival FROM node_identity) AS mark`;

/** Notifications may be lost; nobody then waits longer for his answer than this. */
const lookEveryMs = 100;
const largestPosition = 2n ** 63n - 1n;

/**
 * Waits for positions. An event is reached when its row is on the node and every projection in question has
 * folded it; that a higher position is there says nothing, since a lower one may have been committed later.
 */
export class PositionWatch {
  readonly #waiters = new Set<Waiter>();
  #looking = false;
  #again = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(private readonly pool: Pool) {}

  /** Resolves to false after `timeoutMs`. @throws the driver's error where the first look fails */
  async reached(position: string, projections: readonly string[], timeoutMs: number): Promise<boolean> {
    const number = BigInt(position);
    if (number === 0n) return true;
    if (number > largestPosition) return false;
    if (isReached(await this.#read([position], projections), position, projections)) return true;
    if (timeoutMs <= 0) return false;
    return this.#wait(position, projections, timeoutMs);
  }

  /** Checkpoints moved. */
  look(): void {
    if (this.#waiters.size === 0) return;
    if (this.#looking) {
      this.#again = true;
      return;
    }
    this.#looking = true;
    // A node that does not answer is asked again by the timer, until the waiters give up.
    this.#lookOnce().catch(() => undefined).finally(() => {
      this.#looking = false;
      if (!this.#again) return;
      this.#again = false;
      this.look();
    });
  }

  close(): void {
    for (const { resolve } of this.#waiters) resolve(false);
  }

  #wait(position: string, projections: readonly string[], timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (reached: boolean): void => {
        clearTimeout(timeout);
        this.#waiters.delete(waiter);
        if (this.#waiters.size === 0 && this.#timer) {
          clearInterval(this.#timer);
          this.#timer = null;
        }
        resolve(reached);
      };
      const waiter: Waiter = { position, projections, resolve: end };
      const timeout = setTimeout(() => { end(false); }, timeoutMs);
      this.#waiters.add(waiter);
      this.#timer ??= setInterval(() => { this.look(); }, lookEveryMs);
      // What came between the first look and now.
      this.look();
    });
  }

  async #lookOnce(): Promise<void> {
    const waiters = [...this.#waiters];
    const standing = await this.#read([...new Set(waiters.map(({ position }) => position))], [...new Set(waiters.flatMap(({ projections }) => projections))]);
    for (const { position, projections, resolve } of waiters) if (isReached(standing, position, projections)) resolve(true);
  }

  async #read(positions: readonly string[], projections: readonly string[]): Promise<Standing> {
    const { rows: [standing] } = await this.pool.query<Standing>({ name: "position_standing", text: standingSql, values: [positions, projections] }).catch((error: unknown) => {
      if (isMissing(error)) return { rows: [] };
      throw error;
    });
    return standing ?? nothingReached;
  }
}

function isReached({ arrivals, checkpoints, mark }: Standing, position: string, projections: readonly string[]): boolean {
  const arrival = arrivals[BigInt(position).toString()];
  if (arrival === undefined || mark === null) return false;
  return projections.every((projection) => {
    const standing = checkpoints[projection];
    if (!standing) return false;
    // In the node's first copy, positions are the order of folding.
    return arrival <= standing.checkpoint || (arrival <= mark && Number(position) <= standing.position);
  });
}
