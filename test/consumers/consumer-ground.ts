import type { PgBoss } from "pg-boss";
import { paymentJobs, paymentWorkers } from "../../src/cli/payments.js";
import { creditConsumer, creditHandler, issueConsumer, issueHandler } from "../../src/commands/invoices/invoices.job.js";
import { yearIn } from "../../src/commands/invoices/time-zone.calendar.js";
import { noticesConsumer, noticesHandler } from "../../src/commands/notices/notices.job.js";
import { createBusAlerts } from "../../src/commands/operations/bus-alerts.adapter.js";
import { orderProcess, orderProcessHandler } from "../../src/commands/orders/order.process.js";
import { moveShipment, recordBooking } from "../../src/commands/shipping/shipment/record-shipment.js";
import { trackingConsumer, trackingHandler } from "../../src/commands/shipping/tracking/follow-order.job.js";
import type { TrackingStatus } from "../../src/events/shipping.js";
import type { Consumer, EventJob } from "../../src/kernel/consumer.js";
import type { DomainEvent } from "../../src/kernel/event.js";
import { readSettings } from "../../src/platform/config/config.js";
import { startBoss } from "../../src/platform/jobs/boss.js";
import type { JobHandler } from "../../src/platform/jobs/job-handler.js";
import { startJobWorkers, type AnyWorker } from "../../src/platform/jobs/job-worker.js";
import { effectQueue } from "../../src/platform/jobs/queue.js";
import { withClient } from "../../src/platform/postgres/connection.js";
import { by, openShop, order, quiet, type Shop, type TestBus } from "../bus/shop.js";
import { ScriptedProvider } from "../payments/scripted-provider.js";
import { until } from "../replication/until.js";
import { asking, bookingFacts } from "../support/booked-parcel.js";

const system = { role: "system", id: "test" } as const;

/** A shop with the real workers of everybody who hears of orders, but for the couriers: a test says what they say. */
export class ConsumerGround {
  readonly provider = new ScriptedProvider();
  /** Throws for an event that a consumer cannot take. */
  poison: ((queue: string, job: EventJob) => boolean) | null = null;
  #boss: PgBoss | null = null;
  readonly #done: { readonly queue: string; readonly orderId: string; readonly type: string }[] = [];
  readonly #atWork = new Set<string>();
  readonly #workers: readonly AnyWorker[];

  private constructor(readonly shop: Shop, readonly bus: TestBus) {
    const { pool } = shop;
    const alerts = createBusAlerts({ bus, logger: quiet });
    const payments = paymentJobs(readSettings({ NODE_ENV: "test", CAPTURE_ON: "shipment" }), { bus, pool, alerts }, this.provider);
    const invoices = { bus, pool, terms: { yearAt: yearIn("UTC"), shippingTaxBasisPoints: 0 } };
    const worker = (consumer: unknown, handle: unknown) => ({ kind: "events", queue: effectQueue((consumer as Consumer).queue), consumer, handle });
    this.#workers = ([
      worker(orderProcess, orderProcessHandler(bus)), worker(issueConsumer, issueHandler(invoices)), worker(creditConsumer, creditHandler(invoices)),
      worker(noticesConsumer, noticesHandler({ bus, pool })), worker(trackingConsumer, trackingHandler({ pool, alerts })),
      ...paymentWorkers(payments, this.provider).filter(({ kind }) => kind === "events"),
    ] as unknown as readonly AnyWorker[]).map((one) => this.#watched(one));
  }

  static async open(): Promise<ConsumerGround> {
    const shop = await openShop();
    await shop.stock({ TEA: 1_000, CUP: 1_000 });
    return new ConsumerGround(shop, shop.process());
  }

  #watched(worker: AnyWorker): AnyWorker {
    const handle = worker.handle as unknown as JobHandler<DomainEvent>;
    const { name } = worker.queue;
    const isInOrder = worker.kind === "events" && worker.consumer.fifo === true;
    const watched: JobHandler<DomainEvent> = async (job, info) => {
      if (this.poison?.(name, job)) throw new Error("poison");
      const place = `${name} ${job.streamId}`;
      if (isInOrder && this.#atWork.has(place)) throw new Error(`two events of ${place} are worked off at once`);
      this.#atWork.add(place);
      try {
        await handle(job, info);
        this.#done.push({ queue: name, orderId: job.correlationId, type: job.event.type });
      } finally {
        this.#atWork.delete(place);
      }
    };
    return { ...worker, handle: watched };
  }

  /** Jobs of a queue die at their second failure from now on. */
  async dieEarly(queue: string): Promise<void> {
    await withClient({ url: this.shop.primary.adminUrl }, (admin) => admin.query(
      "UPDATE pgboss.queue SET retry_limit = 1, retry_delay = 1, retry_delay_max = 1 WHERE name = $1", [queue]));
  }

  /** Works everything off but what these queues hold. */
  async work(...stopped: readonly string[]): Promise<void> {
    this.#boss = await startBoss({ url: this.shop.primary.appUrl, applicationName: "test consumers", poolSize: 4, logger: quiet, supervise: false });
    const workers = this.#workers.filter(({ queue }) => !stopped.includes(queue.name));
    await startJobWorkers({ boss: this.#boss, pool: this.shop.pool, logger: quiet, workers });
  }

  async rest(): Promise<void> {
    await this.#boss?.stop({ graceful: true, timeout: 5_000 });
    this.#boss = null;
  }

  /** An order of two parcels. */
  async place(): Promise<string> {
    return (await order(this.bus, { TEA: 1, CUP: 1 })).commandId;
  }

  shipmentId(orderId: string, parcel: "TEA" | "CUP"): string {
    return `${parcel}-${orderId}`;
  }

  async book(orderId: string): Promise<void> {
    for (const parcel of ["TEA", "CUP"] as const) {
      const ids = { orderId, shipmentId: this.shipmentId(orderId, parcel) };
      await this.bus.execute(moveShipment, { ...ids, step: asking(ids) }, by(system));
      await this.bus.execute(recordBooking, {
        ...bookingFacts, ...ids, courierId: "swift", bookingReference: ids.shipmentId, trackingCode: `T-${ids.shipmentId}`,
        lines: [{ sku: parcel, quantity: 1 }], weightGrams: 100, parcelCount: 2,
      }, by(system));
    }
  }

  async seen(orderId: string, parcel: "TEA" | "CUP", ...statuses: readonly TrackingStatus[]): Promise<void> {
    const shipmentId = this.shipmentId(orderId, parcel);
    for (const status of statuses) {
      const scan = { scanId: `${shipmentId}-${status}`, rawCode: status, status, reasonCode: null, city: null, occurredAt: new Date().toISOString() };
      await this.bus.execute(moveShipment, { orderId, shipmentId, step: { type: "RecordScans", scans: [scan] } }, by(system));
    }
  }

  /** Through payment, booking and delivery of both parcels; whoever is stopped hears of it later. */
  async run(orderIds: readonly string[]): Promise<void> {
    await this.stand(orderIds, "OrderPaid");
    for (const orderId of orderIds) await this.book(orderId);
    await this.stand(orderIds, "OrderAllocated");
    for (const orderId of orderIds) for (const parcel of ["TEA", "CUP"] as const) await this.seen(orderId, parcel, "in_transit", "delivered");
    await this.stand(orderIds, "OrderDelivered");
  }

  async stand(orderIds: readonly string[], type: string): Promise<void> {
    await until(`${type} of every order`, async () => (await this.count(orderIds, type)) >= orderIds.length);
  }

  async count(orderIds: readonly string[], type: string): Promise<number> {
    const { rows: [row] } = await this.shop.pool.query<{ times: number }>(
      "SELECT count(*)::int AS times FROM event_log WHERE type = $2 AND metadata->>'correlationId' = ANY($1)", [orderIds, type]);
    return row?.times ?? 0;
  }

  /** Until nothing can be done that is due and not stopped. */
  async quiet({ stopped = "", held = [] }: { readonly stopped?: string; readonly held?: readonly string[] } = {}): Promise<void> {
    await until("all jobs are done", async () => (await this.shop.pool.query(
      `SELECT FROM pgboss.job j WHERE state IN ('created', 'retry', 'active') AND start_after <= now() + interval '5 s' AND name <> $1
         AND name = ANY($2::text[]) AND NOT (name = $4 AND data->>'correlationId' = ANY($3::text[]))`,
      [stopped, this.#workers.map(({ queue }) => queue.name), held, noticesConsumer.queue])).rowCount === 0);
  }

  async waiting(queue: string): Promise<number> {
    return (await this.shop.pool.query("SELECT FROM pgboss.job WHERE name = $1 AND state = 'created'", [queue])).rowCount ?? 0;
  }

  /** Types of the order's events that a consumer has done, in the order in which it did them. */
  done(queue: string, orderId: string): readonly string[] {
    return this.#done.filter((one) => one.queue === queue && one.orderId === orderId).map(({ type }) => type);
  }

  /** The events that a consumer has a job for, in the order in which they were written. */
  async meant(consumer: Consumer, orderId: string): Promise<readonly string[]> {
    const { rows } = await this.shop.pool.query<{ type: string; data: object }>(
      "SELECT type, data FROM event_log WHERE metadata->>'correlationId' = $1 AND type = ANY($2::text[]) ORDER BY position", [orderId, consumer.on]);
    return rows.filter(({ type, data }) => consumer.when?.({ type, ...data }) ?? true).map(({ type }) => type);
  }

  async notices(orderId: string): Promise<readonly string[]> {
    const { rows } = await this.shop.pool.query<{ template: string }>("SELECT data->>'template' AS template FROM event_log WHERE stream_id = $1 ORDER BY version", [`notice-${orderId}`]);
    return rows.map(({ template }) => template);
  }

  async close(): Promise<void> {
    await this.rest();
    await this.shop.close();
  }
}
