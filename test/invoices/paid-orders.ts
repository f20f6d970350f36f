import { creditHandler, issueConsumer, issueHandler, type InvoiceJobs } from "../../src/commands/invoices/invoices.job.js";
import { priceLine, totalsOf } from "../../src/commands/orders/pricing.js";
import type { InvoiceEvent } from "../../src/events/invoices.js";
import type { OrderEvent, OrderPlaced } from "../../src/events/orders.js";
import type { PaymentEvent } from "../../src/events/payments.js";
import { defineCommand } from "../../src/kernel/command.js";
import type { EventJob } from "../../src/kernel/consumer.js";
import { defineStream } from "../../src/kernel/decider.js";
import type { DomainEvent } from "../../src/kernel/event.js";
import { newId } from "../../src/kernel/ids.js";
import type { CommandBus } from "../../src/platform/bus/command-bus.js";
import type { JobAttemptInfo } from "../../src/platform/jobs/job-handler.js";
import type pg from "pg";

/** Two streams whose facts a test says itself: what orders and payments would have said. */
const streamOf = (category: string) => defineStream<null, readonly DomainEvent[], DomainEvent>(category, { initial: null, decide: (events) => events, evolve: () => null });
const streams = { order: streamOf("order"), payment: streamOf("payment") };

interface Told { readonly category: keyof typeof streams; readonly id: string; readonly events: readonly DomainEvent[]; readonly orderId: string }

export const tell = defineCommand<Told, Record<string, never>>({
  name: "tell",
  correlationId: ({ orderId }) => orderId,
  needs: ({ category, id }) => ({ streams: [{ type: streams[category], id }] }),
  decide({ category, id, events }, unit) {
    unit.execute(streams[category], id, events);
    return {};
  },
});

export interface Product { readonly sku?: string; readonly name?: string; readonly quantity?: number; readonly priceMinor?: number; readonly taxBasisPoints?: number }

export const shippingRate = 700;

/** An order as it was placed, of one lamp at 10.00 and 19 % by default, with 4.90 for sending at 7 %. */
export function placedOrder(products: readonly Product[] = [{}], { orderId = newId(), customerId = "ann", currency = "EUR" } = {}): OrderPlaced {
  const lines = products.map(({ sku = "LAMP", name = "Lamp", quantity = 1, priceMinor = 1_000, taxBasisPoints = 1_900 }) => priceLine({ sku, name, quantity, priceMinor, taxBasisPoints, weightGrams: 0 }));
  const totals = totalsOf(lines, { currency, baseMinor: 490, perKilogramMinor: 0, taxBasisPoints: shippingRate });
  return { type: "OrderPlaced", orderId, customerId, lines, totals, stock: [] };
}

export const paymentOf = (orderId: string): string => `p-${orderId}`;

/** Says what orders and payments say, and runs the jobs of invoices by hand. */
export class Books {
  constructor(readonly jobs: InvoiceJobs) {}

  get bus(): CommandBus {
    return this.jobs.bus;
  }

  get pool(): pg.Pool {
    return this.jobs.pool;
  }

  async order(orderId: string, ...events: readonly OrderEvent[]): Promise<void> {
    await this.#tell({ category: "order", id: orderId, events, orderId });
  }

  /** @param causationId the event of the order that caused it */
  async payment(orderId: string, events: readonly PaymentEvent[], causationId?: string): Promise<void> {
    await this.#tell({ category: "payment", id: paymentOf(orderId), events, orderId }, causationId);
  }

  /** Places an order whose money is taken at once. */
  async paid(placed: OrderPlaced = placedOrder()): Promise<OrderPlaced> {
    const { orderId, customerId } = placed;
    await this.order(orderId, placed);
    await this.captured(placed);
    await this.order(orderId, { type: "OrderPaid", orderId, customerId, paymentId: paymentOf(orderId), lines: [] });
    return placed;
  }

  async captured({ orderId, totals }: OrderPlaced, amountMinor = totals.totalMinor): Promise<void> {
    const { currency } = totals;
    await this.payment(orderId, [{ type: "PaymentCaptured", paymentId: paymentOf(orderId), orderId, amountMinor, currency, provider: "stripe", providerReference: `pi_${orderId}` }]);
  }

  async refunded({ orderId, totals: { currency } }: OrderPlaced, amountMinor: number, { refundId = newId(), cause = "GOODWILL", causationId = "" }: { readonly refundId?: string | null; readonly cause?: Cause; readonly causationId?: string } = {}): Promise<void> {
    const of = { paymentId: paymentOf(orderId), orderId, amountMinor, currency, provider: "stripe", cause, reason: "as agreed" } as const;
    const requested: PaymentEvent[] = refundId === null ? [] : [{ type: "RefundRequested", ...of, refundId, providerReference: `pi_${orderId}` }];
    await this.payment(orderId, requested, causationId);
    await this.payment(orderId, [{ type: "PaymentRefunded", ...of, refundId, refundReference: `re_${newId()}` }]);
  }

  /** Runs the jobs that an order's events have made, all of them anew, the newest first. */
  async work(orderId: string): Promise<void> {
    const { rows } = await this.pool.query<{ event_id: string; stream_id: string; version: number; recorded_at: Date; type: string; data: object; queue: string }>(
      `SELECT e.*, j.name AS queue FROM pgboss.job j JOIN event_log e ON e.stream_id = j.data->>'streamId' AND e.version = (j.data->>'version')::int
       WHERE j.name LIKE 'invoices.%' AND j.data->>'correlationId' = $1 ORDER BY e.position DESC`, [orderId]);
    const handlers = { issue: issueHandler(this.jobs), credit: creditHandler(this.jobs) };
    for (const { event_id: eventId, stream_id: streamId, version, recorded_at, type, data, queue } of rows) {
      const job: EventJob<never> = { eventId, streamId, version, recordedAt: recorded_at.toISOString(), correlationId: orderId, event: { type, ...data } as never };
      await (queue === issueConsumer.queue ? handlers.issue : handlers.credit)(job, attempt);
    }
  }

  async documents(orderId: string): Promise<InvoiceEvent[]> {
    const { rows } = await this.pool.query<{ type: string; data: object }>("SELECT type, data FROM event_log WHERE stream_id = $1 ORDER BY version", [`invoice-${orderId}`]);
    return rows.map(({ type, data }) => ({ type, ...data }) as InvoiceEvent);
  }

  async eventId(orderId: string, type: OrderEvent["type"]): Promise<string> {
    const { rows } = await this.pool.query<{ event_id: string }>("SELECT event_id FROM event_log WHERE stream_id = $1 AND type = $2", [`order-${orderId}`, type]);
    return rows[0]!.event_id;
  }

  async #tell(told: Told, causationId?: string): Promise<void> {
    if (told.events.length > 0) await this.bus.execute(tell, told, { actor: { role: "system", id: "test" }, idempotencyKey: newId(), ...(causationId && { causationId }) });
  }
}

type Cause = Extract<PaymentEvent, { type: "PaymentRefunded" }>["cause"];

const attempt: JobAttemptInfo = { jobId: "job", attempt: 1, last: false, correlate: () => undefined, signal: new AbortController().signal };
