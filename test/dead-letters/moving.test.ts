import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { Registry } from "prom-client";
import { moveAllLetters } from "../../src/commands/operations/dead-letter-all.job.js";
import { discardDeadLetter, redriveDeadLetter } from "../../src/commands/operations/dead-letter-move.js";
import { redriveDeadLetters } from "../../src/commands/operations/dead-letter-redrive.js";
import { newId } from "../../src/kernel/ids.js";
import { countDeadLetters, readDeadLetter, readerOf, type DeadLetter } from "../../src/platform/dead-letters/dead-letter.js";
import { sampleDeadLetters } from "../../src/platform/dead-letters/dead-letter-gauge.js";
import { correlationOf, openLetter, readLetterHistory } from "../../src/platform/dead-letters/look-inside.js";
import { createLogger } from "../../src/platform/log/logger.js";
import { withClient } from "../../src/platform/postgres/connection.js";
import { until } from "../replication/until.js";
import { briefQueue, LetterShop, poisonQueue } from "./letter-shop.js";

const olga = { role: "operator", id: "olga" } as const;
const by = () => ({ actor: olga, idempotencyKey: newId() });
const choiceOf = (letter: DeadLetter) => ({ deadLetterId: letter.id, correlationId: correlationOf(letter) });

describe("dead letters", () => {
  let shop: LetterShop;
  beforeAll(async () => { shop = await LetterShop.open(); });
  afterAll(() => shop.close());
  afterEach(async () => {
    await shop.rest();
    await shop.pool.query("DELETE FROM pgboss.job");
    shop.done.length = 0;
    shop.broken = true;
  });

  /** Lets jobs die, one for each key; nobody works when this resolves. */
  const die = async (...jobs: readonly (readonly [key: string, orderId: string])[]): Promise<readonly DeadLetter[]> => {
    for (const [key, orderId] of jobs) await shop.send(briefQueue.name, `${key}:${newId()}`, orderId);
    await shop.work();
    const letters = await shop.dead(jobs.length, briefQueue.name);
    await shop.rest();
    return letters.toReversed();
  };
  const dieOne = async (): Promise<DeadLetter> => (await die(["one", newId()]))[0]!;
  const jobsOf = async (queue: string) => (await shop.pool.query<{ id: string; state: string; retry_count: number; data: unknown; dueIn: number }>(
    `SELECT id, state, retry_count, data, extract(epoch FROM start_after - clock_timestamp())::float8 AS "dueIn" FROM pgboss.job WHERE name = $1 ORDER BY priority DESC, created_on`, [queue])).rows;

  it("a job that fails for good is looked into, put back when its cause is mended, and done once", async () => {
    const orderId = newId();
    await shop.send(poisonQueue.name, "poison", orderId, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    await shop.work();
    const [letter] = await shop.dead(1, poisonQueue.name);
    const masked = "Error: poison is poison: ‹e-mail› paid with ‹number›";
    const node = { query: async <Row>({ text, values = [] }: { text: string; values?: readonly unknown[] }) => withClient({ url: shop.databases.nodes[0]!.appUrl }, async (client) => (await client.query(text, [...values])).rows as Row[]) };
    await until("its attempts are on the node", async () => (await readLetterHistory(node, letter!)).attempts.length === 2);
    const opened = await openLetter(readerOf(shop.pool), letter!);
    expect(opened).toMatchObject({
      queue: poisonQueue.name, correlationId: orderId, attempts: 2, error: masked, traceId: "0af7651916cd43dd8448eb211c80319c",
      event: { type: "AlertRaised", actor: "system:test", version: 1 }, webhook: null,
    });
    expect(JSON.parse(opened.payload)).toMatchObject({ correlationId: orderId, version: 1 });
    expect((await readLetterHistory(node, letter!)).attempts.map(({ attempt, outcome, error }) => [attempt, outcome, error])).toEqual([[1, "failed", masked], [2, "dead", masked]]);

    // Still broken: it dies again, as a letter of its own with the job's whole history.
    expect((await shop.bus().execute(redriveDeadLetter, choiceOf(letter!), by())).answer).toEqual({ queue: poisonQueue.name, jobId: letter!.jobId });
    let again: DeadLetter | undefined;
    await until("it died again", async () => (again = (await shop.letters(poisonQueue.name)).find(({ id }) => id !== letter!.id)) !== undefined);
    expect(again).toMatchObject({ jobId: letter!.jobId, createdAt: letter!.createdAt, attempts: 3, data: letter!.data });
    await until("all of it is on the node", async () => (await readLetterHistory(node, again!)).attempts.length === 4);
    const history = await readLetterHistory(node, again!);
    expect(history.attempts.map(({ attempt }) => attempt)).toEqual([1, 2, 2, 3]); // no attempt after the first life is a first one
    expect(history.fates).toMatchObject([{ type: "DeadLetterRedriven", deadLetterId: letter!.id, by: "operator:olga", reason: null }]);

    shop.broken = false;
    await shop.bus().execute(redriveDeadLetter, choiceOf(again!), by());
    await until("it is done", () => Promise.resolve(shop.done.length > 0));
    await until("it is settled", async () => (await jobsOf(poisonQueue.name)).every(({ state }) => state === "completed"));
    expect(shop.done).toEqual(["poison"]);
    expect(await jobsOf(poisonQueue.name)).toMatchObject([{ id: letter!.jobId, retry_count: 1 }]);
    expect(await shop.letters()).toEqual([]);
  });

  it("all of a queue are put back in the order of their creation, those of one order apart from each other", async () => {
    const [ann, bob] = [newId(), newId()];
    const letters = await die(["1", ann], ["2", bob], ["3", ann], ["4", bob], ["5", ann]);
    expect(letters.map(({ correlationId }) => correlationId)).toEqual([ann, bob, ann, bob, ann]);
    // They died in the opposite order.
    await shop.pool.query("UPDATE pgboss.job SET created_on = now() - interval '1 hour' - (source_created_on - now()) WHERE name = $1", [`${briefQueue.name}.dead`]);
    expect((await shop.letters()).map(({ id }) => id)).toEqual(letters.map(({ id }) => id));
    await shop.bus().execute(redriveDeadLetters, { queue: briefQueue.name }, by());
    shop.broken = false;
    await shop.work();
    await until("all are put back", async () => (await jobsOf(briefQueue.name)).every(({ state }) => state !== "failed"));
    const jobs = await jobsOf(briefQueue.name);
    expect(jobs.map(({ id }) => id)).toEqual(letters.map(({ jobId }) => jobId));
    const due = jobs.map(({ dueIn }) => dueIn - jobs[0]!.dueIn);
    for (const [place, seconds] of [0, 0, 3, 3, 6].entries()) expect(Math.abs(due[place]! - seconds)).toBeLessThan(1);
    await until("all are done", () => Promise.resolve(shop.done.length === 5));
    expect(shop.done.map((key) => key.split(":")[0])).toEqual(["1", "2", "3", "4", "5"]);
    expect(await shop.told(letters[0]!.id)).toMatchObject([{ type: "DeadLetterRedriven", actor: "operator:olga" }]);
  });

  it("two operators at once put it back once, and both hear so", async () => {
    const letter = await dieOne();
    const outcomes = await Promise.all(Array.from({ length: 10 }, (_, at) => shop.bus(`operator ${String(at)}`).execute(redriveDeadLetter, choiceOf(letter), by())));
    expect(outcomes.map(({ answer }) => answer)).toEqual(Array(10).fill({ queue: briefQueue.name, jobId: letter.jobId }));
    expect(await jobsOf(briefQueue.name)).toMatchObject([{ id: letter.jobId, state: "created", retry_count: 0 }]);
    expect(await shop.told(letter.id)).toHaveLength(1);
  });

  it("one who puts it back and one who throws it away at once: one of them does", async () => {
    const letter = await dieOne();
    const [redriven, discarded] = await Promise.all([
      shop.bus().execute(redriveDeadLetter, choiceOf(letter), by()), shop.bus().execute(discardDeadLetter, { ...choiceOf(letter), reason: "spam" }, by()),
    ]);
    expect([redriven.refusal?.code, discarded.refusal?.code].sort()).toEqual(["DEAD_LETTER_GONE", undefined]);
    const waits = (await jobsOf(briefQueue.name)).filter(({ state }) => state === "created");
    expect(waits).toHaveLength(redriven.refusal === null ? 1 : 0);
    expect((await shop.told(letter.id)).map(({ type }) => type)).toEqual([redriven.refusal === null ? "DeadLetterRedriven" : "DeadLetterDiscarded"]);
  });

  it("one that is discarded is gone, and told with its reason", async () => {
    const letter = await dieOne();
    const bus = shop.bus();
    expect((await bus.execute(discardDeadLetter, { ...choiceOf(letter), reason: " " }, by())).refusal?.code).toBe("NO_REASON");
    expect(await shop.letters()).toHaveLength(1);
    await bus.execute(discardDeadLetter, { ...choiceOf(letter), reason: "a test order" }, by());
    expect((await bus.execute(discardDeadLetter, { ...choiceOf(letter), reason: "again" }, by())).refusal).toBeNull();
    expect(await shop.letters()).toEqual([]);
    expect((await jobsOf(briefQueue.name)).map(({ state }) => state)).toEqual(["failed"]);
    expect(await shop.told(letter.id)).toEqual([{
      type: "DeadLetterDiscarded", actor: "operator:olga",
      data: { deadLetterId: letter.id, server: "primary", queue: briefQueue.name, jobId: letter.jobId, reason: "a test order" },
    }]);
    expect((await bus.execute(redriveDeadLetter, choiceOf(letter), by())).refusal?.code).toBe("DEAD_LETTER_GONE");
  });

  it("a process that dies between event and move leaves neither; tried again it is done once", async () => {
    const letter = await dieOne();
    const held = async (work: () => Promise<void>): Promise<void> => withClient({ url: shop.databases.primary.adminUrl }, async (client) => {
      await client.query("BEGIN");
      await client.query("SELECT FROM pgboss.job WHERE name = $1 AND id = $2 FOR UPDATE", [briefQueue.name, letter.jobId]);
      await work();
      await client.query("ROLLBACK");
    });
    const waiting = async (): Promise<number | undefined> => (await shop.pool.query<{ pid: number }>("SELECT pid FROM pg_stat_activity WHERE application_name = 'doomed' AND wait_event_type = 'Lock'")).rows[0]?.pid;
    let doomed: ReturnType<ReturnType<typeof shop.bus>["execute"]> | undefined;
    await held(async () => {
      doomed = shop.bus("doomed").execute(redriveDeadLetter, choiceOf(letter), by());
      let pid: number | undefined;
      await until("its event is written, and the move waits", async () => (pid = await waiting()) !== undefined);
      await withClient({ url: shop.databases.primary.adminUrl }, (client) => client.query("SELECT pg_terminate_backend($1, 5000)", [pid]));
      expect(await shop.told(letter.id)).toEqual([]);
      expect(await readDeadLetter(readerOf(shop.pool), letter.id)).not.toBeNull();
    });
    expect((await doomed)?.refusal).toBeNull();
    expect(await shop.told(letter.id)).toHaveLength(1);
    expect(await jobsOf(briefQueue.name)).toMatchObject([{ id: letter.jobId, state: "created" }]);
    expect(await shop.letters()).toEqual([]);
  });

  it("putting all back goes on where it was stopped", async () => {
    const order = newId();
    await die(["1", order], ["2", order], ["3", order]);
    const stop = new AbortController();
    const bus = shop.bus();
    const one = { execute: async (...args: Parameters<typeof bus.execute>) => { stop.abort(); return bus.execute(...args); } } as unknown as typeof bus;
    const diedBefore = new Date(Date.now() + 60_000).toISOString();
    const options = { reader: readerOf(shop.pool), queue: briefQueue.name, diedBefore, actor: olga };
    await expect(moveAllLetters({ ...options, bus: one, signal: stop.signal })).rejects.toThrow("aborted");
    expect(await shop.letters()).toHaveLength(2);
    expect(await moveAllLetters({ ...options, bus })).toEqual({ moved: 2, left: [] });
    expect((await jobsOf(briefQueue.name)).map(({ state }) => state)).toEqual(["created", "created", "created"]);
  });

  it("what died after the wish stays: it must not go round for ever", async () => {
    const letter = await dieOne();
    const diedBefore = new Date(Date.parse(letter.diedAt) - 1).toISOString();
    expect(await moveAllLetters({ bus: shop.bus(), reader: readerOf(shop.pool), queue: null, diedBefore, actor: olga })).toEqual({ moved: 0, left: [] });
    expect(await shop.letters()).toHaveLength(1);
  });

  it("are counted for who watches, and no longer when they are gone", async () => {
    const letter = await dieOne();
    const registry = new Registry();
    const sampling = sampleDeadLetters(readerOf(shop.pool), registry, createLogger("silent"), 20);
    const told = (count: number) => async (): Promise<boolean> => (await registry.metrics()).includes(`millrace_dead_letters{queue="${briefQueue.name}"} ${String(count)}\n`);
    await until("it is counted", told(1));
    await shop.bus().execute(discardDeadLetter, { ...choiceOf(letter), reason: "a drill" }, by());
    await until("it is gone", told(0));
    await sampling.stop();
  });

  it("is refused where the job is there again by other means, where its queue has such a job, and where nobody knows its queue", async () => {
    const letter = await dieOne();
    const bus = shop.bus();
    await shop.pool.query("UPDATE pgboss.job SET state = 'retry' WHERE name = $1 AND id = $2", [briefQueue.name, letter.jobId]);
    const refusal = async (id: string) => (await bus.execute(redriveDeadLetter, { deadLetterId: id, correlationId: null }, by())).refusal;
    expect(await refusal(letter.id)).toMatchObject({ code: "REDRIVE_BLOCKED", message: expect.stringContaining("is retry") });
    expect(await refusal(newId())).toMatchObject({ code: "DEAD_LETTER_UNKNOWN" });
    const { rows: [lost, wakeUp] } = await shop.pool.query<{ id: string }>(
      `INSERT INTO pgboss.job (name, source_name, source_id, source_created_on) VALUES ('test.brief.dead', NULL, NULL, NULL),
       ('platform.clean-up.dead', 'platform.clean-up', gen_random_uuid(), now()) RETURNING id::text`);
    await shop.pool.query("INSERT INTO pgboss.job (name, policy) VALUES ('platform.clean-up', 'stately')");
    expect(await refusal(lost!.id)).toMatchObject({ code: "REDRIVE_BLOCKED", message: expect.stringContaining("Nobody knows") });
    expect(await refusal(wakeUp!.id)).toMatchObject({ code: "REDRIVE_BLOCKED", message: expect.stringContaining("one waiting job") });
    expect(await shop.letters()).toHaveLength(3);
    expect((await bus.execute(redriveDeadLetters, { queue: "no.such" }, by())).refusal).toMatchObject({ code: "QUEUE_UNKNOWN" });
    const counts = await countDeadLetters(readerOf(shop.pool));
    expect([counts.get(briefQueue.name), counts.get("platform.clean-up"), counts.get(poisonQueue.name)]).toEqual([2, 1, 0]);
    expect(await moveAllLetters({ bus, reader: readerOf(shop.pool), queue: null, diedBefore: new Date(Date.now() + 60_000).toISOString(), actor: olga }))
      .toMatchObject({ moved: 0, left: [{}, {}, {}] });
  });
});
