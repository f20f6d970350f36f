import type { Client, ClientConfig } from "pg";
import type { Logger } from "../log/logger.js";
import { createPipelinedClient } from "../postgres/connection.js";
import { NotConnected } from "./failure.js";

/** A lane's own connection, pipelined: opened when first needed, and again after it was lost. */
export class BusConnection {
  #client: Client | null = null;

  constructor(private readonly config: ClientConfig, private readonly logger: Logger) {}

  /** @throws NotConnected where the primary cannot be reached */
  async client(): Promise<Client> {
    if (this.#client) return this.#client;
    const client = createPipelinedClient(this.config, (error) => {
      this.logger.warn({ err: error }, "a connection of the command bus was lost");
      this.#forget(client);
    });
    client.on("end", () => { this.#forget(client); });
    try {
      await client.connect();
    } catch (cause) {
      throw new NotConnected("the primary cannot be reached", { cause });
    }
    this.#client = client;
    return client;
  }

  /** Gives the connection up: what its session holds is released by the server. */
  discard(): void {
    const client = this.#client;
    this.#client = null;
    if (client) void client.end().catch(() => undefined);
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
