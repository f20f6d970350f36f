import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { GatewayError } from "../../src/platform/http-client/gateway-error.js";
import { HttpClient, type HttpClientOptions } from "../../src/platform/http-client/http-client.js";
import { failedAnswer } from "../../src/platform/http-client/json-answer.js";

let server: Server;
let answer: RequestListener;
let requests: number;
let url: string;
const clients: HttpClient[] = [];

beforeEach(async () => {
  requests = 0;
  answer = (_incoming, outgoing) => { outgoing.end("{}"); };
  server = createServer((incoming, outgoing) => {
    requests += 1;
    incoming.resume().on("end", () => answer(incoming, outgoing));
  });
  await new Promise<void>((resolve) => { server.listen(0, "127.0.0.1", resolve); });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/path?secret=1`;
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
});

function newClient(options: Partial<HttpClientOptions> = {}): HttpClient {
  const client = new HttpClient({ timeoutMs: 2_000, socketsMax: 2, ...options });
  clients.push(client);
  return client;
}

function post(client: HttpClient, repeatable = false): Promise<unknown> {
  return client.send({ method: "POST", url, body: "{}", repeatable });
}

async function failureOf(call: Promise<unknown>): Promise<GatewayError> {
  const outcome = await call.then(() => null, (error: unknown) => error);
  expect(outcome).toBeInstanceOf(GatewayError);
  return outcome as GatewayError;
}

describe("an outgoing call", () => {
  it("gives every status as an answer", async () => {
    answer = (_incoming, outgoing) => { outgoing.writeHead(503, { "retry-after": "7" }).end("busy"); };
    expect(await post(newClient())).toMatchObject({ status: 503, text: "busy", headers: { "retry-after": "7" } });
  });
  it("that gets no answer is in doubt, and its message holds no query", async () => {
    answer = () => undefined;
    const failure = await failureOf(post(newClient({ timeoutMs: 50 })));
    expect(failure).toMatchObject({ kind: "timeout", inDoubt: true });
    expect(failure.message).not.toContain("secret");
  });
  it("that only reads is never in doubt", async () => {
    answer = () => undefined;
    expect(await failureOf(newClient({ timeoutMs: 50 }).send({ method: "GET", url, repeatable: true }))).toMatchObject({ kind: "timeout", inDoubt: false });
  });
  it("that reaches nobody is not in doubt", async () => {
    await new Promise((resolve) => server.close(resolve));
    expect(await failureOf(post(newClient()))).toMatchObject({ kind: "unavailable", inDoubt: false });
  });
  it("that waited for a socket until its time was up is not in doubt", async () => {
    answer = () => undefined;
    const client = newClient({ timeoutMs: 100, socketsMax: 1 });
    const [first, second] = await Promise.all([failureOf(post(client)), failureOf(post(client))]);
    expect(first.inDoubt).toBe(true);
    expect(second).toMatchObject({ kind: "timeout", inDoubt: false });
    expect(requests).toBe(1);
  });
  it("that is cut after it was sent is in doubt", async () => {
    answer = (incoming) => { incoming.socket.destroy(); };
    expect(await failureOf(post(newClient()))).toMatchObject({ kind: "unavailable", inDoubt: true });
  });
  it("is sent once more where a kept-alive socket turns out closed, if that does no harm", async () => {
    const cutSecond: RequestListener = (incoming, outgoing) => {
      if (requests === 2) incoming.socket.destroy();
      else outgoing.end("{}");
    };
    answer = cutSecond;
    const client = newClient({ socketsMax: 1 });
    await post(client, true);
    expect(await post(client, true)).toMatchObject({ status: 200 });
    expect(requests).toBe(3);
    requests = 0;
    const other = newClient({ socketsMax: 1 });
    await post(other);
    expect(await failureOf(post(other))).toMatchObject({ kind: "unavailable", inDoubt: true });
    expect(requests).toBe(2);
  });
  it("opens no more sockets than it may, and reads no longer answer than it may", async () => {
    let connections = 0;
    server.on("connection", () => { connections += 1; });
    const client = newClient({ answerBytesMax: 10 });
    await Promise.all(Array.from({ length: 20 }, () => post(client)));
    expect(connections).toBe(2);
    answer = (_incoming, outgoing) => { outgoing.end("x".repeat(11)); };
    expect(await failureOf(post(client))).toMatchObject({ kind: "unavailable", inDoubt: true });
  });
  it("beyond the bound on calls fails at once", async () => {
    const client = newClient({ callsMax: 1 });
    const first = post(client);
    expect(await failureOf(post(client))).toMatchObject({ kind: "unavailable", inDoubt: false });
    await first;
  });
});

describe("an answer that is no success", () => {
  const request = { method: "POST", url: "http://x/y", repeatable: true } as const;
  it.each([
    [429, { kind: "rate_limited", inDoubt: false, retryAfterSeconds: 7 }],
    [500, { kind: "unavailable", inDoubt: true }],
    [503, { kind: "unavailable", inDoubt: true, retryAfterSeconds: 7 }],
    [409, { kind: "unavailable", inDoubt: true }],
    [302, { kind: "unavailable", inDoubt: true }],
    [400, { kind: "rejected", inDoubt: false }],
    [401, { kind: "rejected", inDoubt: false }],
  ])("%i is sorted", (status, expected) => {
    expect(failedAnswer({ status, headers: { "retry-after": "7" }, text: "" }, request)).toMatchObject(expected);
  });
});
