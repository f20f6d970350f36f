import { createClient, type Client } from "graphql-ws";
import { WebSocket } from "ws";
import { startApiProcess, type ApiProcess } from "../../src/cli/api-process.js";
import { primaryQueues } from "../../src/cli/consumers.js";
import { soleCourier } from "../../src/cli/couriers.js";
import type { Deployment, Running } from "../../src/cli/deployment.js";
import { views } from "../../src/cli/projections.js";
import { startProjectorProcess } from "../../src/cli/projector-process.js";
import { schema } from "../../src/cli/schema-of-all.js";
import { createWriteSide, type WriteSide } from "../../src/cli/write-side.js";
import type { CommandDefinition } from "../../src/kernel/command.js";
import { newId } from "../../src/kernel/ids.js";
import type { Json } from "../../src/kernel/json.js";
import { readSettings } from "../../src/platform/config/config.js";
import { InProcessLive } from "../../src/platform/live/in-process-live.js";
import { createLogger } from "../../src/platform/log/logger.js";
import { createMetrics } from "../../src/platform/metrics/metrics.js";
import { createPool } from "../../src/platform/postgres/connection.js";
import { projectorQueues } from "../../src/platform/projector/queues.js";
import type { ReadNode } from "../../src/platform/projector/read-node.js";
import { refreshView } from "../../src/platform/projector/refresh-view.js";
import { ask, secret, tokenFor } from "../http/sample-api.js";
import { createShopDatabases, type ShopDatabases, type ShopNode } from "../support/shop-databases.js";

const nobody = { baseUrl: "http://127.0.0.1:9", apiKey: "none", webhookSecrets: ["whsec_bm90IHVzZWQ="] };

export interface Answer {
  readonly status: number;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what a server answers is what a test asserts
  readonly data: any;
  readonly errors?: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[];
  readonly extensions?: Record<string, unknown>;
}

/** The whole program but its worker: a primary, a read node, a projector that can be stopped, the API over HTTP and WebSocket. */
export class ShopApi {
  #projector: Running | null = null;
  readonly #clients = new Map<object, Client>();

  private constructor(
    private readonly databases: ShopDatabases, private readonly deployment: Deployment,
    readonly write: WriteSide, private readonly live: InProcessLive, private readonly process: ApiProcess,
  ) {}

  static async start(environment: Record<string, string> = {}): Promise<ShopApi> {
    const databases = await createShopDatabases({ nodes: 1, queues: primaryQueues, nodeQueues: projectorQueues });
    const settings = readSettings({ NODE_ENV: "test", JWT_SECRET: secret, PORT: "0", DRAIN_TIMEOUT_MS: "2000", LIVE_REFRESH_MS: "60000", SHIPPING_BASE_MINOR: "490", ...environment });
    const deployment: Deployment = {
      settings, logger: createLogger("silent"), registry: createMetrics(), primaryUrl: databases.primary.appUrl,
      nodes: databases.nodes, redisUrl: undefined, payment: nobody, couriers: () => soleCourier(nobody),
    };
    const [live, write] = [new InProcessLive(), createWriteSide(deployment, "test")];
    const shop = new ShopApi(databases, deployment, write, live, await startApiProcess(deployment, write, live, schema()));
    await shop.startProjector();
    return shop;
  }

  /** Of the API. */
  get url(): string {
    return this.process.api.url;
  }

  /** As the application's role. */
  get primaryUrl(): string {
    return this.databases.primary.appUrl;
  }

  get node(): ShopNode {
    return this.databases.nodes[0]!;
  }

  /** What the API reads from. */
  get reader(): ReadNode {
    return this.process.readNodes[0]!;
  }

  async startProjector(): Promise<void> {
    this.#projector ??= await startProjectorProcess(this.deployment, this.write, this.live, this.deployment.nodes[0]!);
  }

  async stopProjector(): Promise<void> {
    await this.#projector?.stop();
    this.#projector = null;
  }

  /** As the projector does every few seconds. */
  async refreshViews(): Promise<void> {
    const pool = createPool({ url: this.deployment.nodes[0]!.appUrl, poolSize: 1 });
    try {
      for (const view of views) await refreshView(pool, view);
    } finally {
      await pool.end();
    }
  }

  /** @param caller null for nobody, `operator`, or a customer's id */
  async ask(caller: string | null, query: string, variables: object = {}): Promise<Answer> {
    return await ask(this.process.api, query, await headersOf(caller), variables) as Answer;
  }

  /** The answers of a subscription, one by one. Hangs up when the loop is left. */
  async watch(caller: string | null, query: string, variables: Record<string, unknown> = {}): Promise<AsyncIterableIterator<Answer>> {
    const client = createClient({
      url: `${this.process.api.url.replace("http", "ws")}/graphql`, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams: await headersOf(caller),
    });
    const updates = client.iterate({ query, variables }) as unknown as AsyncIterableIterator<Answer>;
    this.#clients.set(updates, client);
    return updates;
  }

  /** Closes the socket of a subscription, as a caller does who goes away. */
  async hangUp(updates: AsyncIterableIterator<Answer>): Promise<void> {
    await this.#clients.get(updates)?.dispose();
  }

  /** Sends a command as the system does; its key is new each time. Returns the position. */
  async send<Input>(definition: CommandDefinition<Input, Json> | CommandDefinition<Input, never>, input: Input): Promise<string> {
    const { refusal, position } = await this.write.bus.execute(definition, input, {
      actor: { role: "system", id: "test" }, idempotencyKey: newId(),
    });
    if (refusal) throw new Error(`${definition.name} was refused: ${refusal.code}`);
    return position;
  }

  async stop(): Promise<void> {
    for (const client of this.#clients.values()) await client.dispose();
    await this.stopProjector();
    await this.process.stop();
    await this.write.stop();
    await this.live.close();
    await this.databases.drop();
  }
}

async function headersOf(caller: string | null): Promise<Record<string, string>> {
  if (caller === null) return {};
  const token = caller === "operator" ? await tokenFor("operator", "olga") : await tokenFor("customer", caller);
  return { authorization: `Bearer ${token}` };
}
