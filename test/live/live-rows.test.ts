import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { InProcessLive } from "../../src/platform/live/in-process-live.js";
import { liveFeed, type FeedPage } from "../../src/platform/live/live-feed.js";
import { liveRows, type LiveRow } from "../../src/platform/live/live-rows.js";
import { openReadNode, type OpenReadNode } from "../../src/platform/projector/open-read-node.js";
import type { RunningProjector } from "../../src/platform/projector/projector.js";
import { projectorQueues } from "../../src/platform/projector/queues.js";
import { accountTable } from "../projector/bank.js";
import { quiet, runProjector, Teller } from "../projector/teller.js";
import { createShopDatabases, type ShopDatabases, type ShopNode } from "../support/shop-databases.js";

const live = new InProcessLive();
let shop: ShopDatabases;
let node: ShopNode;
let projector: RunningProjector;
let reader: OpenReadNode;
let teller: Teller;

beforeAll(async () => {
  shop = await createShopDatabases({ nodes: 1, nodeQueues: projectorQueues });
  node = shop.nodes[0]!;
  teller = await Teller.open(shop.primary.appUrl);
  projector = await runProjector({ node, projections: [accountTable], live });
  reader = await openReadNode({ ...node, logger: quiet, poolSize: 4 });
});

afterAll(async () => {
  await projector.stop();
  await Promise.all([reader.close(), teller.close()]);
  await shop.drop();
});

interface Balance { readonly balance: number; readonly version: number }

function load(account: string): () => Promise<LiveRow<Balance> | null> {
  return async () => {
    const [row] = await reader.query<Balance>({ name: "balance", text: `SELECT balance, version FROM ${reader.tableOf("account")} WHERE account = $1`, values: [account] });
    return row ? { version: row.version, value: row } : null;
  };
}

describe("a live row", () => {
  it("is the snapshot, then the tail, no version twice and none backward, up to the last", async () => {
    expect(await reader.reached(await teller.write({ type: "Opened", account: "a", owner: "ada" }), ["account"], 5_000)).toBe(true);
    const rows = liveRows({ live, node: () => reader, channel: "account:a", load: load("a"), refreshMs: 5_000 });
    const seen: Balance[] = [(await rows.next()).value as Balance];
    const writing = (async () => {
      for (let version = 2; version <= 60; version += 1) await teller.write({ type: "Deposited", account: "a", amount: 1 });
    })();
    while (seen.at(-1)!.version < 60) seen.push((await rows.next()).value as Balance);
    await writing;
    expect(seen[0]).toEqual({ balance: 0, version: 1 });
    for (const [index, { balance, version }] of seen.entries()) {
      expect(balance).toBe(version - 1);
      if (index > 0) expect(version).toBeGreaterThan(seen[index - 1]!.version);
    }
    await rows.return();
  });

  it("appears when it comes to be, and a pointer that was lost costs only the time to the next look", async () => {
    const deaf = new InProcessLive();
    const rows = liveRows({ live: deaf, node: () => reader, channel: "account:n", load: load("n"), refreshMs: 50 });
    const first = rows.next();
    await teller.write({ type: "Opened", account: "n", owner: "nina" });
    expect((await first).value).toEqual({ balance: 0, version: 1 });
    await rows.return();
  });

  it("begins after the version that the client has seen, and ends at once while it waits", async () => {
    const rows = liveRows({ live, node: () => reader, channel: "account:a", load: load("a"), after: 60, refreshMs: 60_000 });
    const next = rows.next();
    await teller.write({ type: "Deposited", account: "a", amount: 1 });
    expect((await next).value).toMatchObject({ version: 61 });
    const waiting = rows.next();
    await rows.return();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });
});

describe("a live feed", () => {
  const feed = (after: string | null, pageSize = 3): AsyncGenerator<FeedPage<string>, void, undefined> => liveFeed<string>({
    live, node: () => reader, channel: "accounts", after, types: ["Deposited"], projections: ["account"], refreshMs: 5_000, pageSize,
    snapshot: async () => ["everything"],
    tail: async (events) => events.map(({ streamId, version }) => `${streamId}@${String(version)}`),
  });

  it("is a snapshot, then every event once, in bounded pages; its cursor takes it up again", async () => {
    const pages = feed(null);
    expect((await pages.next()).value).toMatchObject({ kind: "snapshot", gap: false, values: ["everything"] });
    const written = [...Array(8).keys()].map((index) => ({ type: "Deposited" as const, account: `f${String(index)}`, amount: 1 }));
    await teller.write(...written.map(({ account }) => ({ type: "Opened" as const, account, owner: "f" })));
    await teller.write(...written);
    const [told, cursors]: [string[], string[]] = [[], []];
    while (told.length < 8) {
      const { values, cursor, kind } = (await pages.next()).value as FeedPage<string>;
      expect(kind).toBe("tail");
      expect(values.length).toBeLessThanOrEqual(3);
      told.push(...values);
      cursors.push(cursor);
    }
    await pages.return();
    expect(told).toEqual(written.map(({ account }) => `account-${account}@2`));
    const again = feed(cursors[0]!, 100);
    expect((await again.next()).value).toMatchObject({ kind: "tail", gap: false, values: told.slice(3) });
    await again.return();
  });

  it("tells a gap where the node does not know the cursor", async () => {
    for (const cursor of ["999999", "nonsense"]) {
      const pages = feed(cursor);
      expect((await pages.next()).value).toMatchObject({ kind: "snapshot", gap: true });
      await pages.return();
    }
  });
});
