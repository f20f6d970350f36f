import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { examineRooms } from "../../src/cli/doctor/check-rooms.js";
import { withClient } from "../../src/platform/postgres/connection.js";
import { openShop, type Shop, type TestBus } from "../bus/shop.js";
import { secret } from "../http/sample-api.js";
import { until } from "../replication/until.js";
import { startMillrace, type MillraceProcess } from "../support/processes.js";
import { Crowd, people } from "./crowd.js";

const nowhere = "http://127.0.0.1:9";
const waiting = 60;

describe("a waiting room whose worker is killed", () => {
  let shop: Shop;
  let bus: TestBus;
  const workers: MillraceProcess[] = [];
  beforeAll(async () => {
    shop = await openShop({ nodes: 1 });
    bus = shop.process();
    await shop.stock({ TEA: 100 });
    const environment = {
      DATABASE_URL: shop.primary.appUrl, READ_DATABASE_URLS: shop.nodes[0]!.appUrl, REDIS_URL: "redis://127.0.0.1:9", JWT_SECRET: secret, LOG_LEVEL: "warn",
      PAYMENT_API_URL: nowhere, PAYMENT_API_KEY: "none", PAYMENT_WEBHOOK_SECRET: "whsec_bm90IHVzZWQ=",
      COURIER_API_URL: nowhere, COURIER_API_KEY: "none", COURIER_WEBHOOK_SECRET: "whsec_bm90IHVzZWQ=",
    };
    for (let count = 0; count < 2; count += 1) workers.push(await startMillrace(["worker"], environment));
  });
  afterAll(async () => {
    await Promise.all(workers.map((worker) => worker.end("SIGKILL")));
    await (shop as Shop | undefined)?.close();
  });

  it("goes on, in order, with nothing promised twice", async () => {
    const crowd = await Crowd.gather(shop.pool, bus, { sku: "TEA", allocation: waiting, waitingRoom: { ratePerSecond: 20, passSeconds: 600 } });
    await Promise.all(people(waiting).map((who) => crowd.join(bus, who)));
    await until("the first are let in", async () => (await crowd.see()).admitted >= 5);
    expect(await workers[0]!.end("SIGKILL")).toEqual({ code: null, signal: "SIGKILL" });
    expect((await crowd.see()).admitted).toBeLessThan(waiting);
    await until("all are let in", async () => {
      expect(await crowd.overpromised()).toBeLessThanOrEqual(0);
      return (await crowd.see()).admitted === waiting;
    });
    expect(await Promise.all(people(waiting).map((who) => crowd.take(bus, who)))).toEqual(people(waiting).map(() => "yes"));
    await until("everybody is told that all is held", async () => (await crowd.see()).state === "WAITING_FOR_RETURNS");
    const [examined] = await withClient({ url: shop.primary.adminUrl }, examineRooms);
    expect(examined!.problems).toEqual([]);
  });
});
