import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { openBreaker, resetBreaker, setBreakerDryRun } from "../../src/commands/operations/breaker-move.js";
import { freePort } from "../../src/platform/embedded/free-port.js";
import { GatewayError } from "../../src/platform/http-client/gateway-error.js";
import { openFaultProxy, type FaultProxy } from "../bus/fault-proxy.js";
import { by, openShop, operator, type Shop, type TestBus } from "../bus/shop.js";
import { until } from "../replication/until.js";
import { hasRedisServer, startRedis } from "../support/test-redis.js";
import { calls, down, good, outcomeOf, startProcess, type Process, type ProcessOptions } from "./processes.js";

let shop: Shop;
let desk: TestBus;
beforeAll(async () => {
  shop = await openShop();
  desk = shop.process();
});
afterAll(() => shop.close());

const running: Process[] = [];
const proxies: FaultProxy[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.close()));
  await Promise.all(proxies.splice(0).map((one) => one.close()));
});

let parties = 0;
let party = "";
/** So many processes of one neighbour, all of which know its breaker. */
async function processes(...options: readonly ProcessOptions[]): Promise<Process[]> {
  party = `courier-${String(parties += 1)}`;
  const started = options.map((each) => startProcess(shop, party, each));
  running.push(...started);
  await until("the neighbour is known", async () => (await told()).includes("BreakerInstalled"));
  return started;
}
const alike = (count: number, options: ProcessOptions = {}): ProcessOptions[] => Array.from({ length: count }, () => options);

async function told(): Promise<string[]> {
  const { rows } = await shop.pool.query<{ type: string }>("SELECT type FROM event_log WHERE stream_id = $1 ORDER BY version", [`breaker-${party}`]);
  return rows.map(({ type }) => type);
}
async function openAnswers(): Promise<number> {
  return (await shop.pool.query("SELECT FROM command_answer WHERE answer->'answer'->>'state' = 'open'")).rowCount ?? 0;
}
const allAre = (state: string, of: readonly Process[]) => until(`all are ${state}`, async () => of.every(({ outside }) => outside.state === state));
async function proxy(): Promise<FaultProxy> {
  const made = await openFaultProxy(shop.primary.appUrl);
  proxies.push(made);
  return made;
}

describe("a breaker that processes share", () => {
  it("opens in all of them when it opens in one", async () => {
    const [one, ...others] = await processes(...alike(3, { outside: { breaker: { slowMs: 2_000, openMs: 30_000 } } }));
    expect(await calls(one!, 5, down)).toEqual(["timeout", "timeout", "timeout", "timeout", "timeout"]);
    expect(one!.outside.state).toBe("open");
    await allAre("open", others);
    expect(await calls(others[0]!, 1, good)).toEqual(["held_breaker"]);
    expect(await told()).toEqual(["BreakerInstalled", "BreakerOpened"]);
    const { rows: [opening] } = await shop.pool.query<{ data: object }>("SELECT data FROM event_log WHERE stream_id = $1 AND type = 'BreakerOpened'", [`breaker-${party}`]);
    expect(opening?.data).toMatchObject({ party, dryRun: false, reason: "failure_rate", failureRate: 1, calls: 5, openings: 1 });
    expect(await others[0]!.registry.metrics()).toContain(`millrace_outside_changes_total{party="${party}",state="open"} 1`);
  });

  it("opens once, however many find the neighbour down at a time", async () => {
    const all = await processes(...alike(3, { outside: { breaker: { slowMs: 30_000, openMs: 30_000 } } }));
    const before = await openAnswers();
    // They fail at one moment: whoever hears first that it is open says nothing more.
    const silence = Promise.withResolvers<string>();
    let begun = 0;
    const hanging = (): Promise<string> => { begun += 1; return silence.promise; };
    const tries = all.flatMap(({ outside }) => Array.from({ length: 5 }, () => outside.call(hanging).catch(outcomeOf)));
    await until("all are under way", async () => begun === 15);
    down().catch(silence.reject);
    await Promise.all(tries);
    await until("each was answered that it is open", async () => await openAnswers() === before + 3);
    expect((await told()).filter((type) => type === "BreakerOpened")).toHaveLength(1);
  });

  it("opens by failures in a row where so few calls come that no window is full", async () => {
    const [one] = await processes({ outside: { breaker: { slowMs: 2_000, callsMin: 1_000 } } });
    await calls(one!, 4, down);
    await calls(one!, 1, good);
    await calls(one!, 4, down);
    expect(one!.outside.state).toBe("closed");
    await calls(one!, 1, down);
    expect(one!.states).toEqual(["open"]);
  });

  it("lets so many probes through in all processes together, and closes when all went well", async () => {
    const all = await processes(...alike(3));
    await calls(all[0]!, 5, down);
    await until("its time is over everywhere", async () => all.every(({ outside, states }) => states.includes("open") && outside.probeFree));
    const answers: (() => void)[] = [];
    const hanging = (): Promise<string> => new Promise((resolve) => { answers.push(() => { resolve("answer"); }); });
    const tries = all.flatMap(({ outside }) => Array.from({ length: 4 }, () => outside.call(hanging).catch(outcomeOf)));
    await until("nine of twelve were held back", async () => (await Promise.race([Promise.all(tries), countHeld(tries)])) === 9);
    expect(answers).toHaveLength(3);
    expect(all.map(({ outside }) => [outside.state, outside.probeFree])).toEqual([["half_open", false], ["half_open", false], ["half_open", false]]);
    for (const answer of answers.slice(0, 2)) answer();
    await until("two have said so", async () => (await told()).filter((type) => type === "BreakerProbeSucceeded").length === 2);
    expect(await calls(all[1]!, 1, good)).toEqual(["held_breaker"]);
    answers[2]!();
    await allAre("closed", all);
    expect((await told()).filter((type) => type === "BreakerClosed")).toHaveLength(1);
    expect(await calls(all[2]!, 3, good)).toEqual(["answer", "answer", "answer"]);
  });

  it("opens again for longer when one probe failed", async () => {
    const all = await processes(...alike(2));
    await calls(all[0]!, 5, down);
    await until("the other may probe", async () => all[1]!.outside.probeFree);
    expect(await calls(all[1]!, 1, down)).toEqual(["timeout"]);
    await allAre("open", all);
    const { rows } = await shop.pool.query<{ ms: number }>(
      "SELECT extract(epoch FROM (data->>'openUntil')::timestamptz - (data->>'at')::timestamptz)::float8 * 1000 AS ms FROM event_log WHERE stream_id = $1 AND type = 'BreakerOpened' ORDER BY version",
      [`breaker-${party}`]);
    expect(rows.map(({ ms }) => Math.round(ms))).toEqual([150, 300]);
  });

  it("is not closed by rates that answer, nor kept closed by them while bookings fail", async () => {
    const [one] = await processes({});
    const rate = (): Promise<string> => one!.outside.call(good, { kind: "question" }).catch(outcomeOf);
    for (let booking = 0; booking < 5; booking += 1) {
      for (let asked = 0; asked < 10; asked += 1) await rate();
      await calls(one!, 1, down);
    }
    expect(one!.states).toEqual(["open"]);
    await until("its time is over", async () => one!.outside.probeFree);
    expect(await Promise.all([rate(), rate()])).toEqual(["answer", "held_breaker"]);
    expect(await rate()).toBe("answer");
    expect([one!.outside.state, one!.outside.probeFree]).toEqual(["half_open", true]);
    expect(await told()).toEqual(["BreakerInstalled", "BreakerOpened"]);
  });
});

/** How many of these are settled, all of the rest hanging. */
async function countHeld(tries: readonly Promise<string>[]): Promise<number> {
  let held = 0;
  for (const each of tries) void each.then((outcome) => { if (outcome === "held_breaker") held += 1; });
  await new Promise((resolve) => { setImmediate(resolve); });
  return held;
}

describe("an operator", () => {
  it("opens it for all by hand, and resets it; a pause that was asked for ends too", async () => {
    const all = await processes(...alike(2));
    await desk.execute(openBreaker, { party, reason: "strike" }, by(operator));
    await allAre("held_open", all);
    expect(await calls(all[1]!, 1, good)).toEqual(["held_breaker"]);
    await desk.execute(resetBreaker, { party }, by(operator));
    await allAre("closed", all);
    const asked = new GatewayError("rate_limited", "come back later", { inDoubt: false, status: 429, retryAfterSeconds: 600 });
    await calls(all[0]!, 1, () => Promise.reject(asked));
    expect(await calls(all[0]!, 1, good)).toEqual(["held_pause"]);
    await desk.execute(resetBreaker, { party }, by(operator));
    await until("the pause is over", async () => (await calls(all[0]!, 1, good))[0] === "answer");
    expect(await told()).toEqual(["BreakerInstalled", "BreakerHeldOpen", "BreakerReset", "BreakerReset"]);
  });

  it("is told the names that there are, and why a reason is wanted", async () => {
    await processes({});
    const { refusal } = await desk.execute(resetBreaker, { party: "swfit" }, by(operator));
    expect(refusal).toMatchObject({ code: "BREAKER_UNKNOWN", field: "party" });
    expect(refusal?.message).toContain(party);
    expect((await desk.execute(openBreaker, { party, reason: "" }, by(operator))).refusal).toMatchObject({ code: "NO_REASON" });
    expect(await told()).toEqual(["BreakerInstalled"]);
  });

  it("has it judge and tell only: every call goes out, and probes are judged as ever", async () => {
    const all = await processes(...alike(2));
    await desk.execute(setBreakerDryRun, { party, dryRun: true }, by(operator));
    await until("it is known", async () => (await told()).includes("BreakerDryRunSet"));
    await until("the process goes by it", async () => (await calls(all[0]!, 6, down)).every((outcome) => outcome === "timeout") && all[1]!.states.includes("open"));
    expect(await calls(all[1]!, 1, good)).toEqual(["answer"]);
    const { rows } = await shop.pool.query<{ dry: boolean }>("SELECT (data->>'dryRun')::boolean AS dry FROM event_log WHERE stream_id = $1 AND type = 'BreakerOpened'", [`breaker-${party}`]);
    expect(rows.every(({ dry }) => dry)).toBe(true);
    await until("good calls close it", async () => { await calls(all[1]!, 1, good); return all[0]!.outside.state === "closed"; });
    await desk.execute(openBreaker, { party, reason: "by hand all the same" }, by(operator));
    await allAre("held_open", all);
    expect(await calls(all[0]!, 1, good)).toEqual(["held_breaker"]);
  });
});

describe("what may be lost", () => {
  const redis = hasRedisServer() ? it : it.skip;
  if (!hasRedisServer()) process.stderr.write("SKIPPED: breakers while Redis is lost (no redis-server)\n");

  redis("is Redis: the state is shared all the same", async () => {
    const directory = await mkdtemp(join(tmpdir(), "millrace-breakers-"));
    try {
      const server = await startRedis(directory, await freePort(undefined, new Set()));
      const all = await processes(...alike(2, { outside: { redisUrl: server.value, callsPerSecond: 1_000, breaker: { slowMs: 2_000, openMs: 30_000 } } }));
      expect(await calls(all[0]!, 1, good)).toEqual(["answer"]);
      await server.stop();
      await calls(all[0]!, 5, down);
      await allAre("open", all);
      expect((await told()).filter((type) => type === "BreakerOpened")).toHaveLength(1);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  it("is the connection that listens: polling tells", async () => {
    const way = await proxy();
    const [one, deaf] = await processes({ outside: { breaker: { slowMs: 2_000, openMs: 30_000 } } }, { listenUrl: way.url, pollMs: 50 });
    way.goDown();
    await calls(one!, 5, down);
    await allAre("open", [one!, deaf!]);
  });

  it("is the connection that listens, for a while: it is made again", async () => {
    const way = await proxy();
    const [one, cut] = await processes({ outside: { breaker: { slowMs: 2_000, openMs: 30_000 } } }, { listenUrl: way.url });
    way.goDown();
    await calls(one!, 5, down);
    way.comeBack();
    await allAre("open", [one!, cut!]);
  });

  it("is the primary: each process goes by what it sees itself, and tells it afterwards", async () => {
    const way = await proxy();
    const [cut, other] = await processes({ url: way.url, pollMs: 50, answerMs: 100 }, {});
    way.goDown();
    await calls(cut!, 5, down);
    expect([cut!.states, other!.states]).toEqual([["open"], []]);
    await until("it may probe alone", async () => cut!.outside.probeFree);
    expect(await calls(cut!, 1, down)).toEqual(["timeout"]);
    expect(cut!.states).toEqual(["open", "half_open", "open"]);
    // By then the bus, too, has given up what it was to say.
    await until("it may probe once more", async () => cut!.outside.probeFree);
    expect(await told()).toEqual(["BreakerInstalled"]);
    way.comeBack();
    await until("the other knows", async () => other!.states.includes("open"));
    expect((await told()).slice(0, 2)).toEqual(["BreakerInstalled", "BreakerOpened"]);
  });
});
