import { paymentJobs, paymentWorkers } from "../../src/cli/payments.js";
import { holdPolicy, holdPolicyHandler } from "../../src/commands/orders/hold-policy.job.js";
import { orderProcess, orderProcessHandler } from "../../src/commands/orders/order.process.js";
import { orderStream, type Order } from "../../src/commands/orders/order.decider.js";
import { janitorRounds } from "../../src/commands/payments/janitor.job.js";
import { paymentNewsHandler } from "../../src/commands/payments/payment-news.job.js";
import { paymentStream, type Payment } from "../../src/commands/payments/payment.decider.js";
import type { PaymentJobs } from "../../src/commands/payments/payment-desk.process.js";
import { paymentIdOf } from "../../src/commands/payments/record-payment.js";
import type { OrderEvent } from "../../src/events/orders.js";
import type { PaymentNews } from "../../src/gateways/payments/payment-port.js";
import type { EventJob } from "../../src/kernel/consumer.js";
import type { DomainEvent } from "../../src/kernel/event.js";
import type { AlertRequest } from "../../src/platform/alerts/alert-port.js";
import { readSettings } from "../../src/platform/config/config.js";
import { readEvents, readState, referenceKey, type EventReference } from "../../src/platform/jobs/event-reader.js";
import type { JobAttemptInfo, JobHandler } from "../../src/platform/jobs/job-handler.js";
import { newId } from "../../src/kernel/ids.js";
import { orderCard, type OrderCardRow } from "../../src/projections/orders/order-card.projection.js";
import { customer, openShop, placeOrder, by, type Shop, type TestBus } from "../bus/shop.js";
import { foldBothWays, recorded } from "../projections/in-memory.js";
import { ScriptedProvider } from "./scripted-provider.js";

interface WaitingJob {
  id: string;
  name: string;
  data: EventReference;
  due: boolean;
}

/** How often a job is tried before the till leaves it where it is. */
const triesMax = 12;

/** A shop, a provider in memory, and a worker that works off the jobs of payments when it is told to, in order. */
export interface Till {
  readonly shop: Shop;
  readonly bus: TestBus;
  readonly provider: ScriptedProvider;
  readonly jobs: PaymentJobs;
  readonly alerts: readonly AlertRequest[];
  /** Places an order of one unit. */
  place(options?: { readonly payment?: { readonly method: "CARD" | "BANK_TRANSFER" | "CASH_ON_DELIVERY"; readonly token: string | null }; readonly sku?: string; readonly quantity?: number; readonly saleId?: string }): Promise<{ readonly orderId: string; readonly totalMinor: number }>;
  /** Works until nothing is due; `late` also takes what waits for its time, as if that had come. @returns errors of jobs that never succeeded */
  work(options?: { readonly late?: true; readonly only?: string; readonly except?: string; readonly tries?: number }): Promise<readonly string[]>;
  /** Tries one job, whichever it is of those that wait, also of those that wait for their time. Its error is its own. */
  step(pick: number): Promise<void>;
  /** The jobs of a queue as they wait. */
  waiting(queue: string): Promise<readonly EventJob[]>;
  handle(queue: string, job: EventJob, attempt?: number, last?: boolean): Promise<void>;
  webhook(news: PaymentNews, jobId?: string): Promise<void>;
  /** One round of the janitor, all rows being due. */
  askNow(): Promise<void>;
  payment(orderId: string): Promise<Payment>;
  order(orderId: string): Promise<Exclude<Order, { status: "absent" }>>;
  /** The order as lists show it. */
  card(orderId: string): Promise<OrderCardRow>;
  /** Types of the events of a payment, in order. */
  story(orderId: string): Promise<readonly string[]>;
  caseOf(orderId: string): Promise<{ token: string | null; asked: number; attempt: number } | null>;
  close(): Promise<void>;
}

export async function openTill(environment: Readonly<Record<string, string>> = {}): Promise<Till> {
  const shop = await openShop();
  const bus = shop.process();
  const provider = new ScriptedProvider();
  const alerts: AlertRequest[] = [];
  const settings = readSettings({ NODE_ENV: "test", ...environment });
  const jobs = paymentJobs(settings, { bus, pool: shop.pool, alerts: { raise: async (alert) => { alerts.push(alert); } } }, provider);
  await shop.stock({ TEA: 1_000, CUP: 1 });
  const handlers = new Map<string, JobHandler<DomainEvent>>([
    ...paymentWorkers(jobs, provider).flatMap((worker) => (worker.kind === "events" ? [[worker.queue.name, worker.handle as unknown as JobHandler<DomainEvent>] as const] : [])),
    [orderProcess.queue, orderProcessHandler(bus, { holdCallOffSeconds: settings.HOLD_CALL_OFF_SECONDS, returnRefund: settings.RETURN_REFUND }) as unknown as JobHandler<DomainEvent>],
    [holdPolicy.queue, holdPolicyHandler(bus) as unknown as JobHandler<DomainEvent>],
  ]);
  const tries = new Map<string, number>();
  const infoOf = (jobId: string, attempt: number, last = false): JobAttemptInfo => ({ jobId, attempt, last, correlate: () => undefined, signal: new AbortController().signal });

  const handle: Till["handle"] = async (queue, job, attempt = 1, last = false) => {
    const handler = handlers.get(queue);
    if (!handler) throw new Error(`nobody works off ${queue}`);
    await handler(job, infoOf(job.eventId, attempt, last));
  };
  const waitingJobs = async (queues: readonly string[]): Promise<readonly WaitingJob[]> => (await shop.pool.query<WaitingJob>(
    "SELECT id, name, data, start_after <= now() AS due FROM pgboss.job WHERE name = ANY($1) AND state = 'created' ORDER BY id", [queues])).rows;
  const eventOf = async (data: EventReference): Promise<EventJob> => {
    const event = (await readEvents(shop.pool, [data])).get(referenceKey(data));
    if (!event) throw new Error(`there is no event ${referenceKey(data)}`);
    return event;
  };

  const tryOnce = async ({ id, name, data }: WaitingJob): Promise<string | null> => {
    const attempt = (tries.get(id) ?? 0) + 1;
    tries.set(id, attempt);
    try {
      await handle(name, await eventOf(data), attempt);
      await shop.pool.query("UPDATE pgboss.job SET state = 'completed' WHERE name = $1 AND id = $2", [name, id]);
      return null;
    } catch (error) {
      return String(error);
    }
  };

  return {
    shop, bus, provider, jobs, alerts, handle,
    async place({ payment, sku = "TEA", quantity = 1, saleId } = {}) {
      const { answer, refusal } = await bus.execute(placeOrder, { customerId: customer.id, lines: [{ sku, quantity, ...(saleId === undefined ? {} : { saleId }) }], ...(payment ? { payment } : {}) }, by(customer));
      if (!answer) throw new Error(`refused: ${String(refusal?.code)}`);
      return { orderId: answer.orderId, totalMinor: answer.totals.totalMinor };
    },
    async work({ late, only, except, tries: max = triesMax } = {}) {
      const errors = new Map<string, string>();
      const queues = only === undefined ? [...handlers.keys()].filter((queue) => queue !== except) : [only];
      for (;;) {
        const open = (await waitingJobs(queues)).filter(({ id, due }) => (due || late) && (tries.get(id) ?? 0) < max);
        if (open.length === 0) return [...errors.values()];
        for (const job of open) {
          const error = await tryOnce(job);
          if (error === null) errors.delete(job.id);
          else errors.set(job.id, error);
        }
      }
    },
    async step(pick) {
      const open = await waitingJobs([...handlers.keys()]);
      const job = open[pick % Math.max(1, open.length)];
      if (job) await tryOnce(job);
    },
    async waiting(queue) {
      return Promise.all((await waitingJobs([queue])).map(({ data }) => eventOf(data)));
    },
    async webhook(news, jobId = newId()) {
      await paymentNewsHandler(jobs, provider).handle({ provider: "stripe", body: JSON.stringify(news), headers: {}, receivedAtMs: 0 }, infoOf(jobId, 1));
    },
    async askNow() {
      await shop.pool.query("UPDATE payment_case SET ask_at = now() WHERE ask_at IS NOT NULL");
      await janitorRounds(jobs)();
    },
    payment: (orderId) => readState(shop.pool, paymentStream, paymentIdOf(orderId)),
    async order(orderId) {
      const order = await readState(shop.pool, orderStream, orderId);
      if (order.status === "absent") throw new Error(`there is no order ${orderId}`);
      return order;
    },
    async card(orderId) {
      const { rows } = await shop.pool.query<{ type: string; data: object }>("SELECT type, data FROM event_log WHERE stream_id = $1 ORDER BY version", [orderStream.streamId(orderId)]);
      const events = rows.map(({ type, data }) => ({ type, ...data }) as OrderEvent);
      const card = foldBothWays(orderCard, recorded("order", (event: OrderEvent) => event.orderId, events))[orderId];
      if (!card) throw new Error(`there is no card of ${orderId}`);
      return card;
    },
    async story(orderId) {
      const { rows } = await shop.pool.query<{ type: string }>("SELECT type FROM event_log WHERE stream_id = $1 ORDER BY version", [paymentStream.streamId(paymentIdOf(orderId))]);
      return rows.map(({ type }) => type);
    },
    async caseOf(orderId) {
      const { rows } = await shop.pool.query<{ token: string | null; asked: number; attempt: number }>("SELECT token, asked, attempt FROM payment_case WHERE order_id = $1", [orderId]);
      return rows[0] ?? null;
    },
    close: () => shop.close(),
  };
}
