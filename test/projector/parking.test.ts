import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { openReadNode, type OpenReadNode } from "../../src/platform/projector/open-read-node.js";
import type { RunningProjector } from "../../src/platform/projector/projector.js";
import { redrive } from "../../src/platform/projector/redrive.js";
import { verifyProjection } from "../../src/platform/projector/verify-projection.js";
import { accountTable, bankTable, curse } from "./bank.js";
import { LoneNode } from "./lone-node.js";
import { eventually, HeardAlerts, queryNode, quiet, runProjector } from "./teller.js";

const alerts = new HeardAlerts();
let lone: LoneNode;
let projector: RunningProjector;
let reader: OpenReadNode;

beforeAll(async () => {
  lone = await LoneNode.create();
  await lone.markBootstrap();
  projector = await runProjector({ node: lone.node, projections: [accountTable, bankTable], alerts });
  reader = await openReadNode({ ...lone.node, logger: quiet, poolSize: 2 });
});

afterAll(async () => {
  await projector.stop();
  await reader.close();
  await lone.drop();
});

function parked(): Promise<unknown[]> {
  return queryNode(lone.node.appUrl, "SELECT stream_id, position::int, error FROM read.parked_event ORDER BY position");
}

describe("an event that cannot be folded", () => {
  it("is parked with the later ones of its stream; the rest flows, and a projection of one row halts", async () => {
    curse.cannotFold = true;
    await lone.deliver(
      { position: 1, version: 1, event: { type: "Opened", account: "a", owner: "Ada" } },
      { position: 2, version: 1, event: { type: "Opened", account: "b", owner: "Bob" } },
      { position: 3, version: 2, event: { type: "Cursed", account: "a" } },
      { position: 4, version: 2, event: { type: "Deposited", account: "b", amount: 7 } },
    );
    expect(await reader.reached("4", ["account"], 5_000)).toBe(true);
    await lone.deliver({ position: 5, version: 3, event: { type: "Deposited", account: "a", amount: 5 } });
    await lone.deliver({ position: 6, version: 3, event: { type: "Deposited", account: "b", amount: 1 } });
    expect(await reader.reached("6", ["account"], 5_000)).toBe(true);
    expect(await parked()).toEqual([{ stream_id: "account-a", position: 3, error: "Error: cursed" }, { stream_id: "account-a", position: 5, error: null }]);
    expect(await queryNode(lone.node.appUrl, "SELECT account, balance::int, version FROM read.account_v1 ORDER BY 1")).toEqual([
      { account: "a", balance: 0, version: 1 }, { account: "b", balance: 8, version: 3 },
    ]);
    await eventually("both alerts", () => alerts.has("projection_parked:account:account-a") && alerts.has("projection_halted:bank"));
    expect(await queryNode(lone.node.appUrl, "SELECT checkpoint::int, halted FROM read.projection WHERE name = 'bank'")).toEqual([{ checkpoint: 2, halted: "Error: cursed" }]);
    expect(await verifyProjection(lone.node, accountTable)).toMatchObject({ differences: [], parked: 2 });
  });

  it("fails a redrive until it is mended, and nothing is changed by that", async () => {
    expect(await redrive(lone.node, [accountTable, bankTable], "account", "account-a")).toEqual({ folded: 0, left: 2, error: "Error: cursed" });
    expect(await parked()).toHaveLength(2);
  });

  it("is folded by a redrive in order, with those that waited behind it", async () => {
    curse.cannotFold = false;
    expect(await redrive(lone.node, [accountTable, bankTable], "account", "account-a")).toEqual({ folded: 2, left: 0, error: null });
    expect(await parked()).toEqual([]);
    expect(await queryNode(lone.node.appUrl, "SELECT balance::int, version, note FROM read.account_v1 WHERE account = 'a'")).toEqual([{ balance: 5, version: 3, note: "lifted" }]);
    expect(await redrive(lone.node, [accountTable, bankTable], "bank", "account-a")).toEqual({ folded: 0, left: 0, error: null });
    expect(await reader.reached("6", ["bank"], 10_000)).toBe(true);
    for (const table of [accountTable, bankTable]) expect(await verifyProjection(lone.node, table)).toMatchObject({ differences: [], parked: 0 });
  });
});
