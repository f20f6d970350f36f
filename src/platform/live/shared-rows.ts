import type { ReadNode } from "../projector/read-node.js";
import type { LivePort } from "./live-port.js";
import { isUnavailable } from "./live-rows.js";
import type { CurrentNode } from "./live-subscription.js";
import { RowFollower, type FollowerOptions } from "./row-follower.js";

/** Keys that one statement reads. */
const batchMax = 500;

export interface SharedRowsOptions<Row> {
  readonly live: LivePort;
  /** The node that is read now, of no caller's own: `context.sharedNode()`. */
  readonly node: CurrentNode<ReadNode>;
  /** Where changes of a key's row are announced. */
  readonly channels: (key: string) => readonly string[];
  /** Reads the rows of some keys, past every cache; those that are not there (yet) are left out. */
  readonly load: (node: ReadNode, keys: readonly string[]) => Promise<ReadonlyMap<string, Row>>;
  /** Reads only the versions of some keys, in the sense of `versionOf`. */
  readonly versions: (node: ReadNode, keys: readonly string[]) => Promise<ReadonlyMap<string, number>>;
  /** Grows with every change of the row, on every node alike. */
  readonly versionOf: (row: Row) => number;
  /** The versions are read again this often, since a pointer may get lost. */
  readonly refreshMs: number;
}

/** A key that somebody follows. */
interface Followed<Row> {
  readonly key: string;
  readonly followers: Set<RowFollower<Row, unknown>>;
  /** Of the row that was read last. */
  version: number;
  /** On whose channels it listens. */
  nodeName: string;
  listening: Promise<void>;
  ends: readonly (() => void)[];
}

/**
 * Rows that many clients of a process follow. They share what it costs: one subscription a key, one timer for all, and one
 * read a key and piece of news, many keys in one statement. While a statement runs, news gathers for the next one.
 * As `liveRows`: the snapshot first, then every version that is newer than the last one delivered.
 */
export class SharedRows<Row> {
  readonly #options: SharedRowsOptions<Row>;
  readonly #followed = new Map<string, Followed<Row>>();
  readonly #due = new Set<string>();
  readonly #endGap: () => void;
  #nodeName = "";
  #isReading = false;
  #isOver = false;
  #timer: NodeJS.Timeout;

  constructor(options: SharedRowsOptions<Row>) {
    this.#options = options;
    this.#endGap = options.live.onGap(() => { for (const key of this.#followed.keys()) this.#look(key); });
    this.#timer = this.#refreshLater();
  }

  /** True once the last follower has left: another one is needed then. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Its first value fails with SystemError READ_UNAVAILABLE where no node answers; later ones are waited for. */
  follow<T>(key: string, options: FollowerOptions<Row, T>): RowFollower<Row, T> {
    const followed = this.#followed.get(key) ?? this.#open(key);
    const follower = new RowFollower<Row, T>(options, () => { this.#leave(followed, follower); });
    followed.followers.add(follower);
    // It listens before it reads: what changes in between is then heard, and read again.
    followed.listening.then(() => { this.#look(key); }, (error: unknown) => { follower.fail(error); });
    return follower;
  }

  #open(key: string): Followed<Row> {
    const followed: Followed<Row> = { key, followers: new Set(), version: -1, nodeName: "", listening: Promise.resolve(), ends: [] };
    this.#followed.set(key, followed);
    followed.listening = this.#listen(followed);
    return followed;
  }

  /** Moves to the channels of the node that is read now. */
  async #listen(followed: Followed<Row>): Promise<void> {
    const { live, node, channels } = this.#options;
    const { name } = node();
    if (followed.nodeName === name) return;
    followed.nodeName = name;
    const look = (): void => { this.#look(followed.key); };
    const ends = await Promise.all(channels(followed.key).map((channel) => live.subscribe(name, channel, look)));
    const isOutdated = followed.nodeName !== name || this.#followed.get(followed.key) !== followed;
    for (const end of isOutdated ? ends : followed.ends) end();
    if (!isOutdated) followed.ends = ends;
  }

  #leave(followed: Followed<Row>, follower: RowFollower<Row, unknown>): void {
    followed.followers.delete(follower);
    if (followed.followers.size > 0 || this.#followed.get(followed.key) !== followed) return;
    this.#followed.delete(followed.key);
    for (const end of followed.ends) end();
    if (this.#followed.size > 0) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#endGap();
  }

  #look(key: string): void {
    this.#due.add(key);
    if (this.#isReading) return;
    this.#isReading = true;
    // What else is said in this turn comes into the same statement.
    queueMicrotask(() => void this.#readDue());
  }

  async #readDue(): Promise<void> {
    while (this.#due.size > 0) {
      const some: Followed<Row>[] = [];
      for (const key of this.#due) {
        if (some.length === batchMax) break;
        this.#due.delete(key);
        const followed = this.#followed.get(key);
        if (followed) some.push(followed);
      }
      if (some.length > 0) await this.#read(some);
    }
    this.#isReading = false;
  }

  async #read(some: readonly Followed<Row>[]): Promise<void> {
    try {
      const node = this.#options.node();
      await this.#moveTo(node);
      const rows = await this.#options.load(node, some.map(({ key }) => key));
      for (const followed of some) {
        const row = rows.get(followed.key);
        if (row !== undefined) followed.version = this.#options.versionOf(row);
        for (const follower of followed.followers) {
          follower.hasBegun = true;
          if (row !== undefined) follower.offer(row);
        }
      }
    } catch (error) {
      failed(some, error);
    }
  }

  async #moveTo({ name }: ReadNode): Promise<void> {
    if (name === this.#nodeName) return;
    this.#nodeName = name;
    const elsewhere = [...this.#followed.values()].filter(({ nodeName }) => nodeName !== name);
    await Promise.all(elsewhere.map(async (followed) => {
      await this.#listen(followed);
      this.#due.add(followed.key);
    }));
  }

  #refreshLater(): NodeJS.Timeout {
    return setTimeout(() => {
      void this.#refresh().then(() => { if (!this.#isOver) this.#timer = this.#refreshLater(); });
    }, this.#options.refreshMs);
  }

  /** Whatever has another version than was read last is read. */
  async #refresh(): Promise<void> {
    const all = [...this.#followed.values()];
    for (let first = 0; first < all.length; first += batchMax) {
      const some = all.slice(first, first + batchMax);
      try {
        const node = this.#options.node();
        const versions = await this.#options.versions(node, some.map(({ key }) => key));
        for (const { key, version, nodeName } of some) if (nodeName !== node.name || (versions.get(key) ?? -1) !== version) this.#look(key);
      } catch (error) {
        failed(some, error);
      }
    }
  }
}

/** A node that does not answer is asked again at the next refresh; whoever has had nothing yet is told. */
function failed<Row>(some: readonly Followed<Row>[], error: unknown): void {
  const isLasting = !isUnavailable(error);
  for (const { followers } of some) for (const follower of [...followers]) if (isLasting || !follower.hasBegun) follower.fail(error);
}
