import { afterEach, describe, expect, it } from "@jest/globals";
import { spawn } from "node:child_process";
import { mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { lockDirectory } from "../../src/platform/embedded/directory-lock.js";
import { isRunning } from "../../src/platform/embedded/process-identity.js";
import { EmbeddedFixture, eventually, kill, postmasterPid, query } from "./embedded-fixture.js";

const fixture = new EmbeddedFixture();
afterEach(() => fixture.cleanUp());

describe("after a crash", () => {
  it("a killed process's servers are stopped and started again with every row", async () => {
    const dataDir = join(fixture.directory(), "data");
    const { child, said } = fixture.run(dataDir);
    const { primary } = await said;
    await query(primary!.adminUrl, "CREATE TABLE kept (n int); INSERT INTO kept SELECT generate_series(1, 1000)");
    await kill(child);
    const leftover = postmasterPid(primary!.dataDirectory)!;
    expect(isRunning({ pid: leftover, startedAt: "" })).toBe(true);

    const servers = await fixture.start(dataDir);
    expect(isRunning({ pid: leftover, startedAt: "" })).toBe(false);
    expect(servers.primary.adminUrl).toBe(primary!.adminUrl);
    expect(await query(servers.primary.adminUrl, "SELECT count(*)::int AS n FROM kept")).toEqual([{ n: 1000 }]);
  });

  it("servers that were killed with their process recover", async () => {
    const dataDir = join(fixture.directory(), "data");
    const { child, said } = fixture.run(dataDir);
    const { primary } = await said;
    await query(primary!.adminUrl, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)");
    await kill(child);
    for (const name of ["primary", "node1"]) process.kill(postmasterPid(join(dataDir, name))!, "SIGKILL");
    const servers = await fixture.start(dataDir);
    expect(await query(servers.primary.adminUrl, "SELECT n FROM kept")).toEqual([{ n: 1 }]);
  });

  it("a server that is killed under a living process is started again on its port", async () => {
    const { primary } = await fixture.start(join(fixture.directory(), "data"));
    await query(primary.adminUrl, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)");
    const before = postmasterPid(primary.dataDirectory)!;
    process.kill(before, "SIGKILL");
    await eventually("the primary answers again", async () => (await query(primary.adminUrl, "SELECT n FROM kept")).length === 1 && postmasterPid(primary.dataDirectory) !== before);
  });

  it("a stale pid file that names a stranger's process does not harm that process", async () => {
    const dataDir = join(fixture.directory(), "data");
    const first = await fixture.start(dataDir);
    await first.stop();
    const { dataDirectory, port } = first.primary;
    const { uid, gid } = await stat(dataDirectory);
    // Of the servers' own user, since PostgreSQL itself passes over what belongs to others.
    const stranger = fixture.keep(spawn("sleep", ["600"], { uid, gid, stdio: "ignore" }));
    const file = join(dataDirectory, "postmaster.pid");
    await writeFile(file, `${String(stranger.pid)}\n${dataDirectory}\n1700000000\n${String(port)}\n\n127.0.0.1\n  1 1\nready   \n`);
    const second = await fixture.start(dataDir);
    expect(await query(second.primary.adminUrl, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    expect([stranger.exitCode, stranger.signalCode]).toEqual([null, null]);
  });

  it("a first start that was killed in the middle leaves nothing in the way", async () => {
    const dataDir = join(fixture.directory(), "data");
    const { child } = fixture.run(dataDir);
    await eventually("initdb is at work", async () => {
      const drafts = (await readdir(dataDir)).filter((name) => name.startsWith("primary.draft-") && !name.endsWith(".password"));
      return drafts.length === 1 && (await readdir(join(dataDir, drafts[0]!))).includes("global");
    });
    await kill(child);
    const servers = await fixture.start(dataDir);
    expect(servers.fresh).toBe(true);
    expect(await query(servers.primary.adminUrl, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    expect((await readdir(dataDir)).filter((name) => name.endsWith(".password"))).toEqual([]);
  });

  it("a half-made directory is put aside and made again", async () => {
    const dataDir = join(fixture.directory(), "data");
    await mkdir(join(dataDir, "node1", "base"), { recursive: true });
    await writeFile(join(dataDir, "node1", "PG_VERSION"), "18\n");
    const servers = await fixture.start(dataDir);
    expect(await query(servers.nodes[0]!.adminUrl, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    expect(await readdir(join(dataDir, "node1.half-made"))).toContain("base");
  });

  it("a directory that was whole once is never made again, however damaged", async () => {
    const dataDir = join(fixture.directory(), "data");
    const first = await fixture.start(dataDir);
    await first.stop();
    await rm(join(first.primary.dataDirectory, "global", "pg_control"));
    await expect(fixture.start(dataDir)).rejects.toThrow(/primary is damaged .*restore it from a backup/);
    expect(await readdir(first.primary.dataDirectory)).toContain("PG_VERSION");
  });

  it("a dead holder's lock is taken over by exactly one of many", async () => {
    const directory = fixture.directory();
    const dead = fixture.keep(spawn("sleep", ["600"], { stdio: "ignore" }));
    await kill(dead);
    await writeFile(join(directory, "lock.4"), JSON.stringify({ pid: dead.pid, startedAt: "" }));
    const outcomes = await Promise.allSettled(Array.from({ length: 12 }, () => lockDirectory(directory)));
    const won = outcomes.flatMap((outcome) => outcome.status === "fulfilled" ? [outcome.value] : []);
    expect(won).toHaveLength(1);
    // The same id, begun at another time, is another process.
    await won[0]!.release();
    await writeFile(join(directory, "lock.99"), JSON.stringify({ pid: process.pid, startedAt: "another boot/1" }));
    await (await lockDirectory(directory)).release();
  });
});
