import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { openReadNode, type OpenReadNode } from "../../src/platform/projector/open-read-node.js";
import type { RunningProjector } from "../../src/platform/projector/projector.js";
import { verifyProjection } from "../../src/platform/projector/verify-projection.js";
import { accountTable, bankTable } from "./bank.js";
import { LoneNode } from "./lone-node.js";
import { eventually, HeardAlerts, queryNode, quiet, runProjector } from "./teller.js";

let lone: LoneNode;
let reader: OpenReadNode;
let alerts: HeardAlerts;
const running: RunningProjector[] = [];

async function start(pageSize = 1_000): Promise<void> {
  running.push(await runProjector({ node: lone.node, projections: [accountTable, bankTable], alerts, pageSize }));
  await reader.close();
  reader = await openReadNode({ ...lone.node, logger: quiet, poolSize: 2 });
}

async function balances(): Promise<unknown[]> {
  return queryNode(lone.node.appUrl, "SELECT account, balance::int, history FROM read.account_v1 ORDER BY account");
}

beforeEach(async () => {
  lone = await LoneNode.create();
  reader = await openReadNode({ ...lone.node, logger: quiet, poolSize: 2 });
  alerts = new HeardAlerts();
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((projector) => projector.stop()));
  await reader.close();
  await lone.drop();
});

describe("the node's first copy", () => {
  it("is folded by position, however it came, and what follows by arrival", async () => {
    await lone.deliver(
      { position: 4, version: 3, event: { type: "Deposited", account: "a", amount: 2 } },
      { position: 3, version: 2, event: { type: "Deposited", account: "a", amount: 1 } },
      { position: 2, version: 1, event: { type: "Opened", account: "b", owner: "Bob" } },
      { position: 1, version: 1, event: { type: "Opened", account: "a", owner: "Ada" } },
    );
    await start(2);
    expect(await reader.reached("4", ["account"], 300)).toBe(false); // the copy is not complete: nothing may be folded
    await lone.markBootstrap();
    // Position 6 was committed before 5: the order of commit counts now.
    await lone.deliver({ position: 6, version: 4, event: { type: "Deposited", account: "a", amount: 3 } });
    await lone.deliver({ position: 5, version: 2, event: { type: "Deposited", account: "b", amount: 9 } });
    for (const position of ["4", "6", "5"]) expect(await reader.reached(position, ["account", "bank"], 5_000)).toBe(true);
    expect(await balances()).toEqual([{ account: "a", balance: 6, history: [1, 2, 3] }, { account: "b", balance: 9, history: [9] }]);
    expect(await verifyProjection(lone.node, accountTable)).toMatchObject({ differences: [], events: 6, gap: null });
    expect(alerts.requests).toEqual([]);
  });
});

describe("a stream with a missing version", () => {
  it("is waited for, with an alert, and nothing is passed over", async () => {
    await lone.markBootstrap();
    await start();
    await lone.deliver({ position: 1, version: 1, event: { type: "Opened", account: "a", owner: "Ada" } });
    await lone.deliver({ position: 3, version: 3, arrival: 10, event: { type: "Deposited", account: "a", amount: 30 } });
    await lone.deliver({ position: 4, version: 1, event: { type: "Opened", account: "b", owner: "Bob" } });
    await eventually("the alert of the gap", () => alerts.has(`projection_gap:${lone.node.name}`));
    expect(await reader.reached("1", ["account", "bank"], 5_000)).toBe(true);
    expect(await reader.reached("4", ["account"], 500)).toBe(false);
    expect(await balances()).toEqual([{ account: "a", balance: 0, history: [] }]);
    expect((await reader.lag()).map(({ events }) => events)).toEqual([2, 2]);
    await lone.deliver({ position: 2, version: 2, arrival: 9, event: { type: "Deposited", account: "a", amount: 12 } });
    expect(await reader.reached("4", ["account", "bank"], 5_000)).toBe(true);
    expect(await balances()).toEqual([{ account: "a", balance: 42, history: [12, 30] }, { account: "b", balance: 0, history: [] }]);
  });
});
