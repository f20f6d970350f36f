import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Redis } from "ioredis";
import { freePort } from "../../src/platform/embedded/free-port.js";
import { claimRunDirectory, removeRunDirectory, runDirectoryPrefix } from "../support/run-directory.js";
import { hasRedisServer, startRedis, type TestRedis } from "../support/test-redis.js";
import { acknowledged, apiCount, raceWithinMs, RaceShop } from "./race-shop.js";
import { tally, type Heard } from "./race-client.js";

const whereThereIsRedis = hasRedisServer() ? describe : describe.skip;
if (!hasRedisServer()) process.stderr.write("The race with a Redis that is lost is skipped: there is no redis-server on the PATH.\n");

const callers = 60;
const wishesOfEach = 3;
const units = 90;
const limit = 2;
/** Acknowledged orders after which it happens. */
const [emptiedAt, killedAt, backAt] = [20, 40, 70];
/** Requests of a customer in a window that is longer than the test. */
const requests = 40;

whereThereIsRedis("Redis is emptied, killed and comes back empty in the middle of a sale", () => {
  let shop: RaceShop;
  let directory: string;
  let port: number;
  let redis: TestRedis;
  let buyers: readonly string[];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), runDirectoryPrefix));
    await claimRunDirectory(directory);
    port = await freePort(undefined, new Set());
    redis = await startRedis(directory, port);
    shop = await RaceShop.open({
      redisUrl: redis.value!,
      settings: { RATE_LIMIT_CUSTOMER: String(requests), RATE_LIMIT_WINDOW_SECONDS: "3600", RATE_LIMIT_PROCESSES: String(apiCount) },
    });
    buyers = await shop.buyers(callers);
  }, raceWithinMs);

  afterAll(async () => {
    await (shop as RaceShop | undefined)?.close();
    await (redis as TestRedis | undefined)?.stop();
    await removeRunDirectory(directory);
  }, raceWithinMs);

  it("orders go on, and all limits hold", async () => {
    const { sku, saleId } = await shop.sale(units, { limitPerCustomer: limit });
    const journal: Heard[] = [];
    const empty = async (): Promise<void> => {
      const client = new Redis(redis.value!);
      await client.flushall();
      client.disconnect();
    };
    const due = new Map([
      [emptiedAt, empty], [killedAt, () => redis.stop()], [backAt, async () => { redis = await startRedis(directory, port); }],
    ]);
    /** Requests that are answered of somebody who does not stop asking. */
    const allowed: number[] = [];
    const pester = async (): Promise<void> => {
      const replies = await Promise.all(Array.from({ length: 2 * requests }, (_, nth) => shop.client.ask(shop.apis[nth % apiCount]!, "nuisance", "{ __typename }")));
      const refused = replies.flatMap(({ errors }) => errors?.map(({ extensions }) => extensions["code"]) ?? []);
      expect(new Set(refused)).toEqual(new Set(["RATE_LIMITED"]));
      allowed.push(replies.length - refused.length);
    };
    const happen = async (): Promise<void> => {
      const sold = acknowledged(journal).length;
      const act = due.get(sold);
      due.delete(sold);
      if (!act) return;
      await act();
      await pester();
    };
    await pester();
    await Promise.all(buyers.map(async (caller, nth) => {
      for (let count = 0; count < wishesOfEach; count += 1) {
        journal.push(await shop.client.insist(nth + count, caller, "placeOrder", { lines: [{ sku, saleId, quantity: 1 }] }));
        await happen();
      }
    }));

    const { DONE, LIMIT_REACHED = 0, OUT_OF_STOCK = 0, ...others } = tally(journal);
    expect([DONE, LIMIT_REACHED + OUT_OF_STOCK, others]).toEqual([units, callers * wishesOfEach - units, {}]);
    const most = Math.max(...buyers.map((buyer) => journal.filter(({ caller, word }) => caller === buyer && word === "DONE").length));
    expect(most).toBeLessThanOrEqual(limit);
    expect(await shop.ordersOf(sku)).toEqual(acknowledged(journal));
    // docs/rate-limits.md: the limit of all together, one more where it was emptied, the parts of all while it was away, and the limit anew.
    expect(allowed).toHaveLength(4);
    expect(allowed[0]).toBe(requests);
    expect(allowed.filter((count) => count > requests)).toEqual([]);
    expect(await shop.problems()).toEqual([]);
  }, raceWithinMs);
});
