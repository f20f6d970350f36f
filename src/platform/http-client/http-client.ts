import { Agent as PlainAgent, request as plainRequest, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { Agent as SecureAgent, request as secureRequest } from "node:https";
import { GatewayError } from "./gateway-error.js";

export interface HttpClientOptions {
  /** Bound of a call in milliseconds, from asking for a socket to the answer's last byte. */
  readonly timeoutMs: number;
  /** Sockets open at once to one host; further calls wait for one, within their timeout. */
  readonly socketsMax: number;
  /** Calls begun and not ended; one more fails at once as `unavailable`. Default 10,000. */
  readonly callsMax?: number;
  /** An answer with more bytes is refused. Default 1 MiB. */
  readonly answerBytesMax?: number;
}

export interface OutgoingRequest {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Sending it twice does no harm: a read, or a call with an idempotency key. */
  readonly repeatable: boolean;
  /** `latin1` keeps every byte, for files: `Buffer.from(text, "latin1")` has them back. Default `utf8`. */
  readonly answerEncoding?: "utf8" | "latin1";
}

/** Any answer, whatever its status. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** One call's progress: what a failure means depends on how far it came. */
interface Attempt {
  readonly request: OutgoingRequest;
  readonly outgoing: ClientRequest;
  /** True once the request may have left: from then on a lost answer is in doubt. */
  connected: boolean;
}

/**
 * Outgoing HTTP with kept-alive sockets, bounded in number, and one bound on time.
 * Built on Node's own `http`: the global `fetch` cannot bound its sockets, nor tell a request that
 * never left from one whose answer was lost.
 */
export class HttpClient {
  readonly #options: Required<HttpClientOptions>;
  readonly #plain: PlainAgent;
  readonly #secure: SecureAgent;
  #calls = 0;

  constructor(options: HttpClientOptions) {
    this.#options = { callsMax: 10_000, answerBytesMax: 1_048_576, ...options };
    const agent = { keepAlive: true, maxSockets: options.socketsMax, maxFreeSockets: options.socketsMax, scheduling: "lifo" } as const;
    this.#plain = new PlainAgent(agent);
    this.#secure = new SecureAgent(agent);
  }

  /** @throws GatewayError `timeout` or `unavailable`; every status, also 500, is an answer */
  async send(request: OutgoingRequest): Promise<HttpAnswer> {
    if (this.#calls >= this.#options.callsMax) {
      throw new GatewayError("unavailable", `${describe(request)}: too many calls at once`, { inDoubt: false });
    }
    const deadlineMs = performance.now() + this.#options.timeoutMs;
    this.#calls += 1;
    try {
      return await this.#attempt(request, deadlineMs, false);
    } catch (error) {
      // A kept-alive socket that the other side closed just now: its news and our request crossed.
      if (!(error instanceof StaleSocket)) throw error;
      return await this.#attempt({ ...request, repeatable: false }, deadlineMs, true);
    } finally {
      this.#calls -= 1;
    }
  }

  /** Closes all sockets; calls under way fail. */
  close(): void {
    this.#plain.destroy();
    this.#secure.destroy();
  }

  /** @param sentBefore true for the second sending: whatever it meets, the first may have arrived */
  #attempt(request: OutgoingRequest, deadlineMs: number, sentBefore: boolean): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const secure = request.url.startsWith("https:");
      const body = request.body ?? "";
      const headers = { accept: "application/json", ...request.headers, ...(request.method === "POST" ? { "content-length": String(Buffer.byteLength(body)) } : {}) };
      const outgoing = secure
        ? secureRequest(request.url, { method: request.method, headers, agent: this.#secure })
        : plainRequest(request.url, { method: request.method, headers, agent: this.#plain });
      const attempt: Attempt = { request, outgoing, connected: sentBefore };
      const timer = setTimeout(() => {
        outgoing.destroy();
        fail(new GatewayError("timeout", `${describe(request)} gave no answer within ${this.#options.timeoutMs} ms`, { inDoubt: mayHaveHappened(attempt) }));
      }, Math.max(0, deadlineMs - performance.now()));
      const fail = (error: Error): void => {
        clearTimeout(timer);
        reject(error);
      };
      outgoing.on("socket", (socket) => {
        if (socket.connecting) socket.once(secure ? "secureConnect" : "connect", () => { attempt.connected = true; });
        else attempt.connected = true;
      });
      outgoing.on("error", (error: NodeJS.ErrnoException) => { fail(failureOf(attempt, error)); });
      outgoing.on("response", (incoming) => {
        this.#read(incoming, request.answerEncoding).then(
          (answer) => { clearTimeout(timer); resolve(answer); },
          (error: unknown) => { outgoing.destroy(); fail(failureOf(attempt, error as NodeJS.ErrnoException)); },
        );
      });
      outgoing.end(body);
    });
  }

  async #read(incoming: IncomingMessage, encoding: BufferEncoding = "utf8"): Promise<HttpAnswer> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > this.#options.answerBytesMax) throw new Error(`the answer has more than ${this.#options.answerBytesMax} bytes`);
      chunks.push(chunk);
    }
    return { status: incoming.statusCode ?? 0, headers: incoming.headers, text: Buffer.concat(chunks).toString(encoding) };
  }
}

/** Not an answer of the other side: the request may be sent once more on a fresh socket. */
class StaleSocket extends Error {}

function failureOf(attempt: Attempt, error: NodeJS.ErrnoException): Error {
  const { request, outgoing } = attempt;
  if (outgoing.reusedSocket && request.repeatable && (error.code === "ECONNRESET" || error.code === "EPIPE")) return new StaleSocket();
  const why = error.code ?? error.message;
  return new GatewayError("unavailable", `${describe(request)} failed: ${why}`, { inDoubt: mayHaveHappened(attempt), cause: error });
}

function mayHaveHappened({ request, connected }: Attempt): boolean {
  return connected && request.method !== "GET";
}

/** Without the query: it may hold what logs must not. */
function describe({ method, url }: OutgoingRequest): string {
  return `${method} ${url.split("?")[0] ?? url}`;
}
