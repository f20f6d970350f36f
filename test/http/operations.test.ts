import { afterEach, describe, expect, it } from "@jest/globals";
import { connect } from "node:net";
import { createClient } from "graphql-ws";
import { WebSocket } from "ws";
import { ListenError } from "../../src/platform/http/listen-error.js";
import { as, ask, startSampleApi, type SampleApi } from "./sample-api.js";
import { silences } from "./sample-schema.js";
import { until } from "./until.js";

const production = { NODE_ENV: "production", DATABASE_URL: "postgres://primary", READ_DATABASE_URLS: "postgres://node1" };
const weigh = "mutation { weighParcel(input: { parcelId: \"parcel_7\", grams: 5, idempotencyKey: \"k\" }) { replayed } }";

describe("running the API", () => {
  const running: SampleApi[] = [];
  const start = async (...args: Parameters<typeof startSampleApi>): Promise<SampleApi> => {
    const api = await startSampleApi(...args);
    running.push(api);
    return api;
  };
  afterEach(async () => { await Promise.all(running.splice(0).map((api) => api.close())); });

  it("tells each part's health by name", async () => {
    let primary = "up";
    const check = (): Promise<string> => (primary === "up" ? Promise.resolve("PostgreSQL 18") : Promise.reject(new Error("connection refused")));
    const api = await start({}, { health: [
      { name: "primary", check }, { name: "read node1", check: () => Promise.resolve("lag 3 ms") },
      { name: "redis", essential: false, check: () => Promise.reject(new Error("gone")) },
    ] });
    const ready = await fetch(`${api.url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([200, { ok: true, parts: [
      { name: "primary", ok: true, essential: true, detail: "PostgreSQL 18" }, { name: "read node1", ok: true, essential: true, detail: "lag 3 ms" },
      { name: "redis", ok: false, essential: false, detail: "gone" },
    ] }]);
    primary = "down";
    const unready = await fetch(`${api.url}/readyz`);
    expect([unready.status, await unready.json()]).toMatchObject([503, { ok: false, parts: [{ name: "primary", ok: false, detail: "connection refused" }, { ok: true }, { ok: false }] }]);
    expect((await fetch(`${api.url}/livez`)).status).toBe(200);
  });

  it("measures operations by name, and names only so many", async () => {
    const api = await start();
    for (let number = 0; number < 210; number += 1) await ask(api, `query Q${String(number)} { whoAmI }`);
    await ask(api, "query Q0 { unreachable }");
    const text = await (await fetch(`${api.url}/metrics`)).text();
    expect(text).toContain("millrace_graphql_duration_seconds_count{operation=\"Q0\",failed=\"no\"} 1");
    expect(text).toContain("millrace_graphql_duration_seconds_count{operation=\"Q0\",failed=\"yes\"} 1");
    expect(text).toContain("millrace_graphql_duration_seconds_count{operation=\"other\",failed=\"no\"} 10");
    expect(text).toContain("millrace_graphql_errors_total{code=\"READ_UNAVAILABLE\"} 1");
    expect(text).toContain("process_resident_memory_bytes");
  });

  it("serves GraphiQL from its package", async () => {
    const api = await start({}, { graphiql: { query: "{ whoAmI } # try me", headers: { authorization: "Bearer demo" } } });
    const page = await (await fetch(`${api.url}/graphiql`)).text();
    expect(page).toContain("{ whoAmI } # try me");
    expect(page).toContain("Bearer demo");
    expect(page).not.toMatch(/https?:\/\//);
    const scripts = [...page.matchAll(/"(\/graphiql\/static\/ruru\.(?:js|css))"/g)].map(([, path]) => path);
    expect(new Set(scripts).size).toBe(2);
    for (const path of scripts) expect((await fetch(`${api.url}${String(path)}`)).status).toBe(200);
    expect((await fetch(`${api.url}/graphiql/static/../../package.json`)).status).toBe(404);
  });

  it("shows neither GraphiQL nor the schema in production", async () => {
    const api = await start(production);
    expect((await fetch(`${api.url}/graphiql`)).status).toBe(404);
    const answer = await ask(api, "{ __schema { queryType { name } } }");
    expect([answer.status, answer.data]).toEqual([400, undefined]);
    expect((await ask(api, "{ deeper { id } }")).errors?.[0]?.extensions).toEqual({ code: "INTERNAL_SERVER_ERROR", requestId: expect.any(String) });
  });

  it("lets a page of another origin ask", async () => {
    const api = await start();
    const preflight = await fetch(`${api.url}/graphql`, { method: "OPTIONS", headers: {
      origin: "http://shop.test", "access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type,idempotency-key",
    } });
    expect([preflight.status, preflight.headers.get("access-control-allow-origin"), preflight.headers.get("access-control-allow-headers")])
      .toEqual([204, "*", "authorization,content-type,idempotency-key"]);
  });

  it("keeps webhooks' ways with bodies to themselves", async () => {
    const api = await start({}, { webhookRoutes: (app) => {
      app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => { done(null, body); });
      app.post("/webhooks/raw", (request, reply) => reply.send({ raw: Buffer.isBuffer(request.body) }));
    } });
    const hook = await fetch(`${api.url}/webhooks/raw`, { method: "POST", body: "{}", headers: { "content-type": "application/json" } });
    expect(await hook.json()).toEqual({ raw: true });
    expect((await ask(api, "{ whoAmI }")).data).toEqual({ whoAmI: "nobody" });
  });

  it("hangs up on a client that sends its request too slowly", async () => {
    const api = await start({}, { limits: { requestTimeoutMs: 100, connectionTimeoutMs: 200 } });
    const socket = connect(api.address.port, api.address.address);
    const ended = new Promise((resolve) => { socket.once("close", resolve); });
    socket.write("POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{");
    socket.resume();
    await ended;
  });

  it("says in one line that its port is taken", async () => {
    const api = await start();
    const second = startSampleApi({}, { port: api.address.port });
    await expect(second).rejects.toThrow(ListenError);
    await expect(second).rejects.toThrow(`Port ${String(api.address.port)} on 127.0.0.1 is taken by another program: stop it, or choose another port with PORT=${String(api.address.port + 1)}.`);
  });

  it("finishes what it has when it is told to stop, and takes nothing new", async () => {
    const api = await start();
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => { release = resolve; });
    api.bus.outcome = async () => { await held; return {}; };
    const url = api.url.replace("http", "ws").concat("/graphql");
    const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams: { ...await as("customer") } });
    const watching = new Promise((resolve) => { client.subscribe({ query: "subscription { silence }" }, { next: () => undefined, error: resolve, complete: () => { resolve("complete"); } }); });
    const overSocket = new Promise((resolve, reject) => { client.subscribe({ query: weigh }, { next: resolve, error: reject, complete: () => undefined }); });
    const overHttp = ask(api, weigh, await as("customer"));
    await until(() => api.bus.sent.length === 2 && silences.size === 1);

    const closed = api.close();
    await expect(ask(api, "{ whoAmI }")).rejects.toThrow("fetch failed");
    release();
    expect([(await overHttp).data, await overSocket]).toEqual([{ weighParcel: { replayed: false } }, { data: { weighParcel: { replayed: false } } }]);
    expect(await watching).toMatchObject({ code: 1001 });
    await closed;
    expect(silences.size).toBe(0);
  });
});
