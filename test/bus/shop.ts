import type pg from "pg";
import { consumers, primaryQueues } from "../../src/cli/consumers.js";
import { upsertProducts } from "../../src/commands/catalog/upsert-products.js";
import { upsertCustomer } from "../../src/commands/customers/upsert-customer.js";
import { receiveStock } from "../../src/commands/inventory/receive-stock.js";
import { placeOrderWith, type PlaceOrderAnswer } from "../../src/commands/orders/place-order.js";
import type { Actor } from "../../src/kernel/command.js";
import type { CommandEnvelope, CommandOutcome } from "../../src/platform/bus/command-bus.js";
import { defaultLanes, PostgresCommandBus, type CommandBusOptions } from "../../src/platform/bus/postgres-command-bus.js";
import { SystemError } from "../../src/platform/errors.js";
import { createLogger } from "../../src/platform/log/logger.js";
import { clientConfig, createPool, type ConnectionSettings } from "../../src/platform/postgres/connection.js";
import type { QueueDefinition } from "../../src/platform/jobs/queue.js";
import { createShopDatabases, type ShopDatabases } from "../support/shop-databases.js";

export const quiet = createLogger("silent");
export const operator: Actor = { role: "operator", id: "op" };
export const customer: Actor = { role: "customer", id: "c1" };
export const placeOrder = placeOrderWith({ currency: "EUR", baseMinor: 490, perKilogramMinor: 50, taxBasisPoints: 0 });

export interface Transaction {
  readonly lane: string;
  readonly commands: number;
}

/** A bus of its own connections, as one process has it, with the transactions that it made. */
export type TestBus = PostgresCommandBus & { readonly transactions: Transaction[] };

export interface Shop extends Pick<ShopDatabases, "primary" | "nodes"> {
  /** As the application's role. */
  readonly pool: pg.Pool;
  /** Another process on the same primary. */
  process(options?: Partial<CommandBusOptions>, connection?: Partial<ConnectionSettings>): TestBus;
  /** Products with that many units each, and the customer `c1`. */
  stock(units: Readonly<Record<string, number>>): Promise<void>;
  /** How much is written: a refusal adds an answer and nothing else. */
  written(): Promise<Written>;
  stockOf(sku: string): Promise<{ onHand: number; reserved: number; version: number }>;
  close(): Promise<void>;
}

export interface Written {
  readonly events: number;
  readonly orders: number;
  readonly answers: number;
  /** Of the consumer that charges: one an order. */
  readonly jobs: number;
}

let keys = 0;

/** An envelope with a key of its own, or that key. */
export function by(actor: Actor, idempotencyKey = `key-${String(keys += 1)}`): CommandEnvelope {
  return { actor, idempotencyKey };
}

export function order(bus: PostgresCommandBus, lines: Readonly<Record<string, number>>, key?: string): Promise<CommandOutcome<PlaceOrderAnswer>> {
  const input = { customerId: customer.id, lines: Object.entries(lines).map(([sku, quantity]) => ({ sku, quantity })) };
  return bus.execute(placeOrder, input, by(customer, key));
}

/** The code of the system error that `work` is rejected with. */
export async function failureOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof SystemError) return error.code;
    throw error;
  }
  throw new Error("nothing failed");
}

export async function openShop({ nodes = 0, queues = [] }: { readonly nodes?: number; readonly queues?: readonly QueueDefinition[] } = {}): Promise<Shop> {
  const databases = await createShopDatabases({ nodes, queues: [...primaryQueues, ...queues] });
  const { primary } = databases;
  const pool = createPool({ url: primary.appUrl, poolSize: 4 });
  const buses: PostgresCommandBus[] = [];
  const process: Shop["process"] = (options = {}, connection = {}) => {
    const transactions: Transaction[] = [];
    const bus = new PostgresCommandBus({
      connection: clientConfig({ url: primary.appUrl, lockTimeoutMs: 2_000, statementTimeoutMs: 10_000, ...connection }),
      consumers, lanes: defaultLanes, laneCapacity: 5_000, batchMax: 250, inDoubtWaitMs: 10_000, logger: quiet,
      onTransaction: (lane, commands) => transactions.push({ lane, commands }),
      ...options,
    });
    buses.push(bus);
    return Object.assign(bus, { transactions });
  };
  const first = process();
  return {
    ...databases, pool, process,
    stock: (units) => stock(first, units),
    written: () => written(pool),
    async stockOf(sku) {
      const { rows } = await pool.query<{ onHand: number; reserved: number; version: number }>(
        `SELECT on_hand::int AS "onHand", reserved::int, version FROM stock_item WHERE sku = $1`, [sku]);
      if (!rows[0]) throw new Error(`there is no stock of ${sku}`);
      return rows[0];
    },
    async close() {
      await Promise.all(buses.map((bus) => bus.close()));
      await pool.end();
      await databases.drop();
    },
  };
}

export const productOf = (sku: string) => ({ sku, name: `Product ${sku}`, priceMinor: 1_000, currency: "EUR", weightGrams: 100, taxBasisPoints: 1_900 });

async function stock(bus: PostgresCommandBus, units: Readonly<Record<string, number>>): Promise<void> {
  const skus = Object.keys(units);
  await Promise.all([
    bus.execute(upsertProducts, { products: skus.map(productOf) }, by(operator)),
    bus.execute(upsertCustomer, {
      customerId: customer.id, name: "Ada", email: "ada@example.org", phone: null,
      address: { street: "1 Mill Lane", city: "Riverside", postalCode: "12345", country: "DE" },
    }, by(operator)),
  ]);
  const lines = skus.map((sku) => ({ sku, quantity: units[sku] ?? 0 })).filter(({ quantity }) => quantity > 0);
  if (lines.length > 0) await bus.execute(receiveStock, { lines }, by(operator));
}

async function written(pool: pg.Pool): Promise<Written> {
  const { rows } = await pool.query<Written>(`SELECT (SELECT count(*)::int FROM event_log) AS events,
    (SELECT count(*)::int FROM event_log WHERE type = 'OrderPlaced') AS orders,
    (SELECT count(*)::int FROM command_answer) AS answers, (SELECT count(*)::int FROM pgboss.job WHERE name = 'payments.charge') AS jobs`);
  if (!rows[0]) throw new Error("nothing was counted");
  return rows[0];
}
