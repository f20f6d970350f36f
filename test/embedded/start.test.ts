import { afterEach, describe, expect, it } from "@jest/globals";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { EmbeddedFixture, eventually, isRoot, postmasterPid, query } from "./embedded-fixture.js";

const fixture = new EmbeddedFixture();
afterEach(() => fixture.cleanUp());

describe("the embedded servers", () => {
  it("keep data, ports and secrets over a restart, and give their passwords to nobody", async () => {
    const dataDir = join(fixture.directory(), "data");
    const first = await fixture.start(dataDir);
    expect(first.fresh).toBe(true);
    expect(first.nodes.map((node) => node.name)).toEqual(["node1"]);
    expect(first.secrets.jwtSecret.length).toBeGreaterThanOrEqual(32);
    await query(first.primary.adminUrl, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)");
    await first.stop();
    await first.stop();
    expect(postmasterPid(first.primary.dataDirectory)).toBeUndefined();

    const second = await fixture.start(dataDir);
    expect(second.fresh).toBe(false);
    expect(second.secrets).toEqual(first.secrets);
    expect([second.primary.adminUrl, second.nodes[0]!.appUrl]).toEqual([first.primary.adminUrl, first.nodes[0]!.appUrl]);
    expect(await query(second.primary.adminUrl, "SELECT n FROM kept")).toEqual([{ n: 7 }]);
    expect((await stat(join(dataDir, "servers.json"))).mode & 0o777).toBe(0o600);
  });

  it("connect the application as a role without rights of its own", async () => {
    const { primary, nodes: [node] } = await fixture.start(join(fixture.directory(), "data"));
    for (const { appUrl } of [primary, node!]) {
      expect(await query(appUrl, "SELECT rolname, rolsuper, rolreplication, rolbypassrls, rolcreatedb FROM pg_roles WHERE rolname = current_user"))
        .toEqual([{ rolname: "millrace_app", rolsuper: false, rolreplication: false, rolbypassrls: false, rolcreatedb: false }]);
      await expect(query(appUrl, "CREATE TABLE public.mine ()")).rejects.toMatchObject({ code: "42501" });
      await expect(query(appUrl, "CREATE TEMP TABLE mine ()")).rejects.toMatchObject({ code: "42501" });
    }
    const wrong = new URL(primary.appUrl);
    wrong.password = "wrong";
    await expect(query(wrong.href, "SELECT 1")).rejects.toMatchObject({ code: "28P01" });
  });

  it("keep what they were told on disk, and replicate from the primary to the node", async () => {
    const { primary, nodes: [node] } = await fixture.start(join(fixture.directory(), "data"), { settings: {} });
    const durability = "SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit, current_setting('full_page_writes') AS pages";
    expect(await query(primary.adminUrl, durability)).toEqual([{ fsync: "on", commit: "on", pages: "on" }]);
    expect(await query(primary.adminUrl, "SELECT pg_encoding_to_char(encoding) AS encoding, datcollate FROM pg_database WHERE datname = current_database()"))
      .toEqual([{ encoding: "UTF8", datcollate: "C" }]);
    await query(primary.adminUrl, "CREATE TABLE fact (n int PRIMARY KEY); CREATE PUBLICATION facts FOR TABLE fact");
    await query(node!.adminUrl, "CREATE TABLE fact (n int PRIMARY KEY)");
    await query(node!.adminUrl, `CREATE SUBSCRIPTION facts CONNECTION '${primary.adminUrl}' PUBLICATION facts`);
    await query(primary.adminUrl, "INSERT INTO fact VALUES (1)");
    await eventually("the row reaches the node", async () => (await query(node!.adminUrl, "SELECT FROM fact")).length === 1);
  });

  it("take another port where somebody else has taken the kept one", async () => {
    const dataDir = join(fixture.directory(), "data");
    const first = await fixture.start(dataDir);
    await query(first.primary.adminUrl, "CREATE TABLE kept ()");
    await first.stop();
    const stranger = createServer();
    stranger.listen(first.primary.port, "127.0.0.1");
    await once(stranger, "listening");
    try {
      const second = await fixture.start(dataDir);
      expect(second.primary.port).not.toBe((stranger.address() as AddressInfo).port);
      expect(second.nodes[0]!.port).toBe(first.nodes[0]!.port);
      expect(await query(second.primary.adminUrl, "SELECT FROM kept")).toEqual([]);
    } finally {
      stranger.close();
    }
  });

  it("stop and start one by one, on the same port", async () => {
    const { primary, nodes: [node] } = await fixture.start(join(fixture.directory(), "data"));
    await node!.stop();
    await expect(query(node!.adminUrl, "SELECT 1")).rejects.toMatchObject({ code: "ECONNREFUSED" });
    expect(await query(primary.adminUrl, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    await node!.start();
    expect(await query(node!.adminUrl, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });

  (isRoot ? it : it.skip)("run for an ordinary user too, and later for root on the same data", async () => {
    const directory = fixture.directory(0o777);
    const dataDir = join(directory, "data");
    const nobody = 65_534;
    const { child, said } = fixture.run(dataDir, { uid: nobody, gid: nobody });
    const { primary, error } = await said;
    expect(error).toBeUndefined();
    expect((await stat(primary!.dataDirectory)).uid).toBe(nobody);
    child.kill("SIGKILL");
    await once(child, "exit");
    const servers = await fixture.start(dataDir);
    expect(servers.fresh).toBe(false);
    expect((await stat(servers.primary.dataDirectory)).uid).toBe(nobody);
  });
});
