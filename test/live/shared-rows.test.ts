import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { SystemError } from "../../src/platform/errors.js";
import { InProcessLive } from "../../src/platform/live/in-process-live.js";
import type { LivePort } from "../../src/platform/live/live-port.js";
import type { RowFollower } from "../../src/platform/live/row-follower.js";
import { SharedRows } from "../../src/platform/live/shared-rows.js";
import type { ReadNode } from "../../src/platform/projector/read-node.js";

interface Row { readonly key: string; readonly version: number }
type Follower = RowFollower<Row, string>;

const refreshMs = 5_000;
const node = (name: string): ReadNode => ({ name } as ReadNode);
const unavailable = new SystemError("READ_UNAVAILABLE", "gone");

describe("rows that many follow", () => {
  let live: InProcessLive;
  let current: ReadNode;
  /** What the node holds. */
  let rows: Map<string, number>;
  /** The keys of each statement. */
  let loads: (readonly string[])[];
  let versionReads: number;
  let failure: Error | null;
  let shared: SharedRows<Row>;
  let subscriptions: number;
  let gapListeners: Set<() => void>;
  /** Runs while rows are read, after the node has made up its answer. */
  let meanwhile: () => void;

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ["nextTick", "queueMicrotask", "setImmediate"] });
    [live, current, rows, loads, versionReads, failure, subscriptions, gapListeners, meanwhile] = [new InProcessLive(), node("n1"), new Map(), [], 0, null, 0, new Set(), () => undefined];
    const counted: LivePort = {
      publish: (name, pointers) => live.publish(name, pointers),
      close: () => live.close(),
      onGap(listener) {
        gapListeners.add(listener);
        return () => { gapListeners.delete(listener); };
      },
      async subscribe(name, channel, onPointer) {
        subscriptions += 1;
        const end = await live.subscribe(name, channel, onPointer);
        return () => { subscriptions -= 1; end(); };
      },
    };
    const found = (keys: readonly string[]): [string, number][] => keys.flatMap((key): [string, number][] => {
      const version = rows.get(key);
      return version === undefined ? [] : [[key, version]];
    });
    shared = new SharedRows<Row>({
      live: counted, node: () => current, channels: (key) => [`row:${key}`], versionOf: ({ version }) => version, refreshMs,
      async load(_node, keys) {
        if (failure) throw failure;
        loads.push(keys);
        const answer = new Map(found(keys).map(([key, version]) => [key, { key, version }]));
        meanwhile();
        return answer;
      },
      async versions(_node, keys) {
        if (failure) throw failure;
        versionReads += 1;
        return new Map(found(keys));
      },
    });
  });
  afterEach(() => { jest.useRealTimers(); });

  /** Nothing here waits for anything but its turn. */
  const settle = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });
  const pass = async (milliseconds: number): Promise<void> => {
    await jest.advanceTimersByTimeAsync(milliseconds);
    await settle();
  };
  const follow = (key: string, after = 0): Follower => shared.follow(key, { after, versionOf: ({ version }) => version, valueOf: (row) => `${row.key}@${String(row.version)}` });
  const announce = (key: string, name = current.name): Promise<void> => live.publish(name, [{ channel: `row:${key}`, version: 0, position: "1" }]);
  const change = (key: string, version: number): Promise<void> => {
    rows.set(key, version);
    return announce(key);
  };
  /** Everything that a follower is told, as it comes. */
  const hear = (follower: Follower): string[] => {
    const heard: string[] = [];
    void (async () => { for await (const value of follower) heard.push(value); })().catch((error: unknown) => heard.push(String(error)));
    return heard;
  };
  const keysOf = (count: number): string[] => Array.from({ length: count }, (_, index) => `k${String(index)}`);

  it("are read once for all who come, and once for each piece of news, however many follow", async () => {
    const keys = keysOf(50);
    for (const key of keys) rows.set(key, 1);
    const heard = keys.flatMap((key) => Array.from({ length: 10 }, () => hear(follow(key))));
    await settle();
    expect(loads).toEqual([keys]);
    expect(subscriptions).toBe(50);
    expect(heard).toHaveLength(500);
    for (const [index, each] of heard.entries()) expect(each).toEqual([`k${String(Math.floor(index / 10))}@1`]);
    await change("k7", 2);
    await settle();
    expect(loads.slice(1)).toEqual([["k7"]]);
    expect(heard.filter((each) => each.at(-1) === "k7@2")).toHaveLength(10);
    expect(heard.reduce((sum, each) => sum + each.length, 0)).toBe(510);
  });

  it("come as one where many are told of at once, 500 a statement", async () => {
    const keys = keysOf(1_100);
    for (const key of keys) rows.set(key, 1);
    const heard = keys.map((key) => hear(follow(key)));
    await settle();
    expect(loads.map(({ length }) => length)).toEqual([500, 500, 100]);
    expect(new Set(loads.flat()).size).toBe(1_100);
    expect(heard.every(({ length }) => length === 1)).toBe(true);
  });

  it("give a thousand who come back what they missed and nothing else", async () => {
    const keys = keysOf(100);
    for (const [index, key] of keys.entries()) rows.set(key, index < 50 ? 4 : 3);
    const heard = keys.flatMap((key) => Array.from({ length: 10 }, () => hear(follow(key, 3))));
    await settle();
    expect(loads.map(({ length }) => length)).toEqual([100]);
    expect(heard.map(({ length }) => length)).toEqual([...Array<number>(500).fill(1), ...Array<number>(500).fill(0)]);
    expect(heard[0]).toEqual(["k0@4"]);
  });

  it("are never told twice nor backward, and a slow client is told the newest only", async () => {
    rows.set("a", 1);
    const [slow, heard] = [follow("a"), hear(follow("a"))];
    await settle();
    for (const version of [2, 3, 3, 2, 5]) {
      await change("a", version);
      await settle();
    }
    expect(heard).toEqual(["a@1", "a@2", "a@3", "a@5"]);
    expect(await slow.next()).toEqual({ done: false, value: "a@5" });
    const waiting = slow.next();
    await slow.return();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  it("are read again where something was said while they were read", async () => {
    rows.set("a", 1);
    meanwhile = () => {
      meanwhile = () => undefined;
      void change("a", 2);
    };
    const heard = hear(follow("a"));
    await settle();
    expect(heard).toEqual(["a@1", "a@2"]);
  });

  it("appear when they come to be", async () => {
    const heard = hear(follow("a"));
    await settle();
    await change("a", 1);
    await settle();
    expect(heard).toEqual(["a@1"]);
  });

  it("cost one statement at rest for all, and whatever nobody told of is found by it", async () => {
    const keys = keysOf(400);
    for (const key of keys) rows.set(key, 1);
    const heard = new Map(keys.map((key) => [key, hear(follow(key))]));
    await settle();
    for (let time = 0; time < 3; time += 1) await pass(refreshMs);
    expect([versionReads, loads.length, jest.getTimerCount()]).toEqual([3, 1, 1]);
    rows.set("k3", 2);
    await pass(refreshMs);
    expect(loads.slice(1)).toEqual([["k3"]]);
    expect(heard.get("k3")).toEqual(["k3@1", "k3@2"]);
  });

  it("are read again after a gap", async () => {
    rows.set("a", 1);
    const heard = hear(follow("a"));
    await settle();
    rows.set("a", 2);
    for (const listener of gapListeners) listener();
    await settle();
    expect(heard).toEqual(["a@1", "a@2"]);
  });

  it("go on at another node, on its channels", async () => {
    for (const key of ["a", "b"]) rows.set(key, 1);
    const heard = [hear(follow("a")), hear(follow("b"))];
    await settle();
    current = node("n2");
    rows.set("b", 2);
    await pass(refreshMs);
    expect(heard[1]).toEqual(["b@1", "b@2"]);
    expect(subscriptions).toBe(2);
    await change("a", 2);
    await settle();
    expect(heard[0]).toEqual(["a@1", "a@2"]);
    rows.set("a", 3);
    await announce("a", "n1");
    await settle();
    expect(heard[0]).toEqual(["a@1", "a@2"]);
  });

  it("that cannot be read are told to who has had nothing yet, and waited for by the others", async () => {
    rows.set("a", 1);
    const heard = hear(follow("a"));
    await settle();
    failure = unavailable;
    await change("a", 2);
    const late = follow("a").next();
    await expect(late).rejects.toBe(unavailable);
    await pass(refreshMs);
    expect(heard).toEqual(["a@1"]);
    failure = null;
    await pass(refreshMs);
    expect(heard).toEqual(["a@1", "a@2"]);
  });

  it("that fail for good fail for all", async () => {
    rows.set("a", 1);
    const heard = hear(follow("a"));
    await settle();
    failure = new Error("a bug");
    await announce("a");
    await settle();
    expect(heard).toEqual(["a@1", "Error: a bug"]);
    expect(shared.isOver).toBe(true);
  });

  it("leave nothing behind when the last has gone", async () => {
    const followers = ["a", "a", "b"].map((key) => follow(key));
    await settle();
    await followers[0]?.return();
    expect([subscriptions, shared.isOver]).toEqual([2, false]);
    for (const follower of followers) await follower.return();
    expect([subscriptions, shared.isOver, gapListeners.size, jest.getTimerCount()]).toEqual([0, true, 0, 0]);
  });

  it("leave nothing behind either when all go before they were subscribed", async () => {
    await follow("a").return();
    await settle();
    expect([subscriptions, loads.length, jest.getTimerCount()]).toEqual([0, 0, 0]);
  });
});
