import { afterEach, describe, expect, it } from "@jest/globals";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { WebSocket } from "ws";
import { ask, startSampleApi, type SampleApi } from "./sample-api.js";
import { until } from "./until.js";

const nobodyExempt = { RATE_LIMIT_EXEMPT: "192.0.2.1", RATE_LIMIT_ADDRESS: "100000" };

describe("clients that are slow, or want too much", () => {
  const apis: SampleApi[] = [];
  const sockets: Socket[] = [];
  const drips: NodeJS.Timeout[] = [];
  const start = async (...args: Parameters<typeof startSampleApi>): Promise<SampleApi> => {
    const api = await startSampleApi(...args);
    apis.push(api);
    return api;
  };
  afterEach(async () => {
    for (const drip of drips.splice(0)) clearInterval(drip);
    for (const socket of sockets.splice(0)) socket.destroy();
    await Promise.all(apis.splice(0).map((api) => api.close()));
  });
  const open = (api: SampleApi): Socket => {
    const socket = connect(api.address.port, api.address.address);
    socket.on("error", () => undefined); // told by "close"
    sockets.push(socket);
    return socket;
  };
  /** Sends a byte now and then, so that the connection is never quiet; resolves when the server has hung up. */
  const drip = (api: SampleApi, head: string, drop: string): Promise<unknown> => {
    const socket = open(api);
    socket.resume();
    socket.write(head);
    drips.push(setInterval(() => { if (socket.writable) socket.write(drop); }, 5));
    return closeOf(socket);
  };
  const closeOf = (socket: Socket): Promise<unknown> => new Promise((resolve) => { socket.once("close", resolve); });
  const metric = async (api: SampleApi, line: string): Promise<boolean> => (await (await fetch(`${api.url}/metrics`, { headers: { connection: "close" } })).text()).includes(line);
  const eventually = async (holds: () => Promise<boolean>): Promise<void> => { while (!await holds()) await new Promise((resolve) => { setImmediate(resolve); }); };

  it("have only so long for the headers of a request, and for all of it", async () => {
    const api = await start({}, { limits: { headersTimeoutMs: 150, requestTimeoutMs: 200, slowRequestCheckMs: 20 } });
    await Promise.all([
      drip(api, "POST /graphql HTTP/1.1\r\nHost: x\r\nX-Long: ", "x"),
      drip(api, "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{", " "),
    ]);
  });

  it("who do not fetch their answer are hung up on", async () => {
    const api = await start({ RESPONSE_BYTES_MAX: "100000000" }, { limits: { connectionTimeoutMs: 1_500 } });
    const body = JSON.stringify({ query: "{ text(length: 20000000) }" });
    const socket = open(api);
    socket.pause();
    socket.write(`POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${String(body.length)}\r\n\r\n${body}`);
    await eventually(() => metric(api, "millrace_requests_in_flight 1"));
    await eventually(() => metric(api, "millrace_requests_in_flight 0"));
  });

  it("hear by a code that an answer is too large", async () => {
    const api = await start({ RESPONSE_BYTES_MAX: "1000" });
    const answer = await ask(api, "{ text(length: 1000) }");
    expect([answer.status, answer.data, answer.errors?.[0]?.extensions.code]).toEqual([422, undefined, "RESPONSE_TOO_LARGE"]);
    expect((await ask(api, "{ text(length: 900) }")).status).toBe(200);
    const socket = await liveSocket(api);
    const closed = once(socket, "close");
    socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query: "{ text(length: 1000) }" } }));
    expect((await closed)[0]).toBe(1009);
  });

  it("cannot let more pile up for a WebSocket than its bound", async () => {
    const api = await start({ SOCKET_BUFFER_BYTES_MAX: "1000000" });
    const socket = await liveSocket(api);
    let fetched = 0;
    socket.on("message", (data: Buffer) => { fetched += data.length; });
    const closed = once(socket, "close");
    socket.pause();
    for (let id = 0; id < 60; id += 1) socket.send(JSON.stringify({ id: String(id), type: "subscribe", payload: { query: "{ text(length: 1000000) }" } }));
    await eventually(() => metric(api, "millrace_live_sockets_slow_total 1"));
    socket.resume();
    const [code, reason] = await closed as [number, Buffer];
    expect([code, reason.toString()]).toEqual([1008, "Read faster: too much lies here for this socket."]);
    expect(fetched).toBeLessThan(40_000_000);
    await until(() => socket.readyState === socket.CLOSED);
  });

  it("have only so many connections, by address and in all", async () => {
    const api = await start({ CONNECTIONS_PER_ADDRESS_MAX: "2", CONNECTIONS_MAX: "3", ...nobodyExempt });
    const [first, second] = [open(api), open(api)];
    await Promise.all([once(first, "connect"), once(second, "connect")]);
    await closeOf(open(api));
    first.destroy();
    // The server hears of the end a moment later.
    let again = open(api);
    await eventually(async () => {
      again.write("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
      const heard = await Promise.race([once(again, "data").then(() => true, () => false), closeOf(again).then(() => false)]);
      if (!heard) again = open(api);
      return heard;
    });
    expect(second.destroyed).toBe(false);
  });

  async function liveSocket(api: SampleApi): Promise<WebSocket> {
    const socket = new WebSocket(api.url.replace("http", "ws").concat("/graphql"), ["graphql-transport-ws"]);
    await once(socket, "open");
    socket.send(JSON.stringify({ type: "connection_init" }));
    await once(socket, "message");
    return socket;
  }
});
