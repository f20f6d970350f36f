import { upsertProducts } from "../../src/commands/catalog/upsert-products.js";
import { upsertCustomer } from "../../src/commands/customers/upsert-customer.js";
import { receiveStock } from "../../src/commands/inventory/receive-stock.js";
import type { StockLine, WantedLine } from "../../src/commands/inventory/inventory.steps.js";
import { cancelOrder } from "../../src/commands/orders/cancel-order.js";
import { confirmParcelBooked, confirmPayment } from "../../src/commands/orders/follow-order.js";
import { advanceParcel } from "../../src/commands/orders/follow-parcel.js";
import { creditConsumer, creditHandler, issueConsumer, issueHandler } from "../../src/commands/invoices/invoices.job.js";
import { placeOrderWith } from "../../src/commands/orders/place-order.js";
import { paymentIdOf, recordPayment } from "../../src/commands/payments/record-payment.js";
import { shipmentIdOf } from "../../src/commands/shipping/book.job.js";
import { asking, bookingFacts } from "../support/booked-parcel.js";
import { moveShipment, recordBooking } from "../../src/commands/shipping/shipment/record-shipment.js";
import { consumers } from "../../src/cli/consumers.js";
import type { RefundCause } from "../../src/events/payments.js";
import type { CommandDefinition } from "../../src/kernel/command.js";
import type { Json } from "../../src/kernel/json.js";
import { defaultLanes, PostgresCommandBus } from "../../src/platform/bus/postgres-command-bus.js";
import { readEvents, type EventReference } from "../../src/platform/jobs/event-reader.js";
import type { JobAttemptInfo, JobHandler } from "../../src/platform/jobs/job-handler.js";
import { createLogger } from "../../src/platform/log/logger.js";
import { clientConfig, createPool } from "../../src/platform/postgres/connection.js";

const currency = "EUR";
const courierId = "swift";
export const tariff = { currency, baseMinor: 490, perKilogramMinor: 50, taxBasisPoints: 0 };
const placeOrder = placeOrderWith(tariff);

const attempt: JobAttemptInfo = { jobId: "job", attempt: 1, last: false, correlate: () => undefined, signal: new AbortController().signal };

/** An order as the trader knows it. */
export interface Sale {
  readonly orderId: string;
  readonly totalMinor: number;
  readonly lines: readonly StockLine[];
}

/** Trades through the command bus as the processes do, with the outside's answers given by hand: no worker runs. */
export class Trader {
  readonly bus: PostgresCommandBus;

  constructor(private readonly primaryUrl: string, lanes = defaultLanes) {
    this.bus = new PostgresCommandBus({
      connection: clientConfig({ url: primaryUrl, applicationName: "doctor test" }), consumers, lanes,
      laneCapacity: 50_000, batchMax: 250, inDoubtWaitMs: 5_000, logger: createLogger("silent"),
    });
  }

  close(): Promise<void> {
    return this.bus.close();
  }

  async stock(skus: readonly string[], quantity: number): Promise<void> {
    const products = skus.map((sku) => ({ sku, name: `Product ${sku}`, priceMinor: 250, currency, weightGrams: 100, taxBasisPoints: 1_900 }));
    await this.send(upsertProducts, { products }, `products:${skus[0] ?? ""}`);
    await this.send(receiveStock, { lines: skus.map((sku) => ({ sku, quantity })) }, `receipt:${skus[0] ?? ""}`);
  }

  async register(customerId: string): Promise<void> {
    await this.send(upsertCustomer, {
      customerId, name: `Buyer ${customerId}`, email: `${customerId}@example.com`, phone: null,
      address: { street: "1 Mill Lane", city: "Riverside", postalCode: "12345", country: "DE" },
    }, `customer:${customerId}`);
  }

  async place(key: string, customerId: string, lines: readonly WantedLine[]): Promise<Sale> {
    const { orderId, totals } = await this.send(placeOrder, { customerId, lines }, key);
    return { orderId, totalMinor: totals.totalMinor, lines };
  }

  async pay({ orderId, totalMinor: amountMinor }: Sale): Promise<void> {
    const paymentId = paymentIdOf(orderId);
    await this.send(recordPayment, {
      type: "RecordCapture", paymentId, orderId, attempt: 1, amountMinor, currency, provider: "test", providerReference: `pi_${orderId}`, expected: { amountMinor, currency }, newsId: null,
    }, `capture:${orderId}`);
    await this.send(confirmPayment, { orderId, paymentId }, `paid:${orderId}`);
  }

  async refund({ orderId, totalMinor }: Sale, amountMinor = totalMinor, cause: RefundCause = "ORDER_CANCELLED"): Promise<void> {
    const of = { paymentId: paymentIdOf(orderId), orderId, refundId: `refund of ${orderId}, ${cause}`, amountMinor, reason: "cancelled" };
    await this.send(recordPayment, { type: "RequestRefund", ...of, keepMinor: 0, cause }, `refund-request:${orderId}:${cause}`);
    await this.send(recordPayment, { type: "RecordRefund", ...of, currency, refundReference: `re_${orderId}_${cause}` }, `refund:${orderId}:${cause}`);
  }

  async cancel({ orderId }: Sale): Promise<void> {
    await this.send(cancelOrder, { orderId, reason: "changed my mind" }, `cancel:${orderId}`);
  }

  /** Works off the jobs of invoices, as a worker would. */
  async bill(): Promise<void> {
    const pool = createPool({ url: this.primaryUrl, poolSize: 2 });
    const jobs = { bus: this.bus, pool, terms: { yearAt: () => 2026, shippingTaxBasisPoints: tariff.taxBasisPoints } };
    try {
      for (const [queue, handle] of [[issueConsumer.queue, issueHandler(jobs)], [creditConsumer.queue, creditHandler(jobs)]] as const) {
        const { rows } = await pool.query<{ data: EventReference }>("SELECT data FROM pgboss.job WHERE name = $1 AND state = 'created' ORDER BY id", [queue]);
        const events = await readEvents(pool, rows.map(({ data }) => data));
        for (const event of events.values()) await (handle as JobHandler<never>)(event as never, attempt);
      }
    } finally {
      await pool.end();
    }
  }

  /** Gives each list of lines to the courier as a parcel of its own. */
  async book({ orderId, lines }: Sale, parcels: readonly (readonly StockLine[])[] = [lines], packing = 1): Promise<void> {
    for (const [index, parcelLines] of parcels.entries()) {
      const shipmentId = shipmentIdOf(orderId, packing, index);
      await this.send(moveShipment, { orderId, shipmentId, step: asking({ orderId, shipmentId }, courierId) }, `ask:${shipmentId}`);
      await this.send(recordBooking, {
        ...bookingFacts, shipmentId, orderId, courierId, bookingReference: `b_${shipmentId}`, trackingCode: `t_${shipmentId}`,
        lines: parcelLines, weightGrams: 100, parcelCount: parcels.length, packing,
      }, `book:${shipmentId}`);
      await this.send(confirmParcelBooked, { orderId, shipmentId, lines: parcelLines, parcelCount: parcels.length, packing }, `booked:${shipmentId}`);
    }
  }

  async track({ orderId }: Sale, milestone: "left" | "delivered", parcel = 0, packing = 1): Promise<void> {
    const shipmentId = shipmentIdOf(orderId, packing, parcel);
    const status = milestone === "left" ? "in_transit" : "delivered";
    await this.send(moveShipment, {
      orderId, shipmentId, step: {
        type: "RecordScans",
        scans: [{ scanId: `${milestone}:${shipmentId}`, rawCode: status, status, reasonCode: null, city: null, occurredAt: "2026-01-02T03:04:05.000Z" }],
      },
    }, `scan:${milestone}:${shipmentId}`);
    await this.send(advanceParcel, { orderId, shipmentId, milestone }, `advance:${milestone}:${shipmentId}`);
  }

  async deliver(sale: Sale): Promise<void> {
    await this.pay(sale);
    await this.book(sale);
    await this.track(sale, "left");
    await this.track(sale, "delivered");
  }

  async send<Input, Answer extends Json>(definition: CommandDefinition<Input, Answer>, input: Input, idempotencyKey: string): Promise<Answer> {
    const { answer, refusal } = await this.bus.execute(definition, input, { actor: { role: "system", id: "trader" }, idempotencyKey });
    if (refusal || answer === null) throw new Error(`${definition.name} was refused: ${JSON.stringify(refusal)}`);
    return answer;
  }
}
