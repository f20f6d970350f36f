import type { Pool } from "pg";
import type { OrderEvent, OrderLinesCancelled, OrderReturnInspected } from "../../events/orders.js";
import type { PaymentEvent } from "../../events/payments.js";
import type { ParcelLine } from "../../events/shipping.js";
import { batchedRead } from "../../platform/jobs/batched-read.js";
import type { IssueInvoiceInput } from "./issue-invoice.js";

interface OfOrder {
  readonly orderId: string;
  readonly paymentId: string;
}

/** What an order and its payment say of each other. */
export interface BillingFacts {
  /** Whether the order took the money, gave it back unwanted, or has not heard of it yet. */
  readonly money: "taken" | "unwanted" | "unheard";
  /** Null where the money was not taken, or was none. */
  readonly toBill: IssueInvoiceInput | null;
  /** The refund whose documents one has: another where it makes that good, which came to nothing. */
  readonly firstOf: (refundId: string) => string;
  /** What a refund is for, as far as an event of the order made it; empty where that is not known. */
  readonly returnedFor: (refundId: string) => readonly ParcelLine[];
}

interface EventRow {
  readonly stream_id: string;
  readonly event_id: string;
  readonly causation_id: string;
  readonly type: string;
  readonly data: object;
}

type Told = Pick<EventRow, "event_id" | "causation_id"> & { readonly event: OrderEvent | PaymentEvent };

const types: readonly (OrderEvent | PaymentEvent)["type"][] = [
  "OrderPlaced", "OrderPaid", "OrderReinstated", "OrderPaymentCaptured", "OrderPaymentUnwanted", "OrderLinesCancelled", "OrderReturnArrived", "OrderReturnInspected",
  "PaymentCaptured", "RefundRequested",
];

/** Reads orders with their payments from the primary, without a lock; asked by a batch of jobs at once, it is one query. */
export function billingReader(pool: Pool): (of: OfOrder) => Promise<BillingFacts> {
  const loader = batchedRead<string, readonly Told[]>(async (streamIds) => {
    const { rows } = await pool.query<EventRow>({
      name: "invoices_facts",
      text: `SELECT stream_id, event_id, metadata->>'causationId' AS causation_id, type, data FROM event_log
             WHERE stream_id = ANY($1::text[]) AND type = ANY($2::text[]) ORDER BY stream_id, version`,
      values: [streamIds, types],
    });
    const byStream = Map.groupBy(rows, ({ stream_id }) => stream_id);
    return streamIds.map((streamId) => (byStream.get(streamId) ?? []).map(({ type, data, ...ids }) => ({ ...ids, event: { type, ...data } as Told["event"] })));
  });
  return async ({ orderId, paymentId }) => {
    const [order, payment] = await Promise.all([loader.load(`order-${orderId}`), loader.load(`payment-${paymentId}`)]);
    return factsOf({ orderId, paymentId }, order, payment);
  };
}

function factsOf({ orderId, paymentId }: OfOrder, order: readonly Told[], payment: readonly Told[]): BillingFacts {
  const taken = order.findIndex(({ event }) => takesMoney(event, paymentId));
  const requestOf = (refundId: string) => payment.find(({ event }) => event.type === "RefundRequested" && event.refundId === refundId);
  const unwanted = order.some(({ event }) => event.type === "OrderPaymentUnwanted" && event.paymentId === paymentId);
  return {
    money: taken >= 0 ? "taken" : unwanted ? "unwanted" : "unheard",
    // What was called off later was charged, and goes back: so this is the same whenever it is read.
    toBill: taken < 0 ? null : toBill(orderId, paymentId, order.slice(0, taken), payment),
    firstOf: (refundId) => {
      const request = requestOf(refundId)?.event;
      return request?.type === "RefundRequested" ? request.repeats ?? refundId : refundId;
    },
    returnedFor: (refundId) => {
      const cause = order.find(({ event_id }) => event_id === requestOf(refundId)?.causation_id)?.event;
      if (cause?.type === "OrderReturnArrived") return cause.lines;
      return cause?.type === "OrderLinesCancelled" || cause?.type === "OrderReturnInspected" ? returnedBy(cause) : [];
    },
  };
}

/** Set aside at the buyer's bank is not taken. */
export function takesMoney(event: OrderEvent | PaymentEvent, paymentId: string): boolean {
  switch (event.type) {
    case "OrderPaid":
    case "OrderReinstated":
      return event.paymentId === paymentId && event.authorized !== true;
    case "OrderPaymentCaptured":
      return event.paymentId === paymentId;
    default:
      return false;
  }
}

function toBill(orderId: string, paymentId: string, before: readonly Told[], payment: readonly Told[]): IssueInvoiceInput | null {
  const placed = before.map(({ event }) => event).find((event) => event.type === "OrderPlaced");
  const captured = payment.map(({ event }) => event).find((event) => event.type === "PaymentCaptured");
  if (!placed || !captured) throw new Error(`order ${orderId} has money that nobody took`);
  if (captured.amountMinor === 0) return null;
  return {
    orderId, paymentId, customerId: placed.customerId, currency: captured.currency, capturedMinor: captured.amountMinor, totals: placed.totals,
    lines: placed.lines.map(({ sku, name, quantity, unitPriceMinor, taxBasisPoints, taxMinor }) => ({ sku, name, quantity, unitPriceMinor, taxBasisPoints, taxMinor })),
    calledOff: before.map(({ event }) => event).filter((event) => event.type === "OrderLinesCancelled")
      .map(({ cancelled, revertedMinor }) => ({ lines: cancelled, revertedMinor })),
  };
}

function returnedBy(event: OrderLinesCancelled | OrderReturnInspected): readonly ParcelLine[] {
  if (event.type === "OrderLinesCancelled") return event.cancelled;
  return event.inspected.map(({ sku, restocked, scrapped }) => ({ sku, quantity: restocked + scrapped })).filter(({ quantity }) => quantity > 0);
}
