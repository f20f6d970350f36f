import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { spawnSync } from "node:child_process";
import { access, chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually, isRoot, kill } from "../embedded/embedded-fixture.js";
import { isRunning } from "../../src/platform/embedded/process-identity.js";
import { ask, projectDirectory, StartFixture, type Ending, type Greeting, type MillraceProcess } from "./millrace-process.js";

const nobody = { uid: 65_534, gid: 65_534 };

function runs(pid: number): boolean {
  return isRunning({ pid, startedAt: "" });
}

/** @returns the order's id, once it is kept */
async function placeOrder({ url, customerToken }: Greeting, key = "one"): Promise<string> {
  const { data, errors } = await ask<{ placeOrder: { orderId: string } }>(url, customerToken,
    "mutation ($key: String!) { placeOrder(input: { idempotencyKey: $key, lines: [{ sku: \"CUP-PORCELAIN\", quantity: 1 }] }) { orderId } }", { key });
  expect(errors).toBeUndefined();
  return data!.placeOrder.orderId;
}

async function statusOf({ url, customerToken }: Greeting, orderId: string): Promise<string | undefined> {
  const { data } = await ask<{ order: { status: string } | null }>(url, customerToken, "query ($id: ID!) { order(id: $id) { status } }", { id: orderId });
  return data?.order?.status;
}

/** The one line of a start that failed, where nothing was left running. */
async function refusalOf(started: MillraceProcess): Promise<string> {
  const { code, stdout, stderr } = await started.ended;
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/^[^\n]+\n$/);
  return stderr.trim();
}

function expectCleanEnd({ code, stderr }: Ending): void {
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
}

describe("a running Millrace", () => {
  const fixture = new StartFixture();
  let dataDir: string, millrace: MillraceProcess, greeting: Greeting;
  beforeAll(async () => {
    dataDir = join(fixture.directory(), "data");
    millrace = fixture.start(dataDir);
    greeting = await millrace.ready();
  });
  afterAll(() => fixture.cleanUp());

  it("printed where everything is and a token for each role", async () => {
    const { url, customerToken, operatorToken, simulators } = greeting;
    const ready = await fetch(`${url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([200, { ok: true, parts: [expect.objectContaining({ name: "primary", ok: true }), expect.objectContaining({ name: "read node1", ok: true })] }]);
    for (const path of ["/livez", "/metrics", "/graphiql"]) expect((await fetch(url + path)).status).toBe(200);
    for (const page of simulators) expect((await fetch(page)).status).toBe(200);
    const openAlerts = "{ alerts(first: 1) { nodes { key } } }";
    expect(await ask(url, customerToken, "{ me { name } }")).toMatchObject({ data: { me: { name: "Demo Customer" } } });
    expect(await ask(url, operatorToken, openAlerts)).toMatchObject({ data: { alerts: { nodes: [] } } });
    expect((await ask(url, customerToken, openAlerts)).errors?.[0]?.extensions?.code).toBe("FORBIDDEN");
  });

  it("lets no second one start on its directory", async () => {
    expect(await refusalOf(fixture.start(dataDir))).toMatch(/^Millrace already runs on .* \(process \d+\): stop that one first, or set MILLRACE_DATA_DIR/);
    expect(millrace.postmasters()).toHaveLength(2);
    await placeOrder(greeting);
  });

  it("keeps its port; who wants it too says so and begins nothing", async () => {
    const port = Number(new URL(greeting.url).port);
    const otherDir = join(fixture.directory(), "data");
    const other = fixture.start(otherDir, { port });
    expect(await refusalOf(other)).toBe(`Port ${String(port)} on 127.0.0.1 is taken by another program: stop it, or choose another port with PORT=${String(port + 1)}.`);
    await expect(access(otherDir)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("does not mind a second one in another directory", async () => {
    const second = await fixture.start(join(fixture.directory(), "data")).ready();
    expect(second.url).not.toBe(greeting.url);
    const orderId = await placeOrder(greeting, "mine");
    await eventually("the order is there", async () => await statusOf(greeting, orderId) !== undefined);
    // The other one has its own secret and its own orders.
    expect((await ask(second.url, greeting.customerToken, "{ me { id } }")).errors?.[0]?.extensions?.code).toBe("UNAUTHENTICATED");
    expect(await statusOf(second, orderId)).toBeUndefined();
  });
});

describe("its data", () => {
  const fixture = new StartFixture();
  const environment = { SIMULATION_SPEED: "1000000" };
  let dataDir: string;
  beforeAll(() => { dataDir = join(fixture.directory(), "data"); });
  afterAll(() => fixture.cleanUp());

  it("is whole after SIGTERM, which waits for what was taken and leaves no server", async () => {
    const first = fixture.start(dataDir, { environment });
    const greeting = await first.ready();
    const postmasters = first.postmasters();
    expect(postmasters).toHaveLength(2);
    const early = await placeOrder(greeting, "early");
    const placing = Promise.allSettled(Array.from({ length: 30 }, (_, index) => placeOrder(greeting, `late-${String(index)}`)));
    await placeOrder(greeting, "last");
    expectCleanEnd(await first.stop());
    expect(postmasters.filter(runs)).toEqual([]);

    const taken = (await placing).flatMap((outcome) => outcome.status === "fulfilled" ? [outcome.value] : []);
    expect(taken.length).toBeGreaterThan(0);
    const second = fixture.start(dataDir, { environment });
    // The old tokens too: their secret is kept with the data.
    const again = { ...await second.ready(), customerToken: greeting.customerToken };
    for (const orderId of [early, ...taken]) {
      await eventually("the order is there", async () => await statusOf(again, orderId) !== undefined);
    }
    expect(await placeOrder(again, "early")).toBe(early);
    expectCleanEnd(await second.stop());
  });

  it("is whole after kill -9, and what was under way goes on", async () => {
    const first = fixture.start(dataDir, { environment });
    const orderId = await placeOrder(await first.ready(), "killed");
    await kill(first.child);
    const leftover = first.postmasters();
    expect(leftover).toHaveLength(2);

    const second = fixture.start(dataDir, { environment });
    const greeting = await second.ready();
    expect(leftover.filter(runs)).toEqual([]);
    await eventually("the order is delivered", async () => await statusOf(greeting, orderId) === "DELIVERED", 40_000);
    expect((await second.stop()).code).toBe(0);
  });
});

describe("millrace start", () => {
  const fixture = new StartFixture();
  afterEach(() => fixture.cleanUp());

  it("leaves nothing behind when it is stopped in the middle", async () => {
    const millrace = fixture.start(join(fixture.directory(), "data"));
    await eventually("a server runs", () => millrace.postmasters().length > 0);
    expect((await millrace.stop()).code).toBe(0);
    expect(millrace.postmasters()).toEqual([]);
  });

  (process.platform === "win32" ? it.skip : it)("stops with the npm that started it", async () => {
    const npm = fixture.start(join(fixture.directory(), "data"), { command: ["npm", "start", "--silent"] });
    await npm.ready();
    const postmasters = npm.postmasters();
    npm.child.kill("SIGTERM");
    await eventually("both servers are gone", () => !postmasters.some(runs));
    await npm.ended;
  });

  (isRoot ? it : it.skip)("runs for an ordinary user", async () => {
    const canRead = spawnSync(process.execPath, ["-e", `require("fs").accessSync(${JSON.stringify(join(projectDirectory, "dist", "main.js"))})`], { ...nobody, cwd: "/" });
    if (canRead.status !== 0) return; // the project lies where only root may look
    const millrace = fixture.start(join(fixture.directory(0o777), "data"), { account: nobody, environment: { HOME: "/nonexistent" } });
    expect(await placeOrder(await millrace.ready())).toMatch(/^order_/);
    expectCleanEnd(await millrace.stop());
  });

  it("refuses a data directory that is a file, in one line", async () => {
    const file = join(fixture.directory(), "file");
    await writeFile(file, "");
    expect(await refusalOf(fixture.start(file))).toMatch(/a part of this path is a file: set MILLRACE_DATA_DIR to another directory\.$/);
    await access(file);
  });

  it("refuses a data directory that may not be written to, in one line", async () => {
    const dataDir = join(fixture.directory(0o755), "data");
    await mkdir(dataDir);
    await chmod(dataDir, 0o555);
    const options = isRoot ? { account: nobody, environment: { HOME: "/nonexistent" } } : {};
    expect(await refusalOf(fixture.start(dataDir, options))).toMatch(/is not writable for this user: start as the user who owns it, or set MILLRACE_DATA_DIR/);
  });

  it("uses the couriers that a file names, and simulates none beside them", async () => {
    const directory = fixture.directory();
    const file = join(directory, "couriers.json");
    await writeFile(file, JSON.stringify({ couriers: [{ id: "own", kind: "http", baseUrl: "http://127.0.0.1:9", apiKeyEnv: "OWN_KEY", webhookSecretsEnv: "OWN_SECRETS" }] }));
    const environment = { COURIERS_FILE: file, OWN_KEY: "key", OWN_SECRETS: "whsec_b3duIHNlY3JldA==" };
    const missing = await fixture.start(join(directory, "data"), { environment: { COURIERS_FILE: file, OWN_KEY: "key" } }).ended;
    expect({ code: missing.code, stderr: missing.stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/OWN_SECRETS: needed for the courier own/) });
    const { url, simulators } = await fixture.start(join(directory, "data"), { environment }).ready();
    expect(simulators).toEqual([expect.stringMatching(/^http/), ""]);
    const statusOfHook = async (courier: string): Promise<number> => (await fetch(`${url}/webhooks/couriers/${courier}`, { method: "POST", body: "{}" })).status;
    expect([await statusOfHook("own"), await statusOfHook("snail")]).toEqual([401, 404]);
  });

  it("names all settings that are wrong at once", async () => {
    const { code, stdout, stderr } = await fixture.start(join(fixture.directory(), "data"), { environment: { PORT: "many", BATCH_MAX: "0" } }).ended;
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^The configuration has 2 mistakes:\n {2}- PORT: .*\n {2}- BATCH_MAX: .*\n$/);
  });
});
