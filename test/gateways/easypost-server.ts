import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface SeenCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: unknown;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How a call goes wrong: before it was done, or after, so that only its answer is lost. */
export type Fault = "hang" | "reset" | "done, then hang" | "done, then reset" | "done, then 500" | Answer;

/** A real HTTP server that keeps what it was asked and answers by a function. */
export class EasyPostServer {
  readonly seen: SeenCall[] = [];
  readonly #server: Server;
  readonly #faults: { readonly call: RegExp; readonly fault: Fault }[] = [];
  readonly #answer: (call: SeenCall) => Answer;

  private constructor(answer: (call: SeenCall) => Answer) {
    this.#answer = answer;
    this.#server = createServer((incoming, outgoing) => {
      let text = "";
      incoming.setEncoding("utf8").on("data", (chunk: string) => { text += chunk; }).on("end", () => { this.#handle(incoming, outgoing, text); });
    });
  }

  static async open(answer: (call: SeenCall) => Answer): Promise<EasyPostServer> {
    const opened = new EasyPostServer(answer);
    await opened.listen();
    return opened;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => { this.#server.listen(0, "127.0.0.1", resolve); });
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  /** The next call like this (`POST /v2/…`) goes wrong. */
  next(call: RegExp, fault: Fault): void {
    this.#faults.push({ call, fault });
  }

  /** What was asked, as `POST /v2/shipments`. */
  get calls(): readonly string[] {
    return this.seen.map(({ method, path }) => `${method} ${path}`);
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #handle(incoming: IncomingMessage, outgoing: ServerResponse, text: string): void {
    const url = new URL(incoming.url ?? "", "http://easypost.test");
    const call = {
      method: incoming.method ?? "", path: decodeURIComponent(url.pathname), query: url.searchParams, headers: incoming.headers,
      body: text === "" ? undefined : JSON.parse(text) as unknown,
    };
    this.seen.push(call);
    const place = this.#faults.findIndex((each) => each.call.test(`${call.method} ${call.path}`));
    const fault = place < 0 ? undefined : this.#faults.splice(place, 1)[0]?.fault;
    if (typeof fault === "object") { send(outgoing, fault); return; }
    if (fault === "hang") return;
    if (fault === "reset") { incoming.socket.destroy(); return; }
    const answer = this.#answer(call);
    if (fault === "done, then hang") return;
    if (fault === "done, then reset") incoming.socket.destroy();
    else send(outgoing, fault ? { status: 500, body: { error: { code: "INTERNAL_SERVER_ERROR" } } } : answer);
  }
}

function send(outgoing: ServerResponse, { status, body, headers }: Answer): void {
  outgoing.writeHead(status, { "content-type": "application/json", ...headers }).end(typeof body === "string" ? body : JSON.stringify(body));
}

export const notFound: Answer = { status: 404, body: { error: { code: "NOT_FOUND", message: "The requested resource could not be found.", errors: [] } } };
export const refusedWith = (code: string): Answer => ({ status: 422, body: { error: { code, message: "refused", errors: [] } } });
