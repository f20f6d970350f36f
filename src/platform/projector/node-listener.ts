import pg, { type Client } from "pg";
import { clientConfig } from "../postgres/connection.js";

export interface ListenerOptions {
  readonly url: string;
  readonly applicationName: string;
  readonly channels: readonly string[];
  readonly onNotification: (channel: string) => void;
  /** After each time the connection was made: what was said before was not heard. */
  readonly onConnected: () => void;
  /** The connection is gone; it is being made again. */
  readonly onLost?: (error: Error) => void;
}

const [firstRetryMs, lastRetryMs, checkEveryMs] = [100, 5_000, 10_000] as const;

/** A connection that only listens, and comes back by itself. */
export class NodeListener {
  #client: Client | null = null;
  #retryMs: number = firstRetryMs;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  private constructor(private readonly options: ListenerOptions) {}

  /** Resolves after the first attempt, whether it succeeded or not. */
  static async open(options: ListenerOptions): Promise<NodeListener> {
    const listener = new NodeListener(options);
    await listener.#connect();
    return listener;
  }

  get connected(): boolean {
    return this.#client !== null;
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    const client = this.#client;
    this.#client = null;
    await client?.end().catch(() => undefined);
  }

  async #connect(): Promise<void> {
    const { url, applicationName, channels, onNotification, onConnected } = this.options;
    const client = new pg.Client({ ...clientConfig({ url, applicationName }), query_timeout: 5_000 });
    let lost = false;
    const lose = (error: Error): void => {
      if (lost) return;
      lost = true;
      void client.end().catch(() => undefined);
      this.#retry(client, error);
    };
    client.on("error", lose);
    client.on("end", () => { lose(new Error("the connection ended")); });
    client.on("notification", ({ channel }) => { onNotification(channel); });
    try {
      await client.connect();
      await client.query(channels.map((channel) => `LISTEN ${channel}`).join("; "));
    } catch (error) {
      lose(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    if (this.#closed) return void client.end().catch(() => undefined);
    this.#client = client;
    this.#retryMs = firstRetryMs;
    this.#check(client, lose);
    onConnected();
  }

  /** A network that swallows packets ends no connection by itself: a query that stays unanswered tells. */
  #check(client: Client, lose: (error: Error) => void): void {
    this.#timer = setTimeout(() => {
      client.query("SELECT 1").then(() => { if (this.#client === client) this.#check(client, lose); }, lose);
    }, checkEveryMs);
  }

  #retry(client: Client, error: Error): void {
    if (this.#client === client) this.#client = null;
    if (this.#timer) clearTimeout(this.#timer);
    if (this.#closed) return;
    this.options.onLost?.(error);
    this.#timer = setTimeout(() => void this.#connect(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, lastRetryMs);
  }
}
