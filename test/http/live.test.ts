import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { createClient, type Client } from "graphql-ws";
import { WebSocket } from "ws";
import { startSampleApi, tokenFor, type SampleApi } from "./sample-api.js";
import { silences } from "./sample-schema.js";
import { until } from "./until.js";

const listening = "subscription { silence }";

describe("live updates", () => {
  let api: SampleApi;
  const clients: Client[] = [];
  beforeAll(async () => {
    api = await startSampleApi({ LIVE_SOCKETS_MAX: "4" }, { limits: { operationsPerSocketMax: 3, connectionInitTimeoutMs: 300, socketMessageBytesMax: 5_000, pingIntervalMs: 50 } });
  });
  afterAll(() => api.close());
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.dispose();
    await until(() => silences.size === 0);
  });

  const connect = (token: string | null): Client => {
    const client = createClient({
      url: api.url.replace("http", "ws").concat("/graphql"), webSocketImpl: WebSocket, retryAttempts: 0, lazy: true, onNonLazyError: () => undefined,
      connectionParams: token === null ? {} : { authorization: `Bearer ${token}` },
    });
    clients.push(client);
    return client;
  };
  const all = async (client: Client, query: string): Promise<unknown[]> => {
    const answers: unknown[] = [];
    for await (const answer of client.iterate({ query })) answers.push(answer);
    return answers;
  };
  const rawSocket = async (protocols: string[], path = "/graphql"): Promise<{ socket: WebSocket; closed: Promise<number> }> => {
    const socket = new WebSocket(api.url.replace("http", "ws").concat(path), protocols);
    const closed = new Promise<number>((resolve) => { socket.once("close", resolve); });
    await new Promise((resolve, reject) => { socket.once("open", resolve).once("error", reject); });
    return { socket, closed };
  };

  it("come in order and end; each is read anew", async () => {
    const answers = await all(connect(await tokenFor("operator")), "subscription { parcelUpdates(to: 3) { id weight } }");
    expect(answers).toEqual([1, 2, 3].map((number) => ({ data: { parcelUpdates: { id: `parcel_${String(number)}`, weight: `${String(number)} in batch 1 of 1` } } })));
  });

  it("need the right that the field needs", async () => {
    const watching = all(connect(await tokenFor("customer")), "subscription { parcelUpdates(to: 3) { id } }");
    await expect(watching).rejects.toEqual([expect.objectContaining({ extensions: { code: "FORBIDDEN", requestId: expect.any(String) } })]);
  });

  it("stop when the client has enough", async () => {
    const stop = connect(null).subscribe({ query: listening }, { next: () => undefined, error: () => undefined, complete: () => undefined });
    await until(() => silences.size === 1);
    stop();
    await until(() => silences.size === 0);
  });

  it("stop when the client vanishes", async () => {
    const { socket } = await rawSocket(["graphql-transport-ws"]);
    socket.send(JSON.stringify({ type: "connection_init" }));
    await new Promise((resolve) => { socket.once("message", resolve); });
    socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query: listening } }));
    await until(() => silences.size === 1);
    socket.terminate();
    await until(() => silences.size === 0);
  });

  it("hang up on a peer that answers no ping", async () => {
    const { socket, closed } = await rawSocket(["graphql-transport-ws"]);
    socket.pong = () => undefined;
    socket.send(JSON.stringify({ type: "connection_init" }));
    expect(await closed).toBe(1006);
  });

  it("hang up on a peer that reads nothing, so that nothing is kept for it", async () => {
    const { socket } = await rawSocket(["graphql-transport-ws"]);
    socket.send(JSON.stringify({ type: "connection_init" }));
    await new Promise((resolve) => { socket.once("message", resolve); });
    socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query: listening } }));
    await until(() => silences.size === 1);
    socket.pause();
    await until(() => silences.size === 0);
    socket.terminate();
  });

  it("answer queries and mutations on the same socket, with masked bugs", async () => {
    const client = connect(await tokenFor("customer"));
    expect(await all(client, "{ whoAmI }")).toEqual([{ data: { whoAmI: "customer:c1" } }]);
    expect(await all(client, "{ deeper { id } }")).toEqual([{ data: { deeper: null }, errors: [expect.objectContaining({
      message: "Something went wrong here. Report the request id.", extensions: { code: "INTERNAL_SERVER_ERROR", requestId: expect.any(String) },
    })] }]);
    expect(api.logged.at(-1)).toMatchObject({ err: { message: "a bug with a password in it" } });
  });

  it.each([
    ["{ whoAmI colour }", "GRAPHQL_VALIDATION_FAILED"],
    ["{ whoAmI", "GRAPHQL_VALIDATION_FAILED"],
    [`{ ${Array.from({ length: 201 }, (_, n) => `a${String(n)}: whoAmI`).join(" ")} }`, "QUERY_TOO_LARGE"],
  ])("hold documents to the rules of HTTP: %.20s", async (query, code) => {
    await expect(all(connect(null), query)).rejects.toEqual([expect.objectContaining({ extensions: expect.objectContaining({ code }) })]);
  });

  it("are bounded by socket", async () => {
    const client = connect(null);
    for (let count = 0; count < 3; count += 1) client.subscribe({ query: listening }, { next: () => undefined, error: () => undefined, complete: () => undefined });
    await until(() => silences.size === 3);
    await expect(all(client, listening)).rejects.toEqual([expect.objectContaining({ extensions: expect.objectContaining({ code: "TOO_MANY_OPERATIONS" }) })]);
  });

  it("refuse a bad token with 4403", async () => {
    await expect(all(connect("nonsense"), "{ whoAmI }")).rejects.toMatchObject({ code: 4403, reason: "The authorization must be `Bearer` and a token." });
  });

  it("end with 4403 when the token expires", async () => {
    const client = connect(await tokenFor("customer", "c1", 1));
    await expect(all(client, listening)).rejects.toMatchObject({ code: 4403, reason: "The token has expired." });
  });

  it("close sockets that speak wrongly, too much, or not at all", async () => {
    const other = await rawSocket(["graphql-ws"]).then(({ closed }) => closed, () => "refused");
    expect([4406, "refused"]).toContain(other);
    expect(await (await rawSocket(["graphql-transport-ws"])).closed).toBe(4408);
    const { socket, closed } = await rawSocket(["graphql-transport-ws"]);
    socket.send("x".repeat(5_001));
    expect(await closed).toBe(1009);
    await expect(rawSocket(["graphql-transport-ws"], "/elsewhere")).rejects.toThrow("404");
  });

  it("take only so many sockets", async () => {
    await until(() => clients.length === 0);
    const full: Client[] = Array.from({ length: 4 }, () => connect(null));
    for (const client of full) client.subscribe({ query: listening }, { next: () => undefined, error: () => undefined, complete: () => undefined });
    await until(() => silences.size === 4);
    await expect(rawSocket(["graphql-transport-ws"])).rejects.toThrow("503");
  });
});
