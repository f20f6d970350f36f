import { afterEach, describe, expect, it } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { chmod, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EmbeddedError } from "../../src/platform/embedded/embedded-error.js";
import { EmbeddedFixture, isRoot, query } from "./embedded-fixture.js";

const fixture = new EmbeddedFixture();
afterEach(() => fixture.cleanUp());

/** The one line that the person at the keyboard reads. */
async function refusal(dataDir: string): Promise<string> {
  const error: unknown = await fixture.start(dataDir).then(() => undefined, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(EmbeddedError);
  const { message } = error as EmbeddedError;
  expect(message).not.toContain("\n");
  return message;
}

describe("what cannot be started says what to do", () => {
  it("a second start on the same directory", async () => {
    const dataDir = join(fixture.directory(), "data");
    const running = await fixture.start(dataDir);
    expect(await refusal(dataDir)).toMatch(/already runs on .* \(process \d+\): stop that one first/);
    const { said } = fixture.run(dataDir);
    expect((await said).error).toContain(`(process ${String(process.pid)})`);
    expect(await query(running.primary.adminUrl, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });

  it("a path that leads through a file", async () => {
    const file = join(fixture.directory(), "file");
    await writeFile(file, "");
    expect(await refusal(join(file, "data"))).toMatch(/part of this path is a file: set MILLRACE_DATA_DIR/);
    expect(await refusal(file)).toMatch(/part of this path is a file: set MILLRACE_DATA_DIR/);
  });

  it("data of another major version, which stays as it is", async () => {
    const dataDir = join(fixture.directory(), "data");
    await mkdir(join(dataDir, "node1", "global"), { recursive: true });
    await writeFile(join(dataDir, "node1", "PG_VERSION"), "17\n");
    expect(await refusal(dataDir)).toMatch(/holds data of PostgreSQL 17, and this Millrace brings 18/);
    expect(await readdir(join(dataDir, "node1"))).toEqual(["PG_VERSION", "global"]);
  });

  it("passwords that are gone or damaged", async () => {
    const dataDir = join(fixture.directory(), "data");
    await (await fixture.start(dataDir)).stop();
    await writeFile(join(dataDir, "servers.json"), "{");
    expect(await refusal(dataDir)).toMatch(/servers.json is damaged/);
    await rm(join(dataDir, "servers.json"));
    expect(await refusal(dataDir)).toMatch(/servers.json is missing/);
  });

  (isRoot ? it : it.skip)("a directory that the servers' user cannot enter, where root starts", async () => {
    const directory = fixture.directory(0o700);
    expect(await refusal(join(directory, "data"))).toMatch(new RegExp(`cannot enter ${directory}, .*chmod o\\+x ${directory}`));
  });

  (isRoot ? it.skip : it)("a directory that is not writable", async () => {
    const directory = fixture.directory();
    await chmod(directory, 0o500);
    expect(await refusal(join(directory, "data"))).toMatch(/is not writable for this user/);
  });

  it("a full and a read-only disk", async () => {
    const directory = fixture.directory();
    if (!mount(["-t", "tmpfs", "-o", "size=20m,mode=755", "tmpfs", directory])) return; // not allowed here
    try {
      expect(await refusal(join(directory, "data"))).toMatch(/^The disk that holds .* is full: free some space/);
      expect(mount(["-o", "remount,ro", directory])).toBe(true);
      expect(await refusal(join(directory, "data"))).toMatch(/is on a read-only file system: make it writable/);
    } finally {
      execFileSync("umount", [directory]);
    }
  });
});

function mount(args: readonly string[]): boolean {
  try {
    execFileSync("mount", args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
