import pg, { type Client } from "pg";
import { clientConfig } from "../postgres/connection.js";
import { foldSettings, nodeTypes } from "./node-types.js";

/** One connection that folds, pipelined; opened when first needed, and again after it was lost. */
export class NodeSession {
  #client: Client | null = null;

  constructor(private readonly url: string, private readonly applicationName: string) {}

  /** @throws the driver's error where the node cannot be reached */
  async client(): Promise<Client> {
    if (this.#client) return this.#client;
    const client = new pg.Client({
      ...clientConfig({
        url: this.url, applicationName: this.applicationName, serverSettings: foldSettings,
        lockTimeoutMs: 5_000, statementTimeoutMs: 60_000, idleInTransactionTimeoutMs: 30_000,
      }),
      pipeline: true,
      types: nodeTypes,
    });
    client.on("error", () => { this.#forget(client); });
    client.on("end", () => { this.#forget(client); });
    await client.connect();
    this.#client = client;
    return client;
  }

  /** Ends the transaction that an error left open; a connection that cannot even do that is given up. */
  async rollback(): Promise<void> {
    const client = this.#client;
    if (!client) return;
    await client.query("ROLLBACK").catch(() => this.close());
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    await client?.end().catch(() => undefined);
  }

  #forget(client: Client): void {
    if (this.#client === client) this.#client = null;
  }
}
