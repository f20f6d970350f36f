import { afterEach, describe, expect, it } from "@jest/globals";
import { createClient, type Client } from "graphql-ws";
import { WebSocket } from "ws";
import { ask, startSampleApi, tokenFor, type SampleApi } from "../http/sample-api.js";
import { silences } from "../http/sample-schema.js";
import { until } from "../http/until.js";

let api: SampleApi;
const clients: Client[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) await client.dispose();
  await until(() => silences.size === 0);
  await api.close();
});

async function connect(subject: string): Promise<Client> {
  const authorization = `Bearer ${await tokenFor("customer", subject)}`;
  const client = createClient({ url: `${api.url.replace("http", "ws")}/graphql`, webSocketImpl: WebSocket, retryAttempts: 0, lazy: false, onNonLazyError: () => undefined, connectionParams: { authorization } });
  clients.push(client);
  return client;
}

async function answers(client: Client, query: string, extensions: Record<string, unknown> = {}): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const answer of client.iterate({ query, extensions })) found.push(answer);
  return found;
}

const limited = (limit: string): unknown => [expect.objectContaining({
  extensions: expect.objectContaining({ code: "RATE_LIMITED", limit, retryAfterSeconds: expect.any(Number), requestId: expect.any(String) }),
})];

describe("operations of a socket", () => {
  it("share the limit of the requests, and are refused one by one with a typed error", async () => {
    api = await startSampleApi({ RATE_LIMIT_CUSTOMER: "3" });
    const client = await connect("ann");
    expect(await answers(client, "{ whoAmI }")).toEqual([{ data: { whoAmI: "customer:ann" } }]);
    expect((await ask(api, "{ whoAmI }", { authorization: `Bearer ${await tokenFor("customer", "ann")}` })).status).toBe(200);
    const ended = new Promise((resolve) => { client.subscribe({ query: "subscription { silence }" }, { next: () => undefined, error: resolve, complete: () => { resolve("completed"); } }); });
    await until(() => silences.size === 1);
    await expect(answers(client, "{ whoAmI }")).rejects.toEqual(limited("customer"));
    // What was let in goes on.
    expect(silences.size).toBe(1);
    expect(await answers(await connect("bob"), "{ whoAmI }")).toEqual([{ data: { whoAmI: "customer:bob" } }]);
    await client.dispose();
    await ended;
  });

  it("cost what they cost over HTTP, and can ask what that was", async () => {
    api = await startSampleApi({ RATE_LIMIT_CUSTOMER_COST: "100" });
    const client = await connect("ann");
    const [answer] = await answers(client, "{ parcels(first: 40) { nodes { id weight } } }", { cost: true });
    expect(answer).toMatchObject({ extensions: { cost: { requested: 82, actual: 16, remaining: 84, limit: 100 } } });
    await expect(answers(client, "{ parcels(first: 60) { nodes { id weight } } }")).rejects.toEqual([
      expect.objectContaining({ extensions: expect.objectContaining({ code: "QUERY_TOO_COSTLY", cost: { requested: 122, limit: 100 } }) }),
    ]);
  });

  it("count on their address, as the opening of the socket does", async () => {
    api = await startSampleApi({ RATE_LIMIT_EXEMPT: "none", RATE_LIMIT_ADDRESS: "2" });
    const client = await connect("ann");
    expect(await answers(client, "{ whoAmI }")).toHaveLength(1);
    await expect(answers(client, "{ whoAmI }")).rejects.toEqual(limited("address"));
  });

  it("need a socket, which an address over its limit does not get", async () => {
    api = await startSampleApi({ RATE_LIMIT_EXEMPT: "none", RATE_LIMIT_ADDRESS: "1" });
    expect((await ask(api, "{ whoAmI }")).status).toBe(200);
    const socket = new WebSocket(`${api.url.replace("http", "ws")}/graphql`, ["graphql-transport-ws"]);
    const [status, retryAfter] = await new Promise<[number | undefined, string | undefined]>((resolve, reject) => {
      socket.once("error", reject);
      socket.once("unexpected-response", (request, { statusCode, headers }) => {
        request.destroy();
        resolve([statusCode, headers["retry-after"]]);
      });
    });
    expect(status).toBe(429);
    expect(Number(retryAfter)).toBeGreaterThanOrEqual(9);
  });
});
