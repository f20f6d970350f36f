import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { SystemError } from "../../src/platform/errors.js";
import { InProcessLive } from "../../src/platform/live/in-process-live.js";
import { liveRows, type LiveRow, type LiveRowsOptions } from "../../src/platform/live/live-rows.js";

const [channel, node, refreshMs, minIntervalMs] = ["stock:LAMP", { name: "n1" }, 60_000, 250];
const live = new InProcessLive();
let row: LiveRow<string>;
let loads: number;
let begun: number;

beforeEach(() => {
  jest.useFakeTimers();
  [row, loads, begun] = [{ version: 1, value: "1" }, 0, Date.now()];
});
afterEach(() => { jest.useRealTimers(); });

const load = async (): Promise<LiveRow<string>> => {
  loads += 1;
  return row;
};

/** What is delivered, and how many milliseconds after the beginning. */
function follow(options: Partial<LiveRowsOptions<string>> = {}) {
  const rows = liveRows({ live, node: () => node, channel, load, refreshMs, ...options });
  const seen: [ms: number, value: string][] = [];
  const ended = (async () => {
    for await (const value of rows) seen.push([Date.now() - begun, value]);
  })();
  return { rows, seen, ended };
}

async function change(version: number): Promise<void> {
  row = { ...row, version, value: String(version) };
  await live.publish(node.name, [{ channel, version, position: "1" }]);
}

const passMs = (milliseconds: number) => jest.advanceTimersByTimeAsync(milliseconds);

describe("a live row that changes too often", () => {
  it("comes at most once an interval, at once where it was at rest, and ends on the newest version", async () => {
    const { rows, seen, ended } = follow({ minIntervalMs });
    await passMs(1_000);
    for (let version = 2; version <= 102; version += 1) {
      await change(version);
      await passMs(10);
    }
    await passMs(1_000);
    expect(seen).toEqual([[0, "1"], [1_000, "2"], [1_250, "26"], [1_500, "51"], [1_750, "76"], [2_000, "101"], [2_250, "102"]]);
    await change(103);
    await passMs(0);
    expect(seen.at(-1)).toEqual([3_010, "103"]);
    await rows.return();
    await ended;
  });

  it("is read as seldom as it is delivered", async () => {
    const { rows, seen, ended } = follow({ minIntervalMs });
    for (let version = 2; version <= 52; version += 1) {
      await passMs(10);
      await change(version);
    }
    await passMs(minIntervalMs);
    expect(seen.at(-1)?.[1]).toBe("52");
    expect(loads).toBe(seen.length);
    await rows.return();
    await ended;
  });

  it("costs no timer at rest but that of the next look, and none once it is left", async () => {
    const { rows, ended } = follow({ minIntervalMs });
    await change(2);
    await passMs(5_000);
    expect(jest.getTimerCount()).toBe(1);
    await rows.return();
    await ended;
    expect(jest.getTimerCount()).toBe(0);
  });

  it("ends at once when it is left between two deliveries", async () => {
    const { rows, seen, ended } = follow({ minIntervalMs });
    await passMs(1);
    await change(2);
    await passMs(1);
    await rows.return();
    await ended;
    expect(seen).toEqual([[0, "1"]]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it("comes with every change where no interval is asked for", async () => {
    const { rows, seen, ended } = follow();
    for (let version = 2; version <= 4; version += 1) {
      await passMs(1);
      await change(version);
    }
    await passMs(0);
    expect(seen).toEqual([[0, "1"], [1, "2"], [2, "3"], [3, "4"]]);
    await rows.return();
    await ended;
  });
});

describe("a live row that changes by the clock", () => {
  const endsAt = () => begun + 7_000;
  const byClock = async (): Promise<LiveRow<string>> => {
    loads += 1;
    return Date.now() < endsAt() ? { version: 1, value: "RESERVED", changesAt: endsAt() } : { version: 1, value: "EXPIRED", isLast: true };
  };

  it("is told at that moment, without an event, and ends with what is the last of it", async () => {
    const { seen, ended } = follow({ load: byClock });
    await passMs(6_999);
    expect(seen).toEqual([[0, "RESERVED"]]);
    await passMs(1);
    await ended;
    expect(seen).toEqual([[0, "RESERVED"], [7_000, "EXPIRED"]]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it("is not told again before", async () => {
    const { rows, seen, ended } = follow({ load: byClock, refreshMs: 1_000 });
    await passMs(6_500);
    expect([seen.length, loads]).toEqual([1, 7]);
    await rows.return();
    await ended;
  });

  it("is told to a client that was not listening at that moment", async () => {
    const rows = liveRows({ live, node: () => node, channel, load: byClock, refreshMs });
    expect((await rows.next()).value).toBe("RESERVED");
    await passMs(9_000);
    const next = rows.next();
    await passMs(0);
    expect((await next).value).toBe("EXPIRED");
    expect((await rows.next()).done).toBe(true);
  });

  it("waits for the next look, and does not ask without pause, where the node does not answer at that moment", async () => {
    let away = false;
    const { seen, ended } = follow({
      refreshMs: 5_000,
      load: async () => {
        const found = await byClock();
        if (away) throw new SystemError("READ_UNAVAILABLE", "gone");
        return found;
      },
    });
    await passMs(6_000);
    away = true;
    await passMs(2_000);
    expect([seen.length, loads]).toEqual([1, 3]);
    away = false;
    await passMs(5_000);
    await ended;
    expect(seen).toEqual([[0, "RESERVED"], [12_000, "EXPIRED"]]);
  });
});
