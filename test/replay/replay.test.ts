import { chmodSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Child } from "../../src/cli/drill/child.js";
import { countPromises } from "../../src/cli/drill/count-promises.js";
import { killDatabases } from "../../src/cli/drill/database-processes.js";
import { ServerChild } from "../../src/cli/drill/server-child.js";
import { readJournal } from "../../src/cli/replay/ack-journal.js";
import type { Summary } from "../../src/cli/replay/summary.js";

const fixture = fileURLToPath(new URL("../fixtures/baskets.csv", import.meta.url));

/** As a person does it: the program started, and the program's client in a process of its own. Needs `npm run build`. */
describe("a replay", () => {
  const directory = mkdtempSync(join(tmpdir(), "millrace-replay-"));
  chmodSync(directory, 0o711); // as root the servers run as another user, who must get in
  const dataDir = join(directory, "data");
  const journal = join(directory, "acknowledged.jsonl");
  const children: Child[] = [];
  let url = "";

  beforeAll(async () => {
    const server = await ServerChild.start({
      dataDir, port: 0, logFile: join(directory, "server.log"), settings: { SIMULATION_SPEED: "200000" }, onStart: (child) => { children.push(child); },
    });
    url = server.url;
  });
  afterAll(async () => {
    await Promise.all(children.map((child) => child.end("SIGKILL")));
    await killDatabases(dataDir);
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  });

  function begin(...options: readonly string[]): { child: Child; lines: string[] } {
    const lines: string[] = [];
    const child = new Child({
      args: ["replay", fixture, "--url", url, "--json", "--give-up", "30", ...options], settings: { MILLRACE_DATA_DIR: dataDir },
      logFile: join(directory, "client.log"), onLine: (line) => { lines.push(line); },
    });
    children.push(child);
    return { child, lines };
  }

  async function run(...options: readonly string[]): Promise<{ code: number | null; summary: Summary }> {
    const { child, lines } = begin(...options);
    const code = await child.ended;
    return { code, summary: JSON.parse(lines.join("\n")) as Summary };
  }

  it("that is stopped half-way goes on without doubling an order, and every order arrives", async () => {
    const { child, lines } = begin("--journal", journal, "--rate", "20");
    await untilAcknowledged(20);
    expect(await child.end("SIGINT")).toBe(130);
    const stopped = JSON.parse(lines.join("\n")) as Summary;
    expect(stopped).toMatchObject({ stopped: true, ok: false, lost: 0, doubled: 0, unanswered: {} });
    expect(stopped.placed).toBeGreaterThanOrEqual(20);
    expect(stopped.placed).toBeLessThan(65);

    const { code, summary } = await run("--journal", journal);
    expect(summary).toMatchObject({
      ok: true, placed: 65 - stopped.placed, replayed: stopped.placed, refused: {}, unanswered: {}, delivered: 65, states: { DELIVERED: 65 },
      lost: 0, doubled: 0, chargedTwice: 0, countedAt: ["api", "primary"],
    });
    expect(summary.unusable.map(({ line }) => line)).toEqual([15, 19, 30, 34, 50]);
    expect(code).toBe(0);
    expect(await countPromises(fixture, journal, dataDir)).toEqual({ acknowledged: 65, atPrimary: 65, delivered: 65, lost: [], doubled: [], chargedTwice: [] });
  });

  it("of another name places the orders once more, from stock of its own", async () => {
    const { summary } = await run("--run", "again", "--from", "1", "--limit", "14", "--concurrency", "4");
    expect(summary).toMatchObject({ ok: true, placed: 14, replayed: 0, delivered: 14, lost: 0, doubled: 0, lines: { inFile: 70, first: 1, last: 14 } });
  });

  it("against nobody says so in one line", async () => {
    const { child, lines } = begin("--url", "http://127.0.0.1:1");
    expect(await child.ended).toBe(1);
    expect(lines).toEqual([]);
  });

  async function untilAcknowledged(count: number): Promise<void> {
    const giveUpAt = Date.now() + 30_000;
    while ((await readJournal(journal)).acknowledgements.length < count) {
      if (Date.now() > giveUpAt) throw new Error(`${count} orders were not acknowledged within 30 s`);
      await delay(10);
    }
  }
});
