import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createPool } from "../../src/platform/postgres/connection.js";
import { effectQueue } from "../../src/platform/jobs/queue.js";
import type { WebhookSource } from "../../src/platform/http-client/webhook-source.js";
import { inboxQueueOf, WebhookInbox } from "../../src/platform/webhooks/inbox.js";
import { inboxWorker, type KeptWebhook } from "../../src/platform/webhooks/inbox-worker.js";
import { failureOf, openShop, type Shop } from "../bus/shop.js";

/** Signs with the word `right`, and names its event in a header. */
const sourceOf = (provider: string): WebhookSource => ({
  provider,
  verify: (_body, headers) => (headers["signature"] === "right" ? { eventId: String(headers["event-id"]) } : null),
});

const source = sourceOf("test:one");
const other = sourceOf("test:two");

describe("the webhook inbox", () => {
  let shop: Shop;
  let inboxes: readonly [WebhookInbox, WebhookInbox];
  beforeAll(async () => {
    shop = await openShop({ queues: [source, other].map(({ provider }) => effectQueue(inboxQueueOf(provider))) });
    inboxes = [new WebhookInbox(shop.pool), new WebhookInbox(shop.pool)];
  });
  afterAll(async () => {
    await Promise.all(inboxes.map((inbox) => inbox.close()));
    await shop.close();
  });

  const receive = (eventId: string, { body = "{}", from = source, inbox = 0, signature = "right" } = {}) =>
    inboxes[inbox]!.receive(from, body, { signature, "event-id": eventId, authorization: "Bearer secret", cookie: "session=1" }, Date.now());
  const kept = async (): Promise<{ inbox: number; jobs: number }> => {
    const { rows } = await shop.pool.query<{ inbox: number; jobs: number }>(
      "SELECT (SELECT count(*)::int FROM webhook_inbox) AS inbox, (SELECT count(*)::int FROM pgboss.job WHERE name LIKE 'webhooks.test.%') AS jobs");
    return rows[0]!;
  };
  async function added(work: () => Promise<unknown>): Promise<{ inbox: number; jobs: number }> {
    const before = await kept();
    await work();
    const after = await kept();
    return { inbox: after.inbox - before.inbox, jobs: after.jobs - before.jobs };
  }

  it("keeps a webhook once, with one job, however often and wherever it comes at the same time", async () => {
    expect(await added(async () => {
      const receipts = await Promise.all(Array.from({ length: 60 }, (_, index) => receive(`same ${String(index % 3)}`, { inbox: index % 2 })));
      expect(new Set(receipts)).toEqual(new Set(["kept"]));
      expect(await receive("same 0")).toBe("kept");
    })).toEqual({ inbox: 3, jobs: 3 });
  });

  it("tells events of two providers apart", async () =>
    expect(await added(() => Promise.all([receive("both"), receive("both", { from: other })]))).toEqual({ inbox: 2, jobs: 2 }));

  it("refuses a wrong signature and keeps nothing", async () =>
    expect(await added(async () => { expect(await receive("forged", { signature: "wrong" })).toBe("refused"); })).toEqual({ inbox: 0, jobs: 0 }));

  it("does not let a body that cannot be kept turn its neighbours away", async () => {
    expect(await added(async () => {
      const settled = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => receive(`poison ${String(index)}`, { body: index === 7 ? "nul \0 byte" : "{}" })));
      expect(settled.flatMap((one, index) => (one.status === "rejected" ? [[index, (one.reason as { code: string }).code]] : []))).toEqual([[7, "BAD_USER_INPUT"]]);
    })).toEqual({ inbox: 19, jobs: 19 });
  });

  it("hands the job what came, word for word, without credentials", async () => {
    const body = '{"name": "Tea \\u0000 — ü",\n "n": 1.0}';
    await receive("whole", { body });
    const { rows: [job] } = await shop.pool.query<{ data: { inboxId: string } }>(
      "SELECT j.data FROM pgboss.job j JOIN webhook_inbox w ON w.id = (j.data->>'inboxId')::uuid WHERE w.event_id = 'whole' AND j.name = 'webhooks.test.one'");
    const worked: KeptWebhook[] = [];
    const worker = inboxWorker("test:one", shop.pool, { handle: async (webhook) => { worked.push(webhook); } });
    const info = { jobId: "j", attempt: 1, last: false, correlate: () => undefined, signal: new AbortController().signal };
    await worker.handle(job!.data, info);
    expect(worked).toMatchObject([{ body, headers: { signature: "right", "event-id": "whole" } }]);
    expect(Object.keys(worked[0]!.headers)).toEqual(expect.not.arrayContaining(["authorization", "cookie"]));
    expect(Math.abs(Date.now() - worked[0]!.receivedAtMs)).toBeLessThan(60_000);
    await expect(worker.handle({ inboxId: "00000000-0000-5000-8000-000000000000" }, info)).rejects.toThrow("no webhook");
  });

  it("says that it could not be kept while the primary is away", async () => {
    const nowhere = createPool({ url: "postgres://nobody@127.0.0.1:1/none", poolSize: 1 });
    const inbox = new WebhookInbox(nowhere);
    expect(await failureOf(inbox.receive(source, "{}", { signature: "right", "event-id": "away" }, Date.now()))).toBe("UNAVAILABLE");
    await nowhere.end();
  });
});
