import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { Command, CommanderError } from "commander";
import { addDeadLettersCommand } from "../../src/cli/dead-letters/dead-letters-command.js";
import { newId } from "../../src/kernel/ids.js";
import { readSettings } from "../../src/platform/config/config.js";
import { createLogger } from "../../src/platform/log/logger.js";
import { withClient } from "../../src/platform/postgres/connection.js";
import { foldQueue, viewQueue } from "../../src/platform/projector/queues.js";
import { secret } from "../http/sample-api.js";
import { until } from "../replication/until.js";
import { briefQueue, LetterShop } from "./letter-shop.js";

describe("millrace dead-letters, while nothing runs but the databases", () => {
  let shop: LetterShop;
  let code: typeof process.exitCode;
  beforeAll(async () => {
    code = process.exitCode;
    shop = await LetterShop.open();
  });
  afterEach(async () => {
    process.exitCode = code;
    await shop.pool.query("DELETE FROM pgboss.job");
    await onNode("DELETE FROM pgboss.job");
    shop.broken = true;
  });
  afterAll(() => shop.close());

  const onNode = <Row>(text: string, values: unknown[] = []): Promise<Row[]> =>
    withClient({ url: shop.databases.nodes[0]!.appUrl }, async (client) => (await client.query(text, values)).rows as Row[]);

  /** What it prints, and its exit code. */
  const run = async (args: readonly string[], nodes = shop.databases.nodes.map(({ appUrl }) => appUrl), primary = shop.databases.primary.appUrl): Promise<{ lines: string[]; code: number }> => {
    const lines: string[] = [];
    const settings = readSettings({ NODE_ENV: "test", JWT_SECRET: secret, DATABASE_URL: primary, READ_DATABASE_URLS: nodes.join(",") });
    const millrace = new Command("millrace").exitOverride().configureOutput({ writeErr: (text) => { lines.push(text); } });
    addDeadLettersCommand(millrace, () => ({ settings, logger: createLogger("silent") }), (line) => { lines.push(line); });
    for (const command of millrace.commands) command.exitOverride();
    process.exitCode = 0;
    try {
      await millrace.parseAsync(["dead-letters", ...args], { from: "user" });
      return { lines, code: process.exitCode };
    } catch (error) {
      if (error instanceof CommanderError) return { lines, code: error.exitCode };
      throw error;
    }
  };
  const die = async (count: number): Promise<readonly string[]> => {
    for (let at = 0; at < count; at += 1) await shop.send(briefQueue.name, `poison ${newId()}`);
    await shop.work();
    const letters = await shop.dead(count, briefQueue.name);
    await shop.rest();
    return letters.toReversed().map(({ id }) => id);
  };
  /** A wake-up of a projector that failed. */
  const dieOnNode = async (queue: string): Promise<string> => (await onNode<{ id: string }>(
    `INSERT INTO pgboss.job (name, source_name, source_id, source_created_on, source_retry_count, source_output)
     VALUES ($1, $2, gen_random_uuid(), now(), 0, '{"message":"the table is gone"}') RETURNING id::text`, [`${queue}.dead`, queue]))[0]!.id;

  it("lists them, of the primary and of the nodes", async () => {
    const [id] = await die(1);
    const onNodeId = await dieOnNode(foldQueue);
    const listed = await run([]);
    expect(listed.code).toBe(0);
    expect(listed.lines).toEqual([
      expect.stringMatching(new RegExp(`^dead_letter_${id!}  .*Z  primary  ${briefQueue.name}  .*poison.*‹e-mail›`)),
      expect.stringMatching(new RegExp(`^dead_letter_${onNodeId}  .*${foldQueue}  .*the table is gone$`)),
      `primary: ${briefQueue.name} 1`, expect.stringMatching(new RegExp(`^node1: ${foldQueue} 1$`)),
    ]);
    const asJson = await run(["list", "--json", "--queue", briefQueue.name, "--limit", "5"]);
    expect(asJson.lines.map((line) => JSON.parse(line) as object)).toMatchObject([{ id: `dead_letter_${id!}`, server: "primary", queue: briefQueue.name, attempts: 1 }]);
    expect((await run(["list", "--limit", "0"])).code).not.toBe(0);
  });

  it("shows one with its attempts, and says when there is none", async () => {
    const [id] = await die(1);
    await until("its attempt is on the node", async () => (await onNode("SELECT FROM job_attempt WHERE outcome = 'dead'")).length > 0);
    let shown = await run(["show", id!]);
    await until("all of it is there", async () => (shown = await run(["show", `dead_letter_${id!}`])).lines.some((line) => line.includes("#1 dead")));
    expect(shown.code).toBe(0);
    expect(shown.lines.join("\n")).toMatch(/queue +test\.brief \(primary\)[\s\S]*event +AlertRaised, alert-poison[\s\S]*attempts +1[\s\S]*#1 dead: Error: poison/);
    expect(shown.lines.join("\n")).not.toContain("ann@example.com");
    const json = await run(["show", id!, "--json"]);
    expect(JSON.parse(json.lines[0]!)).toMatchObject({ id: `dead_letter_${id!}`, history: { attempts: [{ outcome: "dead" }] } });
    for (const unknown of [newId(), "dead_letter_x", "';--"]) expect(await run(["show", unknown])).toEqual({ code: 1, lines: [`There is no dead letter ${unknown}.`] });
  });

  it("puts one back, then all of a queue, then all", async () => {
    const [one, two, three] = await die(3);
    expect(await run(["redrive", one!])).toMatchObject({ code: 0, lines: [expect.stringMatching(/^test\.brief: job .* was redriven\.$/)] });
    expect(await run(["redrive", one!])).toMatchObject({ code: 1, lines: [`There is no dead letter ${one!}.`] });
    expect((await shop.letters()).map(({ id }) => id)).toEqual([three, two]);
    expect(await run(["redrive", "--queue", briefQueue.name])).toEqual({ code: 0, lines: ["primary: 2 redriven.", "node1: 0 redriven."] });
    await dieOnNode(viewQueue);
    expect(await run(["redrive", "--all"])).toEqual({ code: 0, lines: ["primary: 0 redriven.", "node1: 1 redriven."] });
    expect(await onNode("SELECT name, state, policy FROM pgboss.job")).toEqual([{ name: viewQueue, state: "created", policy: "stately" }]);
    shop.broken = false;
    await shop.work();
    await until("all are done", () => Promise.resolve(shop.done.length === 3));
    expect((await shop.told(one!))[0]!.actor).toMatch(/^operator:cli:/);
  });

  it("tells on the primary what was done with a node's, and leaves what its queue has already", async () => {
    const [first, second] = [await dieOnNode(foldQueue), await dieOnNode(foldQueue)];
    expect(await run(["redrive", first])).toMatchObject({ code: 0 });
    expect(await shop.told(first)).toMatchObject([{ type: "DeadLetterRedriven", data: { server: "node1", queue: foldQueue } }]);
    const stays = await run(["redrive", "--all"]);
    expect(stays.code).toBe(1);
    expect(stays.lines).toContain("node1: 0 redriven, 1 stay.");
    expect(await shop.told(second)).toEqual([]);
    expect(await run(["discard", second, "--reason", "the next wake-up does it"])).toMatchObject({ code: 0 });
    expect(await shop.told(second)).toMatchObject([{ type: "DeadLetterDiscarded", data: { reason: "the next wake-up does it" } }]);
    expect(await onNode("SELECT name FROM pgboss.job")).toEqual([{ name: foldQueue }]);
  });

  it("throws away with a reason only", async () => {
    const [one] = await die(2);
    expect((await run(["discard", one!])).code).toBe(1);
    expect(await run(["discard", one!, "--reason", " "])).toMatchObject({ code: 1 });
    expect((await run(["discard", "--reason", "x"])).lines.join()).toContain("say which");
    expect((await run(["redrive", one!, "--all"])).lines.join()).toContain("say which");
    expect(await shop.letters()).toHaveLength(2);
    expect(await run(["discard", one!, "--reason", "spam"])).toMatchObject({ code: 0, lines: [expect.stringContaining("was discarded")] });
    expect(await run(["discard", "--all", "--reason", "a drill"])).toEqual({ code: 0, lines: ["primary: 1 discarded.", "node1: 0 discarded."] });
    expect(await shop.letters()).toEqual([]);
  });

  it("does what it can while a node is away, and says so", async () => {
    await die(1);
    const away = "postgres://nobody@127.0.0.1:9/none";
    const listed = await run(["list"], [away]);
    expect(listed).toMatchObject({ code: 1, lines: [expect.stringMatching(/^node1 does not answer: /), expect.stringContaining(briefQueue.name), `primary: ${briefQueue.name} 1`] });
    expect((await run(["show", newId()], [away])).lines.at(-1)).toContain("on the servers that answer; node1 does not");
    expect(await run(["redrive", "--all"], [away])).toMatchObject({ code: 1, lines: [expect.anything(), "primary: 1 redriven."] });
    await dieOnNode(viewQueue);
    expect((await run(["list"], undefined, away)).lines.at(-1)).toBe(`node1: ${viewQueue} 1`);
    expect(await run(["discard", "--all", "--reason", "x"], undefined, away)).toMatchObject({ code: 1, lines: [expect.stringMatching(/^primary does not answer/), expect.stringContaining("Nothing is moved")] });
    expect(await onNode("SELECT FROM pgboss.job")).toHaveLength(1);
  });
});
