import { Connection, type Answer, type Exchange } from "./connection.js";

export interface Call {
  readonly request: string;
  /** When the request went onto a connection, in `performance.now()`. */
  onSent(atMs: number): void;
  onAnswer(answer: Answer): void;
  onFailure(why: string): void;
}

interface Underway {
  readonly call: Call;
  readonly queuedMs: number;
  retried: boolean;
  connection: Connection | null;
}

const lookEveryMs = 250;
const warmAtOnce = 100;
export const patienceOver = "the buyer gave up";

/**
 * Connections as buyers have them: each carries one request at a time, the one used last is used first, more are opened as they are needed.
 * Beyond `connectionsMax` calls wait here. A call whose patience is over is dropped, together with its connection.
 */
export class ConnectionPool {
  readonly #idle: Connection[] = [];
  readonly #open = new Set<Connection>();
  readonly #underway = new Set<Underway>();
  readonly #sweep: NodeJS.Timeout;
  #waiting: Underway[] = [];
  #taken = 0;
  mostOpen = 0;
  /** Calls that were sent again because a used connection was closed under them. */
  sentAgain = 0;

  constructor(private readonly host: string, private readonly port: number, private readonly connectionsMax: number, patienceMs: number) {
    this.#sweep = setInterval(() => { this.#giveUp(performance.now() - patienceMs); }, lookEveryMs);
  }

  /** Opens connections before anybody clicks, as buyers have them who wait for the sale with the page open. */
  async warm(count: number): Promise<void> {
    for (let left = Math.min(count, this.connectionsMax); left > 0; left -= warmAtOnce) {
      const opened = Array.from({ length: Math.min(left, warmAtOnce) }, () => this.#connect());
      await Promise.all(opened.map((connection) => connection.opened));
      for (const connection of opened) if (this.#open.has(connection)) this.#idle.push(connection);
    }
  }

  call(call: Call): void {
    const underway: Underway = { call, queuedMs: performance.now(), retried: false, connection: null };
    this.#underway.add(underway);
    this.#begin(underway);
  }

  close(): void {
    clearInterval(this.#sweep);
    for (const connection of this.#open) connection.close("the load is over");
  }

  #begin(underway: Underway): void {
    const connection = this.#idle.pop() ?? (this.#open.size < this.connectionsMax ? this.#connect() : null);
    if (connection) this.#send(underway, connection);
    else this.#waiting.push(underway);
  }

  #connect(): Connection {
    const connection = new Connection(this.host, this.port, {
      onIdle: (idle) => { this.#reuse(idle); },
      onGone: (gone) => { this.#forget(gone); },
    });
    this.#open.add(connection);
    this.mostOpen = Math.max(this.mostOpen, this.#open.size);
    return connection;
  }

  #send(underway: Underway, connection: Connection): void {
    const wasUsed = connection.answered > 0;
    underway.connection = connection;
    underway.call.onSent(performance.now());
    const exchange: Exchange = {
      request: underway.call.request,
      onAnswer: (answer) => { this.#underway.delete(underway); underway.call.onAnswer(answer); },
      onFailure: (why) => {
        if (wasUsed && !underway.retried && why !== patienceOver) {
          underway.retried = true;
          this.sentAgain += 1;
          this.#begin(underway);
          return;
        }
        this.#underway.delete(underway);
        underway.call.onFailure(why);
      },
    };
    connection.send(exchange);
  }

  #reuse(connection: Connection): void {
    const next = this.#next();
    if (next) this.#send(next, connection);
    else this.#idle.push(connection);
  }

  #forget(connection: Connection): void {
    this.#open.delete(connection);
    const index = this.#idle.lastIndexOf(connection);
    if (index >= 0) this.#idle.splice(index, 1);
    const next = this.#open.size < this.connectionsMax ? this.#next() : undefined;
    if (next) this.#send(next, this.#connect());
  }

  /** The oldest that waits and has not given up. */
  #next(): Underway | undefined {
    while (this.#taken < this.#waiting.length) {
      const next = this.#waiting[this.#taken];
      this.#taken += 1;
      if (next && this.#underway.has(next)) return next;
    }
    this.#waiting = [];
    this.#taken = 0;
    return undefined;
  }

  #giveUp(beforeMs: number): void {
    // Calls are kept in the order in which they came.
    for (const underway of this.#underway) {
      if (underway.queuedMs > beforeMs) return;
      if (underway.connection) {
        underway.connection.close(patienceOver);
      } else {
        this.#underway.delete(underway);
        underway.call.onFailure(patienceOver);
      }
    }
  }
}
