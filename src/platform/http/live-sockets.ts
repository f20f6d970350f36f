import type { Server } from "node:http";
import type { Duplex } from "node:stream";
import { handleProtocols, makeServer, type ServerOptions } from "graphql-ws";
import { WebSocketServer, type WebSocket } from "ws";
import type { Logger } from "../log/logger.js";
import type { ApiLimits } from "./api-limits.js";
import { boundedSend, type SendLimits } from "./bounded-send.js";
import { Caller } from "./caller.js";
import type { SocketExtra } from "./live-operations.js";
import type { socketGate } from "./rate-gate.js";
import { SocketPings } from "./socket-pings.js";

export interface LiveSockets {
  readonly count: number;
  /** Takes no more sockets, lets queries and mutations at work answer, and says goodbye (1001) to all. */
  close(timeoutMs: number): Promise<void>;
}

const goingAway = 1001;
const internalError = 1011;
/** A close frame's reason is at most 123 bytes; a reason that is cut beats a socket that cannot be closed. */
const reasonLengthMax = 120;
/** A peer that does not answer the goodbye is hung up on. */
const goodbyeMs = 2_000;

/** Serves `graphql-transport-ws` at `/graphql` on the API's own port. */
export function attachLiveSockets(server: Server, options: ServerOptions<Record<string, unknown> | undefined, SocketExtra>, limits: ApiLimits & SendLimits & { readonly socketsMax: number; readonly onSlow: () => void }, logger: Logger, gate: ReturnType<typeof socketGate>): LiveSockets {
  const webSockets = new WebSocketServer({ noServer: true, maxPayload: limits.socketMessageBytesMax, perMessageDeflate: false, handleProtocols });
  const protocol = makeServer(options);
  const peers = new Map<WebSocket, SocketExtra>();
  const pings = new SocketPings(limits.pingIntervalMs);
  let closing = false;

  webSockets.on("connection", (socket: WebSocket, request) => {
    const extra: SocketExtra = {
      // Each waiting command of the socket listens to its caller.
      request, running: new Set(), identity: null, expiry: null, caller: new Caller(limits.operationsPerSocketMax),
      close: (code, reason) => { socket.close(code, reason.slice(0, reasonLengthMax)); },
    };
    peers.set(socket, extra);
    pings.add(socket);
    const closed = protocol.opened({
      protocol: socket.protocol,
      close: extra.close,
      send: boundedSend(socket, limits, limits.onSlow),
      onMessage: (handle) => {
        socket.on("message", (data: Buffer) => {
          handle(data.toString()).catch((error: unknown) => {
            if (socket.readyState === socket.OPEN) logger.error({ err: error }, "A socket's message failed in a way nobody foresaw");
            extra.close(internalError, "Internal error");
          });
        });
      },
    }, extra);
    // A message over the limit, a broken frame: the peer's doing, and ws closes the socket with the right code.
    socket.on("error", (error) => { logger.debug({ err: error }, "A socket broke"); });
    socket.on("close", (code, reason) => {
      peers.delete(socket);
      closed(code, reason.toString()).catch((error: unknown) => { logger.error({ err: error }, "A subscription failed while it ended"); });
    });
  });

  server.on("upgrade", (request, stream: Duplex, head: Buffer) => {
    if (request.url?.split("?", 1)[0] !== "/graphql") refuse(stream, "404 Not Found");
    else if (closing || peers.size >= limits.socketsMax) refuse(stream, "503 Service Unavailable");
    else {
      gate(request, stream, () => {
        if (closing) refuse(stream, "503 Service Unavailable");
        else webSockets.handleUpgrade(request, stream, head, (socket) => webSockets.emit("connection", socket, request));
      }, (retryAfterSeconds) => { refuse(stream, "429 Too Many Requests", retryAfterSeconds); });
    }
  });

  return {
    get count() { return peers.size; },
    async close(timeoutMs) {
      closing = true;
      pings.close();
      await Promise.all([...peers].map(([socket, extra]) => sayGoodbye(socket, extra, timeoutMs)));
      webSockets.close();
    },
  };
}

function refuse(stream: Duplex, status: string, retryAfterSeconds = 1): void {
  stream.once("finish", () => stream.destroy());
  stream.on("error", () => stream.destroy());
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nRetry-After: ${String(retryAfterSeconds)}\r\nContent-Length: 0\r\n\r\n`);
}

async function sayGoodbye(socket: WebSocket, { running, close }: SocketExtra, timeoutMs: number): Promise<void> {
  await within(Promise.allSettled(running), timeoutMs);
  // The answer is handed to the socket a few turns after it is there.
  await new Promise((resolve) => { setImmediate(resolve); });
  const gone = new Promise((resolve) => { socket.once("close", resolve); });
  if (socket.readyState === socket.CLOSED) return;
  close(goingAway, "The server goes away; connect again.");
  await within(gone, goodbyeMs);
  socket.terminate();
}

async function within(promise: Promise<unknown>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([promise, new Promise((resolve) => { timer = setTimeout(resolve, timeoutMs); })]);
  clearTimeout(timer);
}
