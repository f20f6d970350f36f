import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { primaryQueues } from "../../src/cli/consumers.js";
import { examineAnswers } from "../../src/cli/doctor/check-answers.js";
import { examineStock } from "../../src/cli/doctor/check-stock.js";
import { newId } from "../../src/kernel/ids.js";
import { withClient } from "../../src/platform/postgres/connection.js";
import { projectorQueues } from "../../src/platform/projector/queues.js";
import { placeOrder } from "../queries/shop-life.js";
import type { MillraceProcess } from "../support/processes.js";
import { claimRunDirectory, removeRunDirectory, runDirectoryPrefix } from "../support/run-directory.js";
import { createShopDatabases, type ShopDatabases } from "../support/shop-databases.js";
import { eventually } from "./eventually.js";
import { ShopProcesses } from "./shop-processes.js";

const callersOfEach = 500;
/** Two batches under way and a full lane are 300 callers: the other 200 of an API have to be turned away. */
const settings = { LANE_CAPACITY: "200", BATCH_MAX: "50", LOG_LEVEL: "warn", RATE_LIMIT_CUSTOMER: "0", RATE_LIMIT_CUSTOMER_COST: "0" };
/** Codes by which the API itself asks for a repetition with the same key. */
const repeatable = ["OVERLOADED", "IN_DOUBT", "UNAVAILABLE"];
/** Nothing here is pushed: a Redis that is away is as good as one that is there. */
const redisUrl = "redis://127.0.0.1:9";
const input = { lines: [{ sku: "LAMP", quantity: 1 }] };

/** One who wants the unit, and will not let go before there is an answer. */
interface Caller {
  readonly api: MillraceProcess;
  readonly customer: string;
  readonly key: string;
}

/** In one word: `PLACED`, a refusal's code, a system failure's code, or what else it was. */
interface Heard {
  readonly word: string;
  readonly status: number | null;
  readonly retryAfter: string | null;
  readonly orderId: string | null;
  readonly replayed: boolean | null;
}

/** One story, in order: the later steps look at what the first one left. */
describe("the last unit, wanted by a thousand at once through two API processes", () => {
  let directory: string;
  let databases: ShopDatabases;
  let shop: ShopProcesses;
  let apis: readonly [MillraceProcess, MillraceProcess];
  let callers: readonly Caller[];
  let answers: readonly Heard[];
  /** What asked for a repetition, by API. */
  const turnedAway = new Map<MillraceProcess, Heard[]>();

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), runDirectoryPrefix));
    await claimRunDirectory(directory);
    databases = await createShopDatabases({ nodes: 1, queues: primaryQueues, nodeQueues: projectorQueues });
    shop = await ShopProcesses.open({ servers: databases, directory, redisUrl, settings });
    apis = await Promise.all([shop.start("api"), shop.start("api")]);
    await shop.furnish(apis[0].url, 1);
    callers = apis.flatMap((api) => Array.from({ length: callersOfEach }, (_, nth) => ({ api, customer: nth % 2 === 0 ? "ann" : "bob", key: newId() })));
    for (const api of apis) turnedAway.set(api, []);
  }, 60_000);

  afterAll(async () => {
    await (shop as ShopProcesses | undefined)?.close();
    await (databases as ShopDatabases | undefined)?.drop();
    await removeRunDirectory(directory);
  }, 60_000);

  const attempt = async ({ api, customer, key }: Caller): Promise<Heard> => {
    try {
      const { status, retryAfter, data, errors } = await shop.ask(api.url, customer, placeOrder, { input: { ...input, idempotencyKey: key } });
      const { orderId = null, replayed = null, userErrors = [] } = data?.placeOrder ?? {};
      const words = [...(errors ?? []).map(({ extensions }) => String(extensions["code"])), ...userErrors.map(({ code }: { code: string }) => code), ...(orderId === null ? [] : ["PLACED"])];
      return { word: words.join(" and ") || "nothing", status, retryAfter, orderId, replayed };
    } catch (error) {
      return { word: `no answer: ${String(error)}`, status: null, retryAfter: null, orderId: null, replayed: null };
    }
  };
  /** Repeats with the same key for as long as the API asks for it; whatever else is heard is the end. */
  const insist = (caller: Caller): Promise<Heard> => eventually("a caller is answered", 30_000, async () => {
    const heard = await attempt(caller);
    if (!repeatable.includes(heard.word)) return heard;
    turnedAway.get(caller.api)?.push(heard);
    return false;
  });
  const isOverloaded = (api: MillraceProcess): boolean => turnedAway.get(api)?.some(({ word }) => word === "OVERLOADED") ?? false;
  const countOf = (words: readonly Heard[]): Record<string, number> =>
    Object.fromEntries([...new Set(words.map(({ word }) => word))].map((word) => [word, words.filter((heard) => heard.word === word).length]));

  it("is sold to one, and all others hear that it is gone", async () => {
    // Held until both APIs have turned somebody away: so the lanes fill however fast the machine is.
    const asked = await withClient({ url: databases.primary.adminUrl }, async (client) => {
      await client.query("BEGIN");
      await client.query("SELECT FROM stock_item WHERE sku = 'LAMP' FOR UPDATE");
      const all = Promise.all(callers.map(insist));
      all.catch(() => undefined); // it is awaited below, and told there
      await eventually("both APIs are overloaded", 20_000, () => apis.every(isOverloaded));
      await client.query("ROLLBACK");
      return { all };
    });
    answers = await asked.all;
    expect(countOf(answers)).toEqual({ PLACED: 1, OUT_OF_STOCK: 2 * callersOfEach - 1 });
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  }, 40_000);

  it("tells those whom it turned away to come again, and when", () => {
    for (const api of apis) expect(isOverloaded(api)).toBe(true);
    const odd = [...turnedAway.values()].flat().filter(({ status, retryAfter }) => status !== 503 || !/^[1-9]\d*$/.test(retryAfter ?? ""));
    expect(odd).toEqual([]);
  });

  it("leaves one order, one answer a caller, and stock that agrees with the events", async () => {
    const winner = answers.find(({ word }) => word === "PLACED")!;
    const placed = await shop.rows<{ id: string; data: object }>("SELECT data->>'orderId' AS id, data FROM event_log WHERE type = 'OrderPlaced'");
    expect(placed.map(({ id }) => `order_${id}`)).toEqual([winner.orderId]);
    expect(placed[0]!.data).toMatchObject({ stock: [{ sku: "LAMP", onHand: 1, reserved: 1, onHandDelta: 0, reservedDelta: 1 }] });
    expect(await shop.rows("SELECT on_hand::int, reserved::int, (on_hand - reserved)::int AS available, version FROM stock_item WHERE sku = 'LAMP'"))
      .toEqual([{ on_hand: 1, reserved: 1, available: 0, version: 2 }]);
    expect(await shop.rows("SELECT answer->'refusal'->>'code' AS refused, count(*)::int FROM command_answer WHERE answer->'refusal'->>'code' IS NOT NULL OR answer->'answer'->>'orderId' IS NOT NULL GROUP BY 1 ORDER BY 2"))
      .toEqual([{ refused: null, count: 1 }, { refused: "OUT_OF_STOCK", count: 2 * callersOfEach - 1 }]);
    expect(await shop.rows("SELECT name, count(*)::int FROM pgboss.job WHERE data->>'correlationId' = $1 GROUP BY 1 ORDER BY 1", [placed[0]!.id])).toEqual([{ name: "notices.record", count: 1 }, { name: "payments.charge", count: 1 }]);
    await withClient({ url: databases.primary.adminUrl }, async (client) => {
      for (const { problems } of [await examineStock(client), await examineAnswers(client)]) expect(problems).toEqual([]);
    });
  });

  it("gives the same answers again, at the other API too, and sells nothing more", async () => {
    const won = answers.findIndex(({ word }) => word === "PLACED");
    const lost = won === 0 ? 1 : 0;
    const repetitions = await Promise.all([won, lost].flatMap((index) => apis.map((api) => insist({ ...callers[index]!, api }))));
    expect(repetitions.map(({ word, orderId, replayed }) => [word, orderId, replayed])).toEqual([won, won, lost, lost].map((index) => [answers[index]!.word, answers[index]!.orderId, true]));
    expect(await shop.rows("SELECT FROM event_log WHERE type = 'OrderPlaced'")).toHaveLength(1);
  });
});
