import { Registry } from "prom-client";
import { openMarket } from "../../src/cli/courier-market.js";
import { parseCouriersFile } from "../../src/cli/couriers-file.js";
import { shippingJobs, shippingWorkers } from "../../src/cli/shipping.js";
import { confirmPayment } from "../../src/commands/orders/follow-order.js";
import { orderStream } from "../../src/commands/orders/order.decider.js";
import { orderProcess, orderProcessHandler } from "../../src/commands/orders/order.process.js";
import { shipmentIdOf } from "../../src/commands/shipping/book.job.js";
import type { ShippingJobs } from "../../src/commands/shipping/courier-desk.process.js";
import type { ParcelMarket } from "../../src/commands/shipping/market/parcel-market.js";
import { shipmentStream } from "../../src/commands/shipping/shipment/shipment.decider.js";
import type { Shipment } from "../../src/commands/shipping/shipment/shipment-state.js";
import type { OrderPaid, OrderStatus } from "../../src/events/orders.js";
import { guardedCourier, type GuardedCourier } from "../../src/gateways/couriers/guarded-courier.js";
import { HttpCourier } from "../../src/gateways/couriers/http-courier.js";
import type { EventJob } from "../../src/kernel/consumer.js";
import type { AlertRequest } from "../../src/platform/alerts/alert-port.js";
import { readSettings } from "../../src/platform/config/config.js";
import { startBoss } from "../../src/platform/jobs/boss.js";
import { readEvents, readState } from "../../src/platform/jobs/event-reader.js";
import { startJobWorkers, type AnyWorker } from "../../src/platform/jobs/job-worker.js";
import { effectQueue } from "../../src/platform/jobs/queue.js";
import { Outside } from "../../src/platform/outside/outside.js";
import type { CallOrder } from "../../src/simulators/couriers/call-orders.js";
import { startCourierSimulators, type CourierTown } from "../../src/simulators/couriers/courier-town.js";
import type { Parcel } from "../../src/simulators/couriers/courier-records.js";
import type { CourierPersonality } from "../../src/simulators/couriers/personality.js";
import { by, openShop, order, quiet, type Shop, type TestBus } from "../bus/shop.js";
import { until } from "../replication/until.js";
import { apiKey, calm, mondayMs, standing, webhookSecret } from "../simulators/couriers-ground.js";

export const system = { role: "system", id: "test" } as const;

/** The same but for their prices: the first is the cheapest, so it is asked first. */
const townsfolk: readonly CourierPersonality[] = ["acorn", "birch", "cedar"].map((id, place) => ({
  ...calm, id, services: calm.services.map((service) => ({
    ...service, lanes: service.lanes.map((lane) => ({ ...lane, prices: lane.prices.map(([grams, minor]) => [grams, minor + 100 * place] as const) })),
  })),
}));

/** What is to go wrong with the calls of one parcel. */
export type OrderedFault = Omit<CallOrder, "shipmentId"> & { readonly courier: string };

export interface Placed {
  readonly orderId: string;
  readonly shipmentId: string;
}

/** A shop, three couriers as servers, and one worker process's shipping jobs on real queues. */
export class ShippingTown {
  readonly alerts: AlertRequest[] = [];
  readonly resolved: string[] = [];
  #boss: Awaited<ReturnType<typeof startBoss>> | null = null;
  #couriers: GuardedCourier[] = [];

  private constructor(readonly shop: Shop, readonly bus: TestBus, readonly town: CourierTown) {}

  static async open(): Promise<ShippingTown> {
    const shop = await openShop();
    await shop.stock({ TEA: 10_000 });
    const beginsAtMs = mondayMs + 11 * 3_600_000;
    const town = await startCourierSimulators(townsfolk, { apiKey, webhookSecret, speed: standing, logger: quiet, beginsAtMs });
    return new ShippingTown(shop, shop.process(), town);
  }

  /** The shipping jobs of one process, with couriers of its own. */
  jobs(environment: Readonly<Record<string, string>> = {}): ShippingJobs {
    const settings = readSettings({ NODE_ENV: "test", BOOK_TIMEOUT_MS: "1000", RATE_TIMEOUT_MS: "1000", ...environment });
    const alerts = { raise: async (alert: AlertRequest) => { this.alerts.push(alert); }, resolve: async (key: string) => { this.resolved.push(key); } };
    return shippingJobs(settings, { bus: this.shop.process(), pool: this.shop.pool, alerts }, this.#market(settings));
  }

  #market(settings: ReturnType<typeof readSettings>): ParcelMarket {
    const couriers = [...this.town.couriers.values()].map(({ id, url }) => {
      const http = new HttpCourier({ id, baseUrl: url, apiKey, webhookSecrets: [webhookSecret], timeoutMs: settings.BOOK_TIMEOUT_MS });
      // Breakers have tests of their own: here every parcel meets its fault.
      const breaker = { slowMs: 60_000, callsMin: 10_000, failuresInRow: 10_000 };
      return guardedCourier(http, new Outside({ party: id, registry: new Registry(), logger: quiet, callsMax: 50, callsWaitingMax: 0, callsPerSecond: 0, breaker }));
    });
    this.#couriers.push(...couriers);
    const file = parseCouriersFile({
      policy: { kind: "cheapest" }, explore: false,
      couriers: couriers.map(({ id }) => ({ id, kind: "http", baseUrl: "http://127.0.0.1", apiKeyEnv: "KEY", webhookSecretsEnv: "SECRETS" })),
    }, "of the town");
    return openMarket({ settings, couriers: () => ({ file, secretOf: () => "" }), logger: quiet }, this.shop.pool, couriers);
  }

  async startWorkers(): Promise<void> {
    this.#boss = await startBoss({ url: this.shop.primary.appUrl, applicationName: "shipping town", poolSize: 4, logger: quiet, supervise: false });
    const workers = [
      ...shippingWorkers(this.jobs()),
      {
        kind: "events", queue: effectQueue(orderProcess.queue), consumer: orderProcess,
        handle: orderProcessHandler(this.bus, { holdCallOffSeconds: 0 }, { raise: async (alert) => { this.alerts.push(alert); } }),
      },
    ] as unknown as readonly AnyWorker[];
    await startJobWorkers({ boss: this.#boss, pool: this.shop.pool, workers, logger: quiet });
  }

  /** Places an order of one parcel; what is to go wrong with its calls is ordered before it is paid. */
  async place(...faults: OrderedFault[]): Promise<Placed> {
    const { commandId: orderId } = await order(this.bus, { TEA: 1 });
    const shipmentId = shipmentIdOf(orderId, 1, 0);
    for (const { courier, ...fault } of faults) this.courier(courier).orderFault({ ...fault, shipmentId });
    return { orderId, shipmentId };
  }

  async pay(orderId: string): Promise<void> {
    await this.bus.execute(confirmPayment, { orderId, paymentId: `p-${orderId}` }, by(system));
  }

  async placePaid(...faults: OrderedFault[]): Promise<Placed> {
    const placed = await this.place(...faults);
    await this.pay(placed.orderId);
    return placed;
  }

  /** The job of an order, in nobody's queue: whoever is given it works it off. */
  async paidOutsideTheQueue(orderId: string): Promise<EventJob<OrderPaid>> {
    await this.shop.process({ consumers: [] }).execute(confirmPayment, { orderId, paymentId: `p-${orderId}` }, by(system));
    const streamId = orderStream.streamId(orderId);
    const events = await readEvents(this.shop.pool, [{ streamId, version: 2, correlationId: orderId }]);
    return events.get(`${streamId}@2`) as EventJob<OrderPaid>;
  }

  courier(id: string) {
    const courier = this.town.couriers.get(id);
    if (!courier) throw new Error(`there is no courier ${id}`);
    return courier;
  }

  /** A courier's scanner sees the parcel with each label that it has. */
  async see(shipmentId: string, code: string): Promise<void> {
    for (const { courierId, bookingReference } of this.liveLabels(shipmentId)) {
      const { ok } = await fetch(`${this.courier(courierId).url}/_simulator/bookings/${bookingReference}/seen`, { method: "POST", body: JSON.stringify({ code }) });
      if (!ok) throw new Error(`${courierId} does not see ${bookingReference}`);
    }
  }

  /** Labels that couriers have made for a shipment and not called off, by their own books. */
  liveLabels(shipmentId: string): readonly { readonly courierId: string; readonly bookingReference: string }[] {
    return this.#labels(shipmentId).filter(({ parcel }) => parcel.state !== "cancelled").map(({ courierId, parcel }) => ({ courierId, bookingReference: parcel.booking.id }));
  }

  labelsMade(shipmentId: string): readonly string[] {
    return this.#labels(shipmentId).map(({ courierId }) => courierId);
  }

  #labels(shipmentId: string): readonly { readonly courierId: string; readonly parcel: Parcel }[] {
    return [...this.town.couriers].flatMap(([courierId, courier]) => (
      [...courier.parcels()].filter(({ booking }) => booking.shipmentId === shipmentId).map((parcel) => ({ courierId, parcel }))));
  }

  shipment(shipmentId: string): Promise<Shipment> {
    return readState(this.shop.pool, shipmentStream, shipmentId);
  }

  async status(orderId: string): Promise<OrderStatus | "absent"> {
    const order = await readState(this.shop.pool, orderStream, orderId);
    return order.status;
  }

  /** Types of a parcel's events, in order. */
  async story(shipmentId: string): Promise<readonly string[]> {
    const { rows } = await this.shop.pool.query<{ type: string }>("SELECT type FROM event_log WHERE stream_id = $1 ORDER BY version", [shipmentStream.streamId(shipmentId)]);
    return rows.map(({ type }) => type);
  }

  /** Waits until the order is allocated and nothing of its parcel is in doubt. */
  async settled({ orderId, shipmentId }: Placed): Promise<Shipment> {
    await until(`order ${orderId} is allocated, and what was in doubt is cleared up`, async () => (
      await this.status(orderId) === "ALLOCATED" && (await this.shipment(shipmentId)).attempts.every(({ state }) => !["open", "in_doubt", "surplus"].includes(state))), 30_000);
    return this.shipment(shipmentId);
  }

  async close(): Promise<void> {
    await this.#boss?.stop({ graceful: true, timeout: 5_000 });
    for (const courier of this.#couriers) courier.close();
    await this.town.stop();
    await this.shop.close();
  }
}
