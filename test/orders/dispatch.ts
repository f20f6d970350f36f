import { cancelOrderLines } from "../../src/commands/orders/cancel-order-lines.js";
import { cancelOrder } from "../../src/commands/orders/cancel-order.js";
import { confirmPayment } from "../../src/commands/orders/follow-order.js";
import { advanceParcel } from "../../src/commands/orders/follow-parcel.js";
import { holdPolicy, holdPolicyHandler } from "../../src/commands/orders/hold-policy.job.js";
import { orderStream } from "../../src/commands/orders/order.decider.js";
import type { LivingOrder } from "../../src/commands/orders/order-state.js";
import { orderProcess, orderProcessHandler } from "../../src/commands/orders/order.process.js";
import { bookConsumer, bookHandler } from "../../src/commands/shipping/book.job.js";
import { callOffConsumer, callOffHandler } from "../../src/commands/shipping/call-off.job.js";
import type { BookingRequest, Courier } from "../../src/gateways/couriers/courier-port.js";
import type { EventJob } from "../../src/kernel/consumer.js";
import type { Json } from "../../src/kernel/json.js";
import type { DomainEvent } from "../../src/kernel/event.js";
import type { AlertRequest } from "../../src/platform/alerts/alert-port.js";
import type { CommandOutcome } from "../../src/platform/bus/command-bus.js";
import { readEvents, readState, type EventReference } from "../../src/platform/jobs/event-reader.js";
import type { JobHandler } from "../../src/platform/jobs/job-handler.js";
import { by, customer, openShop, order, type Shop, type TestBus } from "../bus/shop.js";
import { plainMarket } from "../support/plain-market.js";

export const system = { role: "system", id: "test" } as const;
/** Products weigh 100 g: three of them are a parcel. */
const parcelLimits = { maxGrams: 300, maxMm: [1_200, 600, 600] } as const;
const holdCallOffSeconds = 3_600;

/** A shop whose courier costs nothing and remembers what it was given, and whose jobs run when they are told to. */
export class Dispatch {
  readonly booked: BookingRequest[] = [];
  readonly calledOff: string[] = [];
  readonly alerts: AlertRequest[] = [];
  /** Called before a parcel is booked. */
  onBooking: () => Promise<void> = () => Promise.resolve();
  /** Bookings that the courier no longer gives back. */
  readonly gone = new Set<string>();
  readonly #handlers: ReadonlyMap<string, JobHandler<DomainEvent>>;

  private constructor(readonly shop: Shop, readonly bus: TestBus) {
    const alerts = { raise: async (alert: AlertRequest) => { this.alerts.push(alert); }, resolve: async () => undefined };
    const jobs = { bus, pool: shop.pool, alerts, market: plainMarket([this.#courier()]), parcelLimits, bookTimeoutMs: 2_000 };
    this.#handlers = new Map(Object.entries({
      [orderProcess.queue]: orderProcessHandler(bus, { holdCallOffSeconds }, alerts), [holdPolicy.queue]: holdPolicyHandler(bus),
      [bookConsumer.queue]: bookHandler(jobs), [callOffConsumer.queue]: callOffHandler(jobs),
    })) as unknown as ReadonlyMap<string, JobHandler<DomainEvent>>;
  }

  static async open(): Promise<Dispatch> {
    const shop = await openShop();
    return new Dispatch(shop, shop.process());
  }

  #courier(): Courier {
    return {
      id: "swift",
      book: async (request: BookingRequest) => {
        await this.onBooking();
        this.booked.push(request);
        return { bookingReference: request.shipmentId, trackingCode: `t-${request.shipmentId}` };
      },
      cancel: async ({ bookingReference }: { bookingReference: string }) => {
        if (this.gone.has(bookingReference)) return { kind: "too_late" };
        this.calledOff.push(bookingReference);
        return { kind: "cancelled" };
      },
    } as unknown as Courier;
  }

  async place(lines: Readonly<Record<string, number>>): Promise<string> {
    const { commandId, refusal } = await order(this.bus, lines);
    if (refusal) throw new Error(refusal.message);
    return commandId;
  }

  pay(orderId: string): Promise<CommandOutcome<Json>> {
    return this.bus.execute(confirmPayment, { orderId, paymentId: `p-${orderId}` }, by(system));
  }

  cancelLines(orderId: string, lines: Readonly<Record<string, number>>, actor: Parameters<typeof by>[0] = customer) {
    return this.bus.execute(cancelOrderLines, { orderId, lines: Object.entries(lines).map(([sku, quantity]) => ({ sku, quantity })), reason: "too many" }, by(actor));
  }

  async callOff(orderId: string, cause: "request" | "payment_deadline"): Promise<void> {
    await this.bus.execute(cancelOrder, { orderId, reason: "", cause }, by(system));
  }

  async send(orderId: string): Promise<void> {
    await this.pay(orderId);
    await this.work();
    for (const shipmentId of (await this.order(orderId)).parcels.keys()) await this.bus.execute(advanceParcel, { orderId, shipmentId, milestone: "delivered" }, by(system));
  }

  /** The jobs of a queue that wait, whether their time has come or not. */
  async waiting(queue: string): Promise<readonly EventJob[]> {
    const { rows } = await this.shop.pool.query<{ data: EventReference }>("SELECT data FROM pgboss.job WHERE name = $1 AND state = 'created' ORDER BY id", [queue]);
    const events = await readEvents(this.shop.pool, rows.map(({ data }) => data));
    return [...events.values()];
  }

  /** Works off one job, as often as it is told to. */
  run(queue: string, job: EventJob): Promise<void> {
    const handler = this.#handlers.get(queue);
    if (!handler) throw new Error(`nobody works off ${queue}`);
    return handler(job, { jobId: job.eventId, attempt: 1, last: false, correlate: () => undefined, signal: new AbortController().signal });
  }

  /** Works off what waits in these queues until nothing does. */
  async work(queues = [orderProcess.queue, bookConsumer.queue, callOffConsumer.queue]): Promise<void> {
    for (;;) {
      const { rows } = await this.shop.pool.query<{ name: string; data: EventReference }>(
        "UPDATE pgboss.job SET state = 'completed' WHERE name = ANY($1) AND state = 'created' RETURNING name, data", [queues]);
      if (rows.length === 0) return;
      const events = await readEvents(this.shop.pool, rows.map(({ data }) => data));
      for (const { name, data } of rows) {
        const job = events.get(`${data.streamId}@${String(data.version)}`);
        if (job) await this.run(name, job);
      }
    }
  }

  async order(orderId: string): Promise<LivingOrder> {
    const found = await readState(this.shop.pool, orderStream, orderId);
    if (found.status === "absent") throw new Error(`there is no order ${orderId}`);
    return found;
  }

  async types(orderId: string): Promise<readonly string[]> {
    const { rows } = await this.shop.pool.query<{ type: string }>("SELECT type FROM event_log WHERE stream_id = $1 ORDER BY version", [`order-${orderId}`]);
    return rows.map(({ type }) => type);
  }

  async last<Event extends DomainEvent>(orderId: string, type: Event["type"]): Promise<Event> {
    const { rows: [row] } = await this.shop.pool.query<{ data: object }>("SELECT data FROM event_log WHERE stream_id = $1 AND type = $2 ORDER BY version DESC LIMIT 1", [`order-${orderId}`, type]);
    if (!row) throw new Error(`order ${orderId} has no ${type}`);
    return { type, ...row.data } as Event;
  }
}
