import { createHash } from "node:crypto";
import type { Pool, QueryResultRow } from "pg";
import { classify, sqlStateOf } from "../bus/failure.js";
import { SystemError } from "../errors.js";
import type { Logger } from "../log/logger.js";
import { createPool } from "../postgres/connection.js";
import { readLag } from "./lag.js";
import type { NodeAddress } from "./node-address.js";
import { NodeListener } from "./node-listener.js";
import { nodeSettings, nodeTypes } from "./node-types.js";
import { PositionWatch } from "./position-watch.js";
import type { NamedQuery, ProjectionLag, ReadNode } from "./read-node.js";
import { checkpointChannel, isMissing, registryChannel } from "./registry.js";
import { Relations } from "./relations.js";

export interface ReadNodeOptions extends NodeAddress {
  readonly logger: Logger;
  readonly poolSize: number;
  readonly statementTimeoutMs?: number;
  readonly lockTimeoutMs?: number;
  /** How long a switched table may go unnoticed where its notification was lost; default 5,000. */
  readonly relationsMaxAgeMs?: number;
}

/** A read node with its connections. */
export interface OpenReadNode extends ReadNode {
  /** False from the first failed connection until the node has answered again. */
  isHealthy(): boolean;
  close(): Promise<void>;
}

/** Opens a node. A node that is down is opened too: it is unhealthy until it answers. */
export async function openReadNode(options: ReadNodeOptions): Promise<OpenReadNode> {
  const node = new PostgresReadNode(options);
  await node.open();
  return node;
}

/** Statements that were given a name; a program has some dozens, times the tables they were made for. */
const statementsMax = 2_000;

class PostgresReadNode implements OpenReadNode {
  readonly name: string;
  readonly #pool: Pool;
  readonly #relations: Relations;
  readonly #positions: PositionWatch;
  readonly #statements = new Map<string, string>();
  #listener: NodeListener | null = null;

  constructor(private readonly options: ReadNodeOptions) {
    const { appUrl, poolSize, statementTimeoutMs = 15_000, lockTimeoutMs = 5_000, logger, relationsMaxAgeMs = 5_000 } = options;
    this.name = options.name;
    this.#pool = createPool(
      { url: appUrl, applicationName: "millrace reader", poolSize, serverSettings: nodeSettings, statementTimeoutMs, lockTimeoutMs, connectTimeoutMs: 2_000 },
      (error) => { logger.debug({ err: error, node: this.name }, "a connection to a read node was lost"); },
    );
    this.#relations = new Relations(this.#pool, this.name, relationsMaxAgeMs);
    this.#positions = new PositionWatch(this.#pool);
  }

  async open(): Promise<void> {
    const { appUrl, logger } = this.options;
    this.#listener = await NodeListener.open({
      url: appUrl, applicationName: "millrace reader listener", channels: [registryChannel, checkpointChannel],
      onNotification: (channel) => {
        if (channel === registryChannel) this.#renew();
        else this.#positions.look();
      },
      onConnected: () => { this.#renew(); },
      onLost: (error) => { logger.warn({ err: error, node: this.name }, "a read node does not answer; it is tried again"); },
    });
    await this.#relations.reload().catch(() => undefined); // `isHealthy` tells
  }

  /** The connection that listens is made again and again, and lost at once when the server goes: it knows best. */
  isHealthy(): boolean {
    return this.#listener?.connected === true;
  }

  tableOf(projection: string): string {
    return this.#relations.relationOf(projection);
  }

  async query<Row extends QueryResultRow>(query: NamedQuery): Promise<readonly Row[]> {
    try {
      return await this.#run<Row>(query);
    } catch (error) {
      if (sqlStateOf(error) !== "42P01") throw this.#asSystemError(error);
      return this.#runMended<Row>(query, error);
    }
  }

  async reached(position: string, projections: readonly string[], timeoutMs: number): Promise<boolean> {
    try {
      return await this.#positions.reached(position, projections, timeoutMs);
    } catch (error) {
      throw this.#asSystemError(error);
    }
  }

  async lag(): Promise<readonly ProjectionLag[]> {
    try {
      return await readLag(this.#pool);
    } catch (error) {
      throw this.#asSystemError(error);
    }
  }

  async close(): Promise<void> {
    this.#positions.close();
    await this.#listener?.close();
    await this.#pool.end();
  }

  /** The statement was made before a switch and ran after the old table had gone: once more, with the new one. */
  async #runMended<Row extends QueryResultRow>(query: NamedQuery, reason: unknown): Promise<readonly Row[]> {
    try {
      await this.#relations.reload();
      const text = this.#relations.mend(query.text);
      if (text !== query.text) return await this.#run<Row>({ ...query, text });
    } catch (error) {
      throw this.#asSystemError(error);
    }
    throw this.#asSystemError(reason);
  }

  async #run<Row extends QueryResultRow>({ name, text, values = [] }: NamedQuery): Promise<readonly Row[]> {
    const { rows } = await this.#pool.query<Row>({ name: this.#nameOf(name, text), text, values: [...values], types: nodeTypes });
    return rows;
  }

  /** Part of the name is the text: a statement made for the next table must not meet the old one's plan. */
  #nameOf(name: string, text: string): string {
    let known = this.#statements.get(text);
    if (known === undefined) {
      if (this.#statements.size >= statementsMax) this.#statements.clear();
      known = `${name.slice(0, 40)}_${createHash("sha1").update(text).digest("hex").slice(0, 16)}`;
      this.#statements.set(text, known);
    }
    return known;
  }

  #renew(): void {
    this.#relations.reload().catch((error: unknown) => { this.options.logger.debug({ err: error, node: this.name }, "the names of read tables could not be renewed"); });
    this.#positions.look();
  }

  /** What is the node's state and not the query's fault. */
  #asSystemError(error: unknown): unknown {
    const kind = classify(error);
    if (kind !== "lost" && kind !== "full" && !isMissing(error)) return error;
    return new SystemError("READ_UNAVAILABLE", `Read node ${this.name} cannot answer now. Repeat the query.`, { retryAfterSeconds: 1, cause: error });
  }
}
