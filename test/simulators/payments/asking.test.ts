import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { StripeGround } from "./stripe-ground.js";

const start = Date.parse("2026-03-01T12:00:00Z");
let nowMs = start;
let ground: StripeGround;
beforeEach(async () => {
  nowMs = start;
  ground = await StripeGround.open({ nowMs: () => nowMs });
});
afterEach(async () => { await ground.close(); });

/** Amounts 1 to `count`, a minute apart. */
async function chargeEachMinute(count: number): Promise<void> {
  for (let amount = 1; amount <= count; amount += 1) {
    await ground.charge({ amount, metadata: { payment_id: `pay-${amount % 2}`, note: "it's" } });
    nowMs += 60_000;
  }
}

describe("the list of payments", () => {
  it("comes newest first, in pages, within its times", async () => {
    await chargeEachMinute(7);
    const { paymentIntents } = ground.stripe();
    const all: number[] = [];
    for await (const { amount } of paymentIntents.list({ limit: 3 })) all.push(amount);
    expect(all).toEqual([7, 6, 5, 4, 3, 2, 1]);
    const second = start / 1_000;
    const between = async (created: object): Promise<number[]> => (await paymentIntents.list({ created })).data.map(({ amount }) => amount);
    expect(await between({ gte: second + 60, lt: second + 180 })).toEqual([3, 2]);
    expect(await between({ gt: second + 60, lte: second + 180 })).toEqual([4, 3]);
    expect(await between({ lt: second })).toEqual([]);
  });

  it("tells charges and fees whole where they are asked for", async () => {
    await chargeEachMinute(2);
    const { data } = await ground.stripe().paymentIntents.list({ expand: ["data.latest_charge", "data.latest_charge.balance_transaction"] });
    expect(data).toMatchObject([{ latest_charge: { balance_transaction: { fee: 25 } } }, { latest_charge: { balance_transaction: { fee: 25 } } }]);
    expect((await ground.stripe().paymentIntents.list()).data[0]).toMatchObject({ latest_charge: expect.stringMatching(/^ch_/) });
  });

  it("refuses a page of nothing, of too much, or after nobody", async () => {
    for (const query of ["limit=0", "limit=101", "limit=x", "starting_after=pi_unknown", "created[gte]=yesterday", "customer=cus_1"]) {
      expect((await ground.call(`/v1/payment_intents?${query}`)).status).toBe(400);
    }
  });
});

describe("the search", () => {
  const ids = async (query: string): Promise<number[]> => (await ground.stripe().paymentIntents.search({ query, limit: 100 })).data.map(({ amount }) => amount);

  it("finds payments by their metadata and status, newest first", async () => {
    await chargeEachMinute(5);
    await ground.hold({ amount: 9, metadata: { payment_id: "pay-1" } });
    expect(await ids("metadata['payment_id']:'pay-1'")).toEqual([9, 5, 3, 1]);
    expect(await ids('metadata["payment_id"]:"pay-1" AND status:"succeeded"')).toEqual([5, 3, 1]);
    expect(await ids(String.raw`metadata['note']:'it\'s'`)).toEqual([5, 4, 3, 2, 1]);
    expect(await ids("metadata['payment_id']:'pay-9'")).toEqual([]);
    const pages: number[] = [];
    for await (const { amount } of ground.stripe().paymentIntents.search({ query: "metadata['payment_id']:'pay-1'", limit: 1 })) pages.push(amount);
    expect(pages).toEqual([9, 5, 3, 1]);
  });

  it("lags behind", async () => {
    ground.simulator.setFaults({ searchLagMs: 60_000 });
    await ground.charge({ amount: 1, metadata: { payment_id: "pay" } });
    expect(await ids("metadata['payment_id']:'pay'")).toEqual([]);
    nowMs += 60_000;
    expect(await ids("metadata['payment_id']:'pay'")).toEqual([1]);
  });

  it.each(["", "payment_id:'x'", "metadata['payment_id']:x", "metadata['a']:'b' OR metadata['c']:'d'", "metadata['a']:'b' AND "])("refuses %j", async (query) => {
    expect((await ground.call(`/v1/payment_intents/search?${new URLSearchParams({ query }).toString()}`)).status).toBe(400);
  });
});
