import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { openReadNode, type OpenReadNode } from "../../src/platform/projector/open-read-node.js";
import type { RunningProjector } from "../../src/platform/projector/projector.js";
import { projectorQueues } from "../../src/platform/projector/queues.js";
import { verifyProjection } from "../../src/platform/projector/verify-projection.js";
import { createShopDatabases, type ShopDatabases, type ShopNode } from "../support/shop-databases.js";
import { accountTable, bankTable } from "./bank.js";
import { quiet, runProjector, Teller } from "./teller.js";

const projections = [accountTable, bankTable];
let shop: ShopDatabases;
let node: ShopNode;
let projector: RunningProjector;
let reader: OpenReadNode;
let teller: Teller;

beforeAll(async () => {
  shop = await createShopDatabases({ nodes: 1, nodeQueues: projectorQueues });
  node = shop.nodes[0]!;
  teller = await Teller.open(shop.primary.appUrl);
  projector = await runProjector({ node, projections });
  reader = await openReadNode({ ...node, logger: quiet, poolSize: 3 });
});

afterAll(async () => {
  await projector.stop();
  await Promise.all([reader.close(), teller.close()]);
  await shop.drop();
});

describe("folding", () => {
  it("turns events into rows, and a position is reached when every projection has folded it", async () => {
    const position = await teller.write(
      { type: "Opened", account: "a", owner: "Ada" },
      { type: "Deposited", account: "a", amount: 40 }, { type: "Deposited", account: "a", amount: 2 },
      { type: "Opened", account: "b", owner: "Bob" }, { type: "Closed", account: "b" },
    );
    expect(await reader.reached(position, ["account", "bank"], 5_000)).toBe(true);
    const rows = await reader.query({ name: "accounts", text: `SELECT * FROM ${reader.tableOf("account")} ORDER BY account` });
    expect(rows).toEqual([{ account: "a", owner: "Ada", balance: 42, version: 3, history: [40, 2], opened_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/), note: null }]);
    expect(await reader.query({ name: "bank", text: `SELECT * FROM ${reader.tableOf("bank")}` })).toEqual([{ id: "all", accounts: 1, deposited: 42 }]);
    expect(await reader.lag()).toEqual([{ projection: "account", events: 0, milliseconds: 0 }, { projection: "bank", events: 0, milliseconds: 0 }]);
  });

  it("equals a fold of the log", async () => {
    const verified = await verifyProjection(node, accountTable);
    expect(verified).toEqual({ projection: "account", differences: [], events: 5, parked: 0, gap: null });
  });

  it("says false where a position does not come, or a projection is unknown, when the bound is over", async () => {
    expect(await reader.reached("999999999", ["account"], 100)).toBe(false);
    expect(await reader.reached("9999999999999999999", ["account"], 100)).toBe(false);
    expect(await reader.reached("1", ["nobody"], 100)).toBe(false);
    expect(await reader.reached("0", ["account"], 0)).toBe(true);
  });
});
