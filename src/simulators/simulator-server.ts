import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Logger } from "../platform/log/logger.js";

export interface SimulatorRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface SimulatorAnswer {
  readonly status: number;
  /** Goes out as JSON; a Buffer as it is, with the content type that `headers` name. */
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `silence`: the caller waits until it gives up, as with a real timeout. `cut`: its connection is reset. */
export type SimulatorOutcome = SimulatorAnswer | "silence" | "cut";

export type SimulatorHandler = (request: SimulatorRequest) => Promise<SimulatorOutcome>;

export interface SimulatorServer {
  readonly url: string;
  readonly port: number;
  /** Closes all sockets at once. */
  stop(): Promise<void>;
}

const bodyMaxBytes = 262_144;

/** Longest silence; then the socket is cut. */
const silenceMaxMs = 60_000;

/** An HTTP server on the loopback interface. @param port 0 takes a free one. @throws EADDRINUSE */
export async function startSimulatorServer(port: number, handle: SimulatorHandler, logger: Logger): Promise<SimulatorServer> {
  const server = createServer({ keepAliveTimeout: 60_000 }, (incoming, outgoing) => {
    serve(incoming, outgoing, handle).catch((error: unknown) => {
      logger.error({ err: error, path: incoming.url }, "simulator failed");
      outgoing.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => { resolve(); });
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    stop: () => new Promise<void>((resolve) => {
      server.close(() => { resolve(); });
      server.closeAllConnections();
    }),
  };
}

async function serve(incoming: IncomingMessage, outgoing: ServerResponse, handle: SimulatorHandler): Promise<void> {
  const body = await readBody(incoming);
  if (body === null) {
    send(outgoing, { status: 413, body: { error: { code: "too_large", message: `A body has at most ${bodyMaxBytes} bytes.` } } });
    return;
  }
  const [path = "/", query = ""] = (incoming.url ?? "/").split("?", 2);
  const answer = await handle({ method: incoming.method ?? "GET", path, query: new URLSearchParams(query), headers: incoming.headers, body });
  if (answer === "cut") {
    incoming.socket.resetAndDestroy();
    return;
  }
  if (answer === "silence") {
    const cut = setTimeout(() => { outgoing.destroy(); }, silenceMaxMs);
    outgoing.on("close", () => { clearTimeout(cut); });
    return;
  }
  send(outgoing, answer);
}

function send(outgoing: ServerResponse, { status, body, headers }: SimulatorAnswer): void {
  const text = Buffer.isBuffer(body) ? body : JSON.stringify(body);
  outgoing.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text), ...headers });
  outgoing.end(text);
}

/** Null where the body is too large; the rest of it is read and thrown away. */
async function readBody(incoming: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= bodyMaxBytes) chunks.push(chunk);
  }
  return size <= bodyMaxBytes ? Buffer.concat(chunks).toString("utf8") : null;
}
