import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { primaryQueues } from "../../src/cli/consumers.js";
import { examine } from "../../src/cli/doctor/examine.js";
import { readTables } from "../../src/cli/projections.js";
import { withClient } from "../../src/platform/postgres/connection.js";
import { projectorQueues } from "../../src/platform/projector/queues.js";
import { until } from "../replication/until.js";
import { address } from "../queries/shop-life.js";
import { ShopProcesses } from "../split/shop-processes.js";
import { testRedisUrl } from "../support/clusters.js";
import { startMillrace, type MillraceProcess } from "../support/processes.js";
import { claimRunDirectory, removeRunDirectory, runDirectoryPrefix } from "../support/run-directory.js";
import { createShopDatabases, type ShopDatabases } from "../support/shop-databases.js";
import { RaceClient, type Heard } from "./race-client.js";

export const apiCount = 4;

export interface RaceOptions {
  readonly settings?: Readonly<Record<string, string>>;
  /** For one process beside: `api 0` to `api 3`, `worker`, `projector`. */
  readonly settingsOf?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Default the run's own Redis where there is one. */
  readonly redisUrl?: string;
}

export const raceWithinMs = 90_000;
const quietWithinMs = 60_000;
/** Where nobody listens: what is pushed or counted then is so within each process. */
const noRedis = "redis://127.0.0.1:9";
/** Races are about units, not about how often somebody may ask. */
const noRateLimits = { RATE_LIMIT_ADDRESS: "0", RATE_LIMIT_CUSTOMER: "0", RATE_LIMIT_CUSTOMER_COST: "0", RATE_LIMIT_OPERATOR: "0", RATE_LIMIT_OPERATOR_COST: "0" };

/**
 * A shop for races: four API processes, a worker and a projector on databases of their own. One for each test file.
 * Nobody passes webhooks on: orders are paid and given to the courier, and no parcel leaves while a race is looked at.
 */
export class RaceShop {
  readonly apis: MillraceProcess[] = [];
  readonly client = new RaceClient(this.apis);
  readonly #customers = new Set<string>();
  readonly #ports = new Set<number>();
  #products = 0;

  private constructor(readonly directory: string, readonly databases: ShopDatabases, readonly processes: ShopProcesses, private readonly options: RaceOptions) {}

  static async open(options: RaceOptions = {}): Promise<RaceShop> {
    const directory = await mkdtemp(join(tmpdir(), runDirectoryPrefix));
    await claimRunDirectory(directory);
    const databases = await createShopDatabases({ nodes: 1, queues: primaryQueues, nodeQueues: projectorQueues });
    const redisUrl = options.redisUrl ?? testRedisUrl() ?? noRedis;
    const processes = await ShopProcesses.open({ servers: databases, directory, redisUrl, settings: { ...noRateLimits, LOG_LEVEL: "warn", ...options.settings } });
    const shop = new RaceShop(directory, databases, processes, options);
    try {
      const started = await Promise.all([...Array.from({ length: apiCount }, (_, nth) => shop.start(`api ${String(nth)}`)), shop.start("worker"), shop.start("projector")]);
      // What is followed live has to be there to be followed.
      await until("the node has all its tables", async () => {
        const { rows } = await withClient({ url: databases.nodes[0]!.appUrl }, (client) => client.query<{ built: number }>("SELECT count(*)::int AS built FROM read.projection WHERE state = 'active'"))
          .catch(() => ({ rows: [] }));
        return rows[0]?.built === readTables.length;
      });
      shop.apis.push(...started.slice(0, apiCount));
      return shop;
    } catch (error) {
      await shop.close();
      throw error;
    }
  }

  /** Starts a process by its name among `settingsOf`. */
  async start(name: string): Promise<MillraceProcess> {
    const environment = { ...this.processes.environment, ...this.options.settingsOf?.[name] };
    const started = await startMillrace([name.replace(/ \d+$/, "")], environment, this.#ports);
    this.processes.processes.push(started);
    return started;
  }

  /** A new product with so many units. @returns its SKU */
  async product(quantity: number): Promise<string> {
    const sku = await this.#newProduct();
    await this.client.must("operator", "receiveStock", { lines: [{ sku, quantity }] });
    return sku;
  }

  /** A new product with so many numbered units: `A-1`, `A-2` … side by side. @returns its SKU */
  async seats(count: number): Promise<string> {
    const sku = await this.#newProduct();
    await this.client.must("operator", "receiveUnits", { sku, units: Array.from({ length: count }, (_, nth) => ({ unitId: `A-${String(nth + 1)}`, row: "A", place: nth + 1 })) });
    return sku;
  }

  async #newProduct(): Promise<string> {
    this.#products += 1;
    const sku = `RACE-${String(this.#products)}`;
    await this.client.must("operator", "upsertProducts", { products: [{ sku, name: sku, price: "10.00", weightGrams: 500, taxBasisPoints: 1_900 }] });
    return sku;
  }

  /** So many registered customers; the same ones each time. */
  async buyers(count: number): Promise<readonly string[]> {
    const names = Array.from({ length: count }, (_, nth) => `buyer-${String(nth + 1)}`);
    const unknown = names.filter((name) => !this.#customers.has(name));
    await Promise.all(unknown.map((name, nth) => this.client.must(name, "upsertCustomer", { name, email: `${name}@example.com`, address }, nth)));
    for (const name of unknown) this.#customers.add(name);
    return names;
  }

  /** Rows of the primary. */
  rows<Row extends object>(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    return this.processes.rows<Row>(text, values);
  }

  /** The primary's time, moved by so much; RFC 3339. */
  async primaryTime(movedByMs = 0): Promise<string> {
    const [row] = await this.rows<{ at: Date }>("SELECT clock_timestamp() AS at");
    return new Date(row!.at.getTime() + movedByMs).toISOString();
  }

  /** Resolves when the primary's clock shows that time. */
  async primaryReaches(time: string): Promise<void> {
    await this.rows("SELECT pg_sleep_until($1)", [time]);
  }

  /** A sale of a new product that is on now. @param terms instead of those here */
  async sale(allocation: number, terms: object = {}, shelf = 0): Promise<{ readonly sku: string; readonly saleId: string }> {
    const sku = await this.product(allocation + shelf);
    const { saleId } = await this.client.must("operator", "scheduleSale", {
      sku, price: { amount: "5.00", currency: "EUR" }, allocation, startsAt: await this.primaryTime(-60_000), endsAt: await this.primaryTime(3_600_000), ...terms,
    });
    return { sku, saleId: String(saleId) };
  }

  /** Ids of orders in the primary's log with that product, as callers know them. */
  async ordersOf(sku: string): Promise<readonly string[]> {
    const found = await this.rows<{ id: string }>(
      `SELECT data->>'orderId' AS id FROM event_log WHERE type = 'OrderPlaced' AND EXISTS (SELECT FROM json_array_elements(data->'lines') line WHERE line->>'sku' = $1)`, [sku]);
    return found.map(({ id }) => `order_${id}`).sort();
  }

  /**
   * Examines everything when nothing is left to be done. What is wrong for good stays so; what only is late is waited for.
   * @returns what is wrong, and which processes have ended though nobody ended them
   */
  async problems(): Promise<readonly string[]> {
    const giveUpAt = Date.now() + quietWithinMs;
    for (;;) {
      const problems = await this.#examine();
      if (problems.length === 0 || Date.now() > giveUpAt) return problems;
    }
  }

  async #examine(): Promise<readonly string[]> {
    const findings = await examine({ primaryUrl: this.databases.primary.appUrl, nodes: this.databases.nodes, waitMs: quietWithinMs });
    const wrong = findings.filter(({ verdict }) => verdict !== "ok").map(({ check, where, message, named }) => `${where} ${check}: ${message}: ${named.join("; ")}`);
    const dead = this.processes.processes.filter((process) => !process.isAlive()).map(({ name, output }) => `${name} has ended: ${output().slice(-2_000)}`);
    return [...wrong, ...dead];
  }

  /** Ends one for good, without ceremony. */
  async kill(process: MillraceProcess): Promise<void> {
    await process.end("SIGKILL");
    const at = this.processes.processes.indexOf(process);
    this.processes.processes.splice(at, 1);
  }

  async close(): Promise<void> {
    this.client.close();
    await this.processes.close();
    await this.databases.drop();
    await removeRunDirectory(this.directory);
  }
}

/** Orders that were acknowledged to callers. */
export function acknowledged(heard: readonly Heard[]): readonly string[] {
  return heard.filter(({ word }) => word === "DONE").map(({ outcome }) => String(outcome?.["orderId"])).sort();
}
