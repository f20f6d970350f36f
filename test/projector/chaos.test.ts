import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { openReadNode } from "../../src/platform/projector/open-read-node.js";
import { projectorQueues } from "../../src/platform/projector/queues.js";
import { verifyProjection } from "../../src/platform/projector/verify-projection.js";
import { createShopDatabases, type ShopDatabases } from "../support/shop-databases.js";
import { accountTable, bankTable } from "./bank.js";
import { queryNode, quiet, runProjector, Teller } from "./teller.js";

const projections = [accountTable, bankTable];
const [writers, streamsAWriter, depositsAStream] = [4, 25, 12];
let shop: ShopDatabases;

beforeAll(async () => {
  shop = await createShopDatabases({ nodes: 1, nodeQueues: projectorQueues });
});

afterAll(() => shop.drop());

async function write(writer: number): Promise<string> {
  const teller = await Teller.open(shop.primary.appUrl);
  let position = "0";
  for (let round = 0; round <= depositsAStream; round += 1) {
    for (let stream = 0; stream < streamsAWriter; stream += 1) {
      const account = `w${String(writer)}-${String(stream)}`;
      position = await teller.write(round === 0 ? { type: "Opened", account, owner: "o" } : { type: "Deposited", account, amount: round });
    }
  }
  await teller.close();
  return position;
}

describe("two projectors whose connections are cut again and again under four writers", () => {
  it("fold each event once: the rows are what the log says", async () => {
    const node = shop.nodes[0]!;
    const both = [await runProjector({ node, projections, pageSize: 50 }), await runProjector({ node, projections, pageSize: 70 })];
    const written = Promise.all(Array.from({ length: writers }, (_unused, writer) => write(writer)));
    let cuts = 0;
    const writing = { on: true };
    void written.finally(() => { writing.on = false; });
    while (writing.on) {
      const cut = await queryNode<{ done: boolean }>(node.adminUrl,
        "SELECT pg_terminate_backend(pid) AS done FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'millrace projector%' AND application_name NOT LIKE '%jobs'");
      cuts += cut.length;
    }
    const reader = await openReadNode({ ...node, logger: quiet, poolSize: 2 });
    for (const position of await written) expect(await reader.reached(position, ["account", "bank"], 20_000)).toBe(true);
    expect(cuts).toBeGreaterThan(5);
    const accounts = writers * streamsAWriter;
    const each = (depositsAStream * (depositsAStream + 1)) / 2;
    expect(await queryNode(node.appUrl, "SELECT count(*)::int AS accounts, min(balance)::int, max(balance)::int FROM read.account_v1")).toEqual([{ accounts, min: each, max: each }]);
    expect(await queryNode(node.appUrl, "SELECT accounts, deposited::int FROM read.bank_v1")).toEqual([{ accounts, deposited: accounts * each }]);
    for (const table of projections) expect(await verifyProjection(node, table)).toMatchObject({ differences: [], parked: 0, gap: null, events: accounts * (depositsAStream + 1) });
    await Promise.all(both.map((projector) => projector.stop()));
    const late = await Teller.open(shop.primary.appUrl);
    const position = await late.write({ type: "Opened", account: "late", owner: "o" });
    expect(await reader.reached(position, ["account"], 300)).toBe(false); // nobody folds any more
    await late.close();
    await reader.close();
  });
});

describe("a node that joins under four writers", () => {
  it("ends with the same rows as the first", async () => {
    const first = shop.nodes[0]!;
    const written = Promise.all(Array.from({ length: writers }, (_unused, writer) => write(writer + 10)));
    const second = await shop.addNode();
    const both = await Promise.all([first, second].map((node) => runProjector({ node, projections, pageSize: 200 })));
    const positions = await written;
    const rows = await Promise.all([first, second].map(async (node) => {
      const reader = await openReadNode({ ...node, logger: quiet, poolSize: 2 });
      for (const position of positions) expect(await reader.reached(position, ["account", "bank"], 20_000)).toBe(true);
      await reader.close();
      expect(await verifyProjection(node, accountTable)).toMatchObject({ differences: [], gap: null });
      return [await queryNode(node.appUrl, "SELECT * FROM read.account_v1 ORDER BY account"), await queryNode(node.appUrl, "SELECT * FROM read.bank_v1")];
    }));
    expect(rows[1]).toEqual(rows[0]);
    await Promise.all(both.map((projector) => projector.stop()));
  });
});
