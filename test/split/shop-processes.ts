import { createClient, type Client } from "graphql-ws";
import type { Pool } from "pg";
import { WebSocket } from "ws";
import { courierId } from "../../src/cli/consumers.js";
import { freePort } from "../../src/platform/embedded/free-port.js";
import { createLogger } from "../../src/platform/log/logger.js";
import { createPool } from "../../src/platform/postgres/connection.js";
import { startCourierSimulator, type CourierSimulator } from "../../src/simulators/couriers/courier-simulator.js";
import { startPaymentSimulator, type PaymentSimulator } from "../../src/simulators/payments/payment-simulator.js";
import { newId } from "../../src/kernel/ids.js";
import { secret, tokenFor } from "../http/sample-api.js";
import { address, placeOrder, receiveStock, upsertCustomer, upsertProducts } from "../queries/shop-life.js";
import { startMillrace, type MillraceProcess } from "../support/processes.js";
import type { ShopDatabase } from "../support/shop-databases.js";

/** What an API answered, and how. */
export interface ShopAnswer {
  readonly status: number;
  readonly retryAfter: string | null;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what a server answers is what a test asserts
  readonly data: any;
  readonly errors?: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[];
}

export interface ShopOptions {
  /** Servers of the shop's own, or databases on those that all tests share. */
  readonly servers: { readonly primary: ShopDatabase; readonly nodes: readonly ShopDatabase[] };
  /** Where the simulators keep their journals. */
  readonly directory: string;
  readonly redisUrl: string;
  readonly settings?: Readonly<Record<string, string>>;
}

export const paymentSecrets = { apiKey: "sk_test_split", webhookSecret: "whsec_of_payments" };
const courierSecrets = { apiKey: "courier-split", webhookSecret: "whsec_c2VjcmV0IG9mIHRoZSBjb3VyaWVy" };
/** A parcel's two days in half a second. */
const simulationSpeed = 300_000;
const answersWithinMs = 30_000;

/** A shop in server mode: real processes, real servers, and simulators of the outside, which the test may stop. */
export class ShopProcesses {
  readonly processes: MillraceProcess[] = [];
  readonly #ports = new Set<number>();
  readonly #clients: Client[] = [];
  /** For looking again and again: to connect each time costs more than to look. */
  readonly #eyes: Pool;
  #webhooksTo: string | null = null;
  #payment: PaymentSimulator | null = null;
  #courier: CourierSimulator | null = null;

  private constructor(readonly options: ShopOptions, readonly environment: Readonly<Record<string, string>>, private readonly partyPorts: readonly [number, number]) {
    this.#eyes = createPool({ url: options.servers.primary.adminUrl, applicationName: "test", poolSize: 2 });
  }

  static async open(options: ShopOptions): Promise<ShopProcesses> {
    const { servers: { primary, nodes }, redisUrl, settings = {} } = options;
    const ports = [await freePort(undefined, new Set()), await freePort(undefined, new Set())] as const;
    const shop = new ShopProcesses(options, {
      DATABASE_URL: primary.appUrl, DATABASE_ADMIN_URL: primary.adminUrl,
      READ_DATABASE_URLS: nodes.map(({ appUrl }) => appUrl).join(","), READ_DATABASE_ADMIN_URLS: nodes.map(({ adminUrl }) => adminUrl).join(", "),
      REDIS_URL: redisUrl, JWT_SECRET: secret,
      PAYMENT_API_URL: `http://127.0.0.1:${String(ports[0])}`, PAYMENT_API_KEY: paymentSecrets.apiKey, PAYMENT_WEBHOOK_SECRET: paymentSecrets.webhookSecret,
      COURIER_API_URL: `http://127.0.0.1:${String(ports[1])}/`, COURIER_API_KEY: courierSecrets.apiKey, COURIER_WEBHOOK_SECRET: courierSecrets.webhookSecret,
      ...settings,
    }, ports);
    await Promise.all([shop.startPayments(), shop.startCourier()]);
    return shop;
  }

  async start(...args: readonly string[]): Promise<MillraceProcess> {
    const process = await startMillrace(args, this.environment, this.#ports);
    this.processes.push(process);
    return process;
  }

  /** The provider, to order faults from. */
  get payments(): PaymentSimulator {
    return this.#payment!;
  }

  async startPayments(): Promise<void> {
    this.#payment = await startPaymentSimulator({
      ...paymentSecrets, port: this.partyPorts[0], dataFile: `${this.options.directory}/payments.jsonl`, logger: createLogger("silent"),
    });
    this.sendWebhooksTo(this.#webhooksTo);
  }

  async startCourier(): Promise<void> {
    this.#courier = await startCourierSimulator({
      ...courierSecrets, id: courierId, port: this.partyPorts[1], speed: simulationSpeed, dataFile: `${this.options.directory}/courier.jsonl`, logger: createLogger("silent"),
    });
    this.sendWebhooksTo(this.#webhooksTo);
  }

  async stopPayments(): Promise<void> {
    await this.#payment?.stop();
    this.#payment = null;
  }

  async stopCourier(): Promise<void> {
    await this.#courier?.stop();
    this.#courier = null;
  }

  /** As the load balancer before the APIs would. */
  sendWebhooksTo(apiUrl: string | null): void {
    this.#webhooksTo = apiUrl;
    this.#payment?.setWebhookUrl(apiUrl === null ? undefined : `${apiUrl}/webhooks/payments`);
    this.#courier?.setWebhookUrl(apiUrl === null ? undefined : `${apiUrl}/webhooks/couriers/${courierId}`);
  }

  /** A catalog of two products with that many units each, and two customers. */
  async furnish(url: string, quantity = 10_000): Promise<void> {
    const products = ["LAMP", "SHADE"].map((sku) => ({ sku, name: sku, price: "10.00", weightGrams: 500, taxBasisPoints: 1_900 }));
    await this.#must(url, "operator", upsertProducts, { products });
    await this.#must(url, "operator", receiveStock, { lines: products.map(({ sku }) => ({ sku, quantity })) });
    for (const customer of ["ann", "bob"]) await this.#must(url, customer, upsertCustomer, { name: customer, email: `${customer}@example.com`, address });
  }

  /** @param caller null for nobody, `operator`, or a customer's id. @throws where the connection fails */
  async ask(url: string, caller: string | null, query: string, variables: object = {}): Promise<ShopAnswer> {
    const response = await fetch(`${url}/graphql`, {
      method: "POST", body: JSON.stringify({ query, variables }), signal: AbortSignal.timeout(answersWithinMs),
      headers: { "content-type": "application/json", ...await headersOf(caller) },
    });
    return { ...(await response.json() as Pick<ShopAnswer, "data" | "errors">), status: response.status, retryAfter: response.headers.get("retry-after") };
  }

  /** One attempt. @throws where it was not acknowledged */
  async place(url: string, customer: string, idempotencyKey: string = newId()): Promise<string> {
    const answer = await this.#must(url, customer, placeOrder, { lines: [{ sku: "LAMP", quantity: 1 }, { sku: "SHADE", quantity: 2 }] }, idempotencyKey);
    return (answer as { orderId: string }).orderId;
  }

  /** The answers of a subscription, one by one; a connection that is lost ends it. */
  async watch(url: string, caller: string, query: string, variables: Record<string, unknown> = {}): Promise<AsyncIterableIterator<ShopAnswer>> {
    const client = createClient({
      url: `${url.replace("http", "ws")}/graphql`, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams: await headersOf(caller),
    });
    this.#clients.push(client);
    return client.iterate({ query, variables }) as unknown as AsyncIterableIterator<ShopAnswer>;
  }

  /** Rows of the primary. */
  async rows<Row extends object>(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    return (await this.#eyes.query<Row>(text, [...values])).rows;
  }

  /** Ends what runs, without ceremony. */
  async close(): Promise<void> {
    for (const client of this.#clients) await client.dispose();
    await Promise.all([this.#eyes.end(), ...this.processes.map((process) => process.end("SIGKILL"))]);
    await Promise.all([this.stopPayments(), this.stopCourier()]);
  }

  async #must(url: string, caller: string, mutation: string, input: object, idempotencyKey: string = newId()): Promise<object> {
    const answer = await this.ask(url, caller, mutation, { input: { ...input, idempotencyKey } });
    const [payload] = Object.values((answer.data ?? {}) as Record<string, { userErrors: unknown[] }>);
    if (!payload || payload.userErrors.length > 0) throw new Error(`not done: ${JSON.stringify(answer)}`);
    return payload;
  }
}

async function headersOf(caller: string | null): Promise<Record<string, string>> {
  if (caller === null) return {};
  return { authorization: `Bearer ${caller === "operator" ? await tokenFor("operator", "olga") : await tokenFor("customer", caller)}` };
}
