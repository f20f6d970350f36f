import type { Client } from "pg";
import { classify } from "../bus/failure.js";
import { settlePipeline } from "../bus/pipeline.js";
import { cursorOf, targetsOf, type BuildKey, type FoldTarget } from "./build.js";
import { lockBuilds, moveCheckpoints } from "./checkpoint.js";
import { eventsFor, foldEvents } from "./fold-events.js";
import type { FoldSettings } from "./fold-round.js";
import { readPage, standingAfter, type LoggedEvent } from "./log-page.js";
import type { NodeSession } from "./node-session.js";
import { messageOf, park, parkedStreams, splitParked, type ParkedEvent } from "./parking.js";
import { sendChanges } from "./row-store.js";

/** What folding a build alone brought to light. */
export interface Isolated {
  /** Events that failed alone as well. */
  readonly parked: readonly ParkedEvent[];
  /** The event at which a projection of many streams a row stands still. */
  readonly halted: ParkedEvent | null;
}

/**
 * Folds the next page into one build, looking for the events that fail: halves in savepoints, down to the single
 * event. Only an event that fails alone is parked, together with all later ones of its stream; the rest is kept.
 * A projection of many streams a row halts before it instead.
 * @throws what is no event's fault; nothing has happened then
 */
export async function isolate(session: NodeSession, key: BuildKey, settings: FoldSettings): Promise<Isolated> {
  const client = await session.client();
  try {
    const { builds, bootstrapArrival } = await lockBuilds(client, { kind: "one", ...key });
    const [target] = targetsOf(builds, settings.tables);
    const found = target && bootstrapArrival !== null ? await sift(client, target, bootstrapArrival, settings) : { parked: [], halted: null };
    await client.query("COMMIT");
    return found;
  } catch (error) {
    await session.rollback();
    throw error;
  }
}

async function sift(client: Client, target: FoldTarget, bootstrapArrival: number, settings: FoldSettings): Promise<Isolated> {
  const { build, table } = target;
  const page = await readPage(client, {
    from: cursorOf(build, bootstrapArrival), bootstrapArrival, limit: settings.pageSize ?? 1_000, upcast: settings.upcast,
  });
  const events = eventsFor(target, page);
  const sieve = new Sieve(client, target, await parkedStreams(client, target, events), table.projection.haltOnError === true);
  await sieve.fold(events);
  await park(client, build, sieve.parked);
  const { name, version, build: number } = build;
  if (!sieve.halted) {
    await moveCheckpoints(client, [{ name, version, build: number, ...standingAfter(page) }]);
    return { parked: sieve.parked.filter(({ error }) => error !== null), halted: null };
  }
  const before = page.events[page.events.indexOf(sieve.halted.event) - 1];
  if (before) await moveCheckpoints(client, [{ name, version, build: number, ...standingAfter(page, before) }]);
  await client.query("UPDATE read.projection SET halted = $4 WHERE name = $1 AND version = $2 AND build = $3", [name, version, number, sieve.halted.error]);
  return { parked: [], halted: sieve.halted };
}

/** Keeps what can be folded, and holds back what cannot. */
class Sieve {
  readonly parked: ParkedEvent[] = [];
  halted: ParkedEvent | null = null;
  readonly #streams: Set<string>;

  constructor(private readonly client: Client, private readonly target: FoldTarget, parkedBefore: ReadonlySet<string>, private readonly halts: boolean) {
    this.#streams = new Set(parkedBefore);
  }

  /** In order: what comes later already knows which streams are held back. */
  async fold(events: readonly LoggedEvent[]): Promise<void> {
    if (this.halted) return;
    const { fold, join } = splitParked(events, this.#streams);
    this.parked.push(...join);
    const [first] = fold;
    if (!first) return;
    const error = await foldInSavepoint(this.client, this.target, fold);
    if (error === null) return;
    if (fold.length > 1) {
      const middle = fold.length >> 1;
      await this.fold(fold.slice(0, middle));
      return this.fold(fold.slice(middle));
    }
    if (this.halts) this.halted = { event: first, error };
    else {
      this.parked.push({ event: first, error });
      this.#streams.add(first.recorded.streamId);
    }
  }
}

/** @returns null, or the error that these events cause; their changes are undone then */
export async function foldInSavepoint(client: Client, target: Pick<FoldTarget, "table" | "relation">, events: readonly LoggedEvent[]): Promise<string | null> {
  await client.query("SAVEPOINT fold");
  try {
    const { batch } = await foldEvents(client, target, events);
    await settlePipeline(sendChanges(client, target.table, target.relation, batch));
  } catch (error) {
    if (classify(error) !== "poison") throw error;
    await client.query("ROLLBACK TO SAVEPOINT fold");
    return messageOf(error);
  }
  await client.query("RELEASE SAVEPOINT fold");
  return null;
}
