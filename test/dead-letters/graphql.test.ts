import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { PgBoss } from "pg-boss";
import { raiseAlert } from "../../src/commands/operations/raise-alert.js";
import { newId } from "../../src/kernel/ids.js";
import { startBoss } from "../../src/platform/jobs/boss.js";
import { startJobWorkers, type AnyWorker } from "../../src/platform/jobs/job-worker.js";
import { effectQueue } from "../../src/platform/jobs/queue.js";
import { createLogger } from "../../src/platform/log/logger.js";
import { ShopApi } from "../queries/shop-api.js";
import { until } from "../replication/until.js";

const list = "query ($queue: String, $first: Int, $after: String, $last: Int, $before: String) { deadLetters(queue: $queue, first: $first, after: $after, last: $last, before: $before) { nodes { id queue jobId correlationId attempts error createdAt diedAt } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";
const look = `query ($id: ID!) { deadLetter(id: $id) { id queue jobId error payload orderId traceId event { type streamId version actor }
  webhook { provider eventId headers { name value } body } history { attempt outcome error } fates { type by reason } } }`;
const redrive = "mutation ($input: RedriveDeadLetterInput!) { redriveDeadLetter(input: $input) { jobId queue replayed userErrors { code field } } }";
const redriveAll = "mutation ($input: RedriveDeadLettersInput!) { redriveDeadLetters(input: $input) { queue userErrors { code field } } }";
const discard = "mutation ($input: DiscardDeadLetterInput!) { discardDeadLetter(input: $input) { jobId queue replayed userErrors { code field } } }";

interface Letter { readonly id: string; readonly jobId: string; readonly queue: string; readonly diedAt: string }

describe("an operator and the dead letters", () => {
  let shop: ShopApi;
  let boss: PgBoss;
  beforeAll(async () => {
    shop = await ShopApi.start();
    boss = await startBoss({ url: shop.primaryUrl, applicationName: "test jobs", poolSize: 2, logger: createLogger("silent"), supervise: false });
    const fail = (): Promise<never> => Promise.reject(new Error("a secret sk_live_abcdef and ann@example.com"));
    await startJobWorkers({
      boss, pool: shop.write.pool, logger: createLogger("silent"),
      workers: ["payments.refund", "webhooks.stripe"].map((name) => ({ kind: "data", queue: effectQueue(name), handle: fail })) as unknown as readonly AnyWorker[],
    });
  });
  afterAll(async () => {
    await boss.stop({ graceful: false });
    await shop.stop();
  });

  const letters = async (variables: object = {}): Promise<Letter[]> => (await shop.ask("operator", list, { first: 100, ...variables })).data.deadLetters.nodes;
  /** Sends a job that dies at once. */
  const die = async (queue: string, data: object): Promise<Letter> => {
    const jobId = await boss.send(queue, data, { retryLimit: 0 });
    let letter: Letter | undefined;
    await until("it is dead", async () => (letter = (await letters({ queue })).find((one) => one.jobId === jobId)) !== undefined);
    return letter!;
  };

  it("looks into a webhook's: what it is about, and nothing that is nobody's business", async () => {
    const inboxId = newId();
    await shop.write.pool.query("INSERT INTO webhook_inbox (id, provider, event_id, headers, body, received_at) VALUES ($1, 'stripe', 'evt_1', $2, $3, now())",
      [inboxId, { "content-type": "application/json", "stripe-signature": "t=1,v1=c0ffee" }, JSON.stringify({ id: "evt_1", type: "charge.failed", data: { object: { id: "ch_1", receipt_email: "ann@example.com", payment_method: "pm_1SecretToken" } } })]);
    const { id, jobId } = await die("webhooks.stripe", { inboxId });
    let letter: Record<string, unknown> = {};
    await until("its attempt is on the node", async () => {
      letter = (await shop.ask("operator", look, { id })).data.deadLetter as Record<string, unknown>;
      return (letter["history"] as unknown[]).length > 0;
    });
    expect(letter).toMatchObject({
      id, jobId, queue: "webhooks.stripe", error: "Error: a secret ‹secret› and ‹e-mail›", payload: JSON.stringify({ inboxId }), event: null, orderId: null, traceId: null,
      webhook: { provider: "stripe", eventId: "evt_1", headers: [{ name: "content-type", value: "application/json" }, { name: "stripe-signature", value: "‹masked›" }] },
      history: [{ attempt: 1, outcome: "dead", error: "Error: a secret ‹secret› and ‹e-mail›" }], fates: [],
    });
    expect(JSON.stringify(letter)).not.toMatch(/c0ffee|ann@|SecretToken|sk_live/);
    expect(JSON.stringify(letter)).toContain("charge.failed");
  });

  it("puts one back; asked again with the same key, it hears the same", async () => {
    const order = newId();
    const key = `k:${newId()}`;
    await shop.send(raiseAlert, { key, severity: "info", message: "m", details: { orderId: order } });
    const { id, jobId } = await die("payments.refund", { streamId: `alert-${key}`, version: 1, correlationId: order });
    expect((await shop.ask("operator", look, { id })).data.deadLetter).toMatchObject({ event: { type: "AlertRaised", streamId: `alert-${key}`, version: 1, actor: "system:test" }, orderId: null });
    const input = { deadLetterId: id, idempotencyKey: newId() };
    const first = (await shop.ask("operator", redrive, { input })).data.redriveDeadLetter;
    expect(first).toEqual({ jobId, queue: "payments.refund", replayed: false, userErrors: [] });
    expect((await shop.ask("operator", redrive, { input })).data.redriveDeadLetter).toEqual({ ...first, replayed: true });
    expect((await shop.ask("operator", look, { id })).data.deadLetter).toBeNull();
    expect((await shop.ask("operator", discard, { input: { deadLetterId: id, reason: "x", idempotencyKey: newId() } })).data.discardDeadLetter.userErrors).toEqual([{ code: "DEAD_LETTER_GONE", field: ["deadLetterId"] }]);
  });

  it("discards with a reason", async () => {
    const { id, jobId } = await die("payments.refund", { odd: true });
    const say = async (reason: string, idempotencyKey = newId()) => (await shop.ask("operator", discard, { input: { deadLetterId: id, reason, idempotencyKey } })).data.discardDeadLetter;
    expect((await say(" ")).userErrors).toEqual([{ code: "NO_REASON", field: ["reason"] }]);
    const key = newId();
    expect(await say("a test", key)).toEqual({ jobId, queue: "payments.refund", replayed: false, userErrors: [] });
    expect((await say("a test", key)).replayed).toBe(true);
    expect((await letters()).map((letter) => letter.id)).not.toContain(id);
    const { rows } = await shop.write.pool.query("SELECT data, metadata->>'actor' AS actor, metadata->>'correlationId' AS belongs FROM event_log WHERE type = 'DeadLetterDiscarded'");
    expect(rows).toEqual([{ data: { deadLetterId: id.replace("dead_letter_", ""), server: "primary", queue: "payments.refund", jobId, reason: "a test" }, actor: "operator:olga", belongs: jobId }]);
  });

  it("wishes all of a queue back: a job does it", async () => {
    expect((await shop.ask("operator", redriveAll, { input: { queue: "payments.refund", idempotencyKey: newId() } })).data.redriveDeadLetters).toEqual({ queue: "payments.refund", userErrors: [] });
    const { rows } = await shop.write.pool.query("SELECT state FROM pgboss.job WHERE name = 'operations.dead-letters'");
    expect(rows).toEqual([{ state: "created" }]);
    expect((await shop.ask("operator", redriveAll, { input: { queue: "no.such", idempotencyKey: newId() } })).data.redriveDeadLetters.userErrors).toEqual([{ code: "QUEUE_UNKNOWN", field: ["queue"] }]);
  });

  it("turns pages, also of letters that died in the same moment", async () => {
    await shop.write.pool.query(`INSERT INTO pgboss.job (name, source_name, source_id, source_created_on, created_on)
      SELECT 'shipping.book.dead', 'shipping.book', gen_random_uuid(), now(), now() - (n / 4) * interval '1 s' FROM generate_series(1, 10) n`);
    const all = await letters({ queue: "shipping.book" });
    expect(all).toHaveLength(10);
    expect(all.map(({ diedAt }) => diedAt)).toEqual(all.map(({ diedAt }) => diedAt).toSorted().reverse());
    const seen: string[] = [];
    for (let after: string | null = null; ;) {
      const { nodes, pageInfo } = (await shop.ask("operator", list, { queue: "shipping.book", first: 3, after })).data.deadLetters as { nodes: Letter[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
      seen.push(...nodes.map(({ id }) => id));
      if (!pageInfo.hasNextPage) break;
      after = pageInfo.endCursor;
    }
    expect(seen).toEqual(all.map(({ id }) => id));
    const back = (await shop.ask("operator", list, { queue: "shipping.book", last: 4 })).data.deadLetters as { nodes: Letter[]; pageInfo: { hasPreviousPage: boolean } };
    expect(back.nodes.map(({ id }) => id)).toEqual(seen.slice(-4));
    expect(back.pageInfo.hasPreviousPage).toBe(true);
    expect(await letters({ queue: "no.such" })).toEqual([]);
    for (const after of ["x", Buffer.from(JSON.stringify(["2026-01-01T00:00:00Z", "1' OR 1=1"])).toString("base64url")]) {
      expect((await shop.ask("operator", list, { first: 1, after })).errors?.[0]?.extensions.code).toBe("BAD_USER_INPUT");
    }
  });

  it("is told that there is no such letter; others are told nothing", async () => {
    const id = `dead_letter_${newId()}`;
    expect((await shop.ask("operator", look, { id })).data.deadLetter).toBeNull();
    expect((await shop.ask("operator", redrive, { input: { deadLetterId: id, idempotencyKey: newId() } })).data.redriveDeadLetter.userErrors).toEqual([{ code: "DEAD_LETTER_UNKNOWN", field: ["deadLetterId"] }]);
    expect((await shop.ask("operator", look, { id: "order_x" })).errors?.[0]?.extensions.code).toBe("BAD_USER_INPUT");
    const before = (await letters()).length;
    const [{ id: real } = { id }] = await letters();
    const asks: [string, object][] = [
      [list, { first: 1 }], [look, { id: real }], [redrive, { input: { deadLetterId: real, idempotencyKey: newId() } }],
      [redriveAll, { input: { queue: "shipping.book", idempotencyKey: newId() } }], [discard, { input: { deadLetterId: real, reason: "r", idempotencyKey: newId() } }],
    ];
    for (const [query, variables] of asks) {
      expect((await shop.ask("ann", query, variables)).errors?.[0]?.extensions.code).toBe("FORBIDDEN");
      expect((await shop.ask(null, query, variables)).errors?.[0]?.extensions.code).toBe("UNAUTHENTICATED");
    }
    expect(await letters()).toHaveLength(before);
  });
});
