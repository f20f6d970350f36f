import { connect, type Socket } from "node:net";

export interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** A request that is under way. */
export interface Exchange {
  readonly request: string;
  onAnswer(answer: Answer): void;
  /** The connection broke before an answer came. */
  onFailure(why: string): void;
}

interface Owner {
  onIdle(connection: Connection): void;
  onGone(connection: Connection): void;
}

/** A kept-alive connection with as little parsing as HTTP/1.1 allows, since the load shares the cores with what it measures. */
export class Connection {
  readonly #socket: Socket;
  readonly #owner: Owner;
  #received = "";
  #exchange: Exchange | null = null;
  #why = "the server hung up";
  /** Resolves when it is open, or broke. */
  readonly opened: Promise<void>;
  /** Answers so far: a connection that has had one may be closed by the server at any time, without it being anybody's fault. */
  answered = 0;

  constructor(host: string, port: number, owner: Owner) {
    this.#owner = owner;
    this.#socket = connect(port, host);
    // Bytes as characters: lengths are counted in bytes, and nothing but ASCII is looked for.
    this.#socket.setNoDelay(true).setEncoding("latin1");
    this.opened = new Promise((resolve) => this.#socket.once("connect", () => { resolve(); }).once("close", () => { resolve(); }));
    this.#socket.on("data", (chunk: string) => { this.#receive(chunk); });
    this.#socket.on("error", ({ message }) => { this.#why = message; });
    this.#socket.on("close", () => { this.#gone(); });
  }

  send(exchange: Exchange): void {
    this.#exchange = exchange;
    this.#socket.write(exchange.request, "latin1");
  }

  /** @param why what the exchange under way is told */
  close(why: string): void {
    this.#why = why;
    this.#socket.destroy();
  }

  #receive(chunk: string): void {
    this.#received = this.#received === "" ? chunk : this.#received + chunk;
    const end = this.#received.indexOf("\r\n\r\n");
    if (end < 0) return;
    const head = this.#received.slice(0, end);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length === undefined) { this.close("an answer without content-length"); return; }
    const whole = end + 4 + Number(length);
    if (this.#received.length < whole) return;
    const answer = { status: Number(head.slice(9, 12)), head, body: this.#received.slice(end + 4, whole) };
    this.#received = "";
    this.answered += 1;
    const exchange = this.#exchange;
    this.#exchange = null;
    exchange?.onAnswer(answer);
    if (/\r\nconnection: *close/i.test(head)) this.#socket.end();
    else this.#owner.onIdle(this);
  }

  #gone(): void {
    const exchange = this.#exchange;
    this.#exchange = null;
    this.#owner.onGone(this);
    exchange?.onFailure(this.#why);
  }
}
