import { describe, expect, it } from "@jest/globals";
import type { OrderEvent, OrderPlaced } from "../../src/events/orders.js";
import type { PaymentEvent } from "../../src/events/payments.js";
import type { ShipmentEvent } from "../../src/events/shipping.js";
import type { PrimaryReader } from "../../src/platform/http/request-context.js";
import { orderLaws } from "../../src/queries/operations/invariant-laws.js";
import { pictureOf, streamFacts, type OrderPicture } from "../../src/queries/operations/invariant-picture.js";
import { readTruth } from "../../src/queries/operations/invariant-truth.reader.js";
import { bookingFacts } from "../support/booked-parcel.js";

const [orderId, paymentId] = ["11111111-1111-5111-8111-111111111111", "22222222-2222-5222-8222-222222222222"];
const of = { orderId, paymentId, currency: "EUR", provider: "stripe" };
type Told = OrderEvent | PaymentEvent | ShipmentEvent;

const stock = (onHandDelta: number, reservedDelta: number) => [{ sku: "LAMP", onHandDelta, reservedDelta, onHand: 0, reserved: 0, version: 1 }];
const placed: OrderPlaced = {
  type: "OrderPlaced", orderId, customerId: "ann", stock: stock(0, 3), totals: { currency: "EUR", linesMinor: 3_000, shippingMinor: 0, taxMinor: 0, totalMinor: 3_000 },
  lines: [{ sku: "LAMP", name: "Lamp", quantity: 3, unitPriceMinor: 1_000, unitWeightGrams: 1, taxBasisPoints: 0, netMinor: 3_000, taxMinor: 0 }],
};
const captured: PaymentEvent = { type: "PaymentCaptured", ...of, amountMinor: 3_000, providerReference: "pi_1" };
const paid: OrderEvent = { type: "OrderPaid", orderId, customerId: "ann", paymentId, lines: [] };
const refunded = (amountMinor: number, cause: "LINES_CANCELLED" | "RETURNED"): PaymentEvent => ({ type: "PaymentRefunded", ...of, amountMinor, refundReference: cause, refundId: cause, reason: "", cause });
const linesCancelled: OrderEvent = { type: "OrderLinesCancelled", orderId, customerId: "ann", reason: "", cancelled: [{ sku: "LAMP", quantity: 1 }], revertedMinor: 1_000, refundPaymentId: paymentId, shipmentIds: ["p1"], lines: [], packing: 2, stock: stock(0, -1) };
const booked = (shipmentId: string, quantity: number): Told[] => [
  { type: "ShipmentBooked", ...bookingFacts, shipmentId, orderId, courierId: "swift", bookingReference: "b", trackingCode: shipmentId, lines: [{ sku: "LAMP", quantity }], weightGrams: 1, parcelCount: 1 },
  { type: "OrderAllocated", orderId, shipmentId, lines: [{ sku: "LAMP", quantity }] },
];
const shipped: OrderEvent = { type: "OrderParcelShipped", orderId, shipmentId: "p2", stock: stock(-2, -2) };
const delivered: OrderEvent = { type: "OrderDelivered", orderId, shipmentId: "p2" };
const inspected: OrderEvent = {
  type: "OrderReturnInspected", orderId, returnId: "r", inspected: [{ sku: "LAMP", restocked: 1, scrapped: 1, refused: 0 }], revertedMinor: 2_000, refundPaymentId: paymentId, complete: true, stock: stock(1, 0),
};
const wholeLife: Told[] = [
  placed, captured, paid, ...booked("p1", 3), linesCancelled, refunded(1_000, "LINES_CANCELLED"), ...booked("p2", 2), shipped, delivered,
  { type: "OrderReturnRequested", orderId, returnId: "r", reason: "", lines: [{ sku: "LAMP", quantity: 2 }] }, inspected, refunded(2_000, "RETURNED"),
  // The parcel of its former packing left all the same, and is back.
  { type: "OrderParcelStrayed", orderId, shipmentId: "p1", lines: [{ sku: "LAMP", quantity: 3 }], stock: stock(-3, 0) },
  { type: "OrderReturnRequested", orderId, returnId: "r1", reason: "", lines: [{ sku: "LAMP", quantity: 3 }], shipmentId: "p1", cause: "left_after_cancellation", refund: "inspection" },
  {
    type: "OrderReturnInspected", orderId, returnId: "r1", shipmentId: "p1", stray: true, inspected: [{ sku: "LAMP", restocked: 2, scrapped: 1, refused: 0 }], revertedMinor: 0,
    refundPaymentId: paymentId, complete: true, stock: stock(2, 0),
  },
];

/** A primary whose log holds these events, and nothing else. */
function primaryOf(events: readonly Told[]): PrimaryReader {
  const versions = new Map<string, number>();
  const rows = events.map((event, index) => {
    const { type, ...data } = event;
    const category = type.startsWith("Order") ? "order" : type.startsWith("Shipment") ? "shipment" : "payment";
    const id = category === "order" ? orderId : category === "payment" ? paymentId : (event as ShipmentEvent).shipmentId;
    const stream_id = `${category}-${id}`;
    versions.set(stream_id, (versions.get(stream_id) ?? 0) + 1);
    return { arrival: 0, position: String(index + 1), event_id: "00000000-0000-7000-8000-000000000000", stream_category: category, stream_id, version: versions.get(stream_id), type, schema_version: 1, data, metadata: {}, recorded_at: "2026-01-01T00:00:00.000Z" };
  });
  return {
    async query<Row extends object>(text: string, values: readonly unknown[]) {
      const found = text.includes("pgboss.queue") ? [] : text.includes("underWay") ? [{ underWay: false }] : rows.filter(({ stream_id }) => (values[0] as string[]).includes(stream_id));
      return found as unknown as readonly Row[];
    },
  };
}

async function judged(events: readonly Told[]): Promise<string[]> {
  const unknown: OrderPicture = pictureOf(orderId, streamFacts([]), { order: null, payments: [], shipments: [], reservations: [], ledger: [] });
  const { picture } = await readTruth(primaryOf(events), unknown, paymentId);
  return orderLaws.flatMap(({ name, judge }) => {
    const found = judge(picture);
    return found === null ? [] : [`${name}: ${found}`];
  });
}

describe("an order that has been through everything", () => {
  it("breaks no law at its end", async () => expect(await judged(wholeLife)).toEqual([]));

  // Between its events only what is still to be done is missing, and a job does it.
  it.each(wholeLife.map((event, index) => [event.type, index] as const))("breaks none after %s that nothing can explain", async (_type, index) => {
    const explicable = new Set(orderLaws.filter((law) => law.explicable).map(({ name }) => name));
    expect((await judged(wholeLife.slice(0, index + 1))).filter((text) => !explicable.has(text.split(":")[0]!))).toEqual([]);
  });

  it.each<[string, Told, Told, string]>([
    ["gave back a cent less for what came back", refunded(2_000, "RETURNED"), refunded(1_999, "RETURNED"), "paid_is_owed: 1 more were kept than are owed"],
    ["restocked what it did not", inspected, { ...inspected, stock: [] }, "stock_follows_order: -1 of LAMP are to be set aside for it, 0 are"],
    ["kept aside what was called off", linesCancelled, { ...linesCancelled, stock: [] }, "stock_follows_order: 0 of LAMP are to be set aside for it, 1 are"],
    ["sent another number than it was to", shipped, { ...shipped, stock: stock(-1, -1) }, "stock_follows_order: it is RETURNED, and 1 of LAMP have not left"],
  ])("that %s does", async (_name, event, instead, text) => {
    expect(await judged(wholeLife.map((each) => (JSON.stringify(each) === JSON.stringify(event) ? instead : each)))).toEqual([text]);
  });
});
