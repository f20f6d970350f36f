import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { withClient } from "../../src/platform/postgres/connection.js";
import { eventually } from "../split/eventually.js";
import { acknowledged, raceWithinMs, RaceShop } from "./race-shop.js";
import { tally, type Heard } from "./race-client.js";

const callers = 40;
const units = 200;
const waitingWithinMs = 20_000;

/** Small batches: a rush is then many transactions, and what is killed is in the middle of some. */
describe("a rush in which API processes and all connections to the primary are killed", () => {
  let shop: RaceShop;
  let buyers: readonly string[];

  beforeAll(async () => {
    shop = await RaceShop.open({ settings: { BATCH_MAX: "10" } });
    buyers = await shop.buyers(callers);
  }, raceWithinMs);

  afterAll(async () => {
    await (shop as RaceShop | undefined)?.close();
  }, raceWithinMs);

  /** Of the application to the primary: their process ids. */
  const connections = async (condition = "true"): Promise<readonly number[]> => (await shop.rows<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND usename = $1 AND ${condition}`, [new URL(shop.databases.primary.appUrl).username])).map(({ pid }) => pid);
  /** As an administrator would who has to have the database to himself. */
  const cutOff = async (): Promise<void> => {
    const cut = await shop.rows("SELECT FROM unnest($1::int[]) pid WHERE pg_terminate_backend(pid)", [await connections()]);
    expect(cut.length).toBeGreaterThan(0);
  };

  it("loses nothing that was acknowledged, doubles nothing, and oversells nothing", async () => {
    const [shelf, sale] = [await shop.product(units / 2), await shop.sale(units / 2)];
    const journal: Heard[] = [];
    let round = 0;
    /** Everybody orders once; half of them on the shelf, half in the sale. */
    const orderAll = (onAnswer: (count: number) => void = () => undefined): Promise<unknown> => {
      let answers = 0;
      const orders = buyers.map(async (buyer, nth) => {
        const line = (nth + round) % 2 === 0 ? { sku: shelf } : sale;
        journal.push(await shop.client.insist(nth + round, buyer, "placeOrder", { lines: [{ ...line, quantity: 1 }] }));
        onAnswer(answers += 1);
      });
      round += 1;
      return Promise.all(orders);
    };
    /** It happens when somebody has been answered, wherever the others are. */
    const afterAnswer = async (count: number, happen: () => Promise<void>): Promise<void> => {
      let happened = Promise.resolve();
      await orderAll((answers) => { if (answers === count) happened = happen(); });
      await happened;
    };
    /** It happens while orders are held up at every API and in the primary, none of which is answered yet. */
    const whileAllWait = (happen: () => Promise<void>): Promise<void> => withClient({ url: shop.databases.primary.adminUrl }, async (client) => {
      await client.query("BEGIN");
      await client.query("SELECT FROM stock_item WHERE sku = ANY($1) ORDER BY sku FOR UPDATE", [[shelf, sale.sku]]);
      const all = orderAll();
      all.catch(() => undefined); // it is awaited below, and told there
      const alive = shop.apis.filter((api) => api.isAlive());
      await eventually("orders wait at every API", waitingWithinMs, async () =>
        alive.every((api) => shop.client.inFlight(api) > 0) && (await connections("wait_event_type = 'Lock'")).length >= alive.length);
      await happen();
      await client.query("ROLLBACK");
      await all;
    });

    await afterAnswer(10, cutOff);
    await whileAllWait(() => shop.kill(shop.apis[0]!));
    expect(journal.some(({ before }) => before.includes("connection lost"))).toBe(true);
    await whileAllWait(cutOff);
    await afterAnswer(15, () => shop.kill(shop.apis[1]!));
    await afterAnswer(20, cutOff);
    await whileAllWait(cutOff);

    expect(shop.apis.map((api) => api.isAlive())).toEqual([false, false, true, true]);
    expect(tally(journal)).toEqual({ DONE: units, OUT_OF_STOCK: callers * round - units });
    expect([...await shop.ordersOf(shelf), ...await shop.ordersOf(sale.sku)].sort()).toEqual(acknowledged(journal));
    expect(await shop.problems()).toEqual([]);
  }, raceWithinMs);
});
