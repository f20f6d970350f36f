import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { planKills } from "../../src/cli/drill/kill-plan.js";
import { AckJournal, readJournal } from "../../src/cli/replay/ack-journal.js";
import { countOrders } from "../../src/cli/replay/count-orders.js";
import { ReplayIdentity } from "../../src/cli/replay/identity.js";
import { OrderTracker } from "../../src/cli/replay/order-tracker.js";
import { lineList } from "../../src/cli/replay/summary-text.js";

const directory = mkdtempSync(join(tmpdir(), "millrace-journal-"));
afterAll(() => { rmSync(directory, { recursive: true }); });

describe("a journal of acknowledgements", () => {
  it("goes on where it was left, without the line that a kill cut short", async () => {
    const path = join(directory, "goes-on");
    const first = await AckJournal.open(path, "some-file");
    await Promise.all([1, 2, 3].map((line) => first.journal.keep({ line, orderId: `order_${line}` })));
    await first.journal.close();
    appendFileSync(path, '{"line":4,"ord');

    const second = await AckJournal.open(path, "some-file");
    expect(second.known).toEqual([1, 2, 3].map((line) => ({ line, orderId: `order_${line}` })));
    await second.journal.keep({ line: 4, orderId: "order_4" });
    await second.journal.close();
    expect((await readJournal(path)).acknowledgements).toHaveLength(4);
    expect(readFileSync(path, "utf8").split("\n")).toHaveLength(6);
  });

  it("of another replay is not gone on with", async () => {
    const path = join(directory, "other");
    const { journal } = await AckJournal.open(path, "some-file");
    await journal.close();
    await expect(AckJournal.open(path, "another-file")).rejects.toThrow(`${path} is the journal of another replay`);
  });

  it("that is damaged says where", async () => {
    const path = join(directory, "damaged");
    appendFileSync(path, '{"replay":"some-file"}\nnonsense\n');
    await expect(readJournal(path)).rejects.toThrow(`${path}, line 2, is no entry of a journal.`);
  });
});

describe("counting", () => {
  const identity = new ReplayIdentity("some-file", undefined, "operator");
  const lines = new Set([1, 2, 3]);
  const orderOf = (line: number, of = identity) => ({ id: `order_${of.orderIdOf(line)}` });
  const promise = (line: number) => ({ line, orderId: orderOf(line).id });

  it("finds nothing wrong where each promise is one order, also with orders of other runs", () => {
    expect(countOrders([1, 2, 3].map((line) => orderOf(line)), [promise(1), promise(3)], identity, lines)).toEqual({ missing: [], doubled: [], found: 3 });
  });

  it("finds a promise that is broken", () => {
    expect(countOrders([orderOf(1)], [promise(1), promise(2)], identity, lines).missing).toEqual([promise(2)]);
  });

  it("finds an order that no line accounts for, and one that is there twice", () => {
    const stranger = orderOf(1, new ReplayIdentity("some-file", undefined, "another-operator"));
    expect(countOrders([orderOf(1), stranger, orderOf(4)], [], identity, lines).doubled).toEqual([stranger.id, orderOf(4).id]);
    expect(countOrders([orderOf(1), orderOf(1)], [], identity, lines).doubled).toEqual([orderOf(1).id]);
  });

  it("keeps replays of one file apart by their names", () => {
    const again = new ReplayIdentity("some-file", "again", "operator");
    expect(again.key("line", 1)).not.toBe(identity.key("line", 1));
    expect(again.customerIds).not.toContain(identity.customerOf(1));
    expect(identity.customerIds).toContain(identity.customerOf(299));
  });
});

describe("following orders", () => {
  it("hears news that is faster than the answer, and is not turned back by news that is late", () => {
    const tracker = new OrderTracker();
    tracker.tell("order_1", "DELIVERED");
    expect(tracker.expected).toBe(0);
    tracker.expect("order_1");
    tracker.tell("order_1", "SHIPPED");
    tracker.expect("order_2");
    expect({ pending: [...tracker.pending], counts: tracker.counts() }).toEqual({ pending: ["order_2"], counts: { DELIVERED: 1, UNSEEN: 1 } });
  });
});

describe("a plan of kills", () => {
  it("is the same for the same seed, and takes the databases in two of five", () => {
    expect(planKills(5, 42)).toEqual(planKills(5, 42));
    expect(planKills(5, 42)).not.toEqual(planKills(5, 43));
    for (let seed = 0; seed < 50; seed += 1) expect(planKills(5, seed).filter(({ target }) => target !== "process")).toHaveLength(2);
    expect(planKills(1, 1)).toHaveLength(1);
  });
});

describe("a list of lines", () => {
  it("is short and leaves none out", () => {
    expect([lineList([7]), lineList([1, 2, 3, 7, 9, 10])]).toEqual(["line 7", "lines 1-3, 7, 9-10"]);
  });
});
