import { describe, expect, it } from "@jest/globals";
import { orderDecider, type OrderCommand } from "../../src/commands/orders/order.decider.js";
import { bookedParcelLines, heldLines, knowsParcel } from "../../src/commands/orders/order-units.js";
import type { OrderEvent, OrderLine } from "../../src/events/orders.js";
import { fold } from "../../src/kernel/decider.js";
import { specification } from "../support/specification.js";

const given = specification(orderDecider);
const orderId = "o1";
const line = (sku: string, quantity: number): OrderLine => ({
  sku, name: sku, quantity, unitPriceMinor: 100, unitWeightGrams: 10, taxBasisPoints: 0, netMinor: 100 * quantity, taxMinor: 0,
});
const lines = [line("TEA", 2), line("CUP", 1)];
const totals = { currency: "EUR", linesMinor: 300, shippingMinor: 0, taxMinor: 0, totalMinor: 300 };

const placed: OrderEvent = { type: "OrderPlaced", orderId, customerId: "c1", lines, totals, stock: [] };
const paid: OrderEvent = { type: "OrderPaid", orderId, customerId: "c1", paymentId: "p1", lines: lines.map(({ sku, quantity, unitWeightGrams }) => ({ sku, quantity, unitWeightGrams })) };
const first = [{ sku: "TEA", quantity: 2 }];
const second = [{ sku: "CUP", quantity: 1 }];
const firstBooked: OrderEvent = { type: "OrderParcelBooked", orderId, shipmentId: "s1", lines: first };
const allocated: OrderEvent = { type: "OrderAllocated", orderId, shipmentId: "s2", lines: second };
const left = (shipmentId: string): OrderEvent => ({ type: "OrderParcelShipped", orderId, shipmentId, stock: [] });
const arrived = (shipmentId: string): OrderEvent => ({ type: "OrderParcelDelivered", orderId, shipmentId });
const cancelled = { type: "OrderCancelled", orderId, reason: "changed my mind", cause: "request", revertedMinor: 300, refundPaymentId: null, shipmentIds: [], stock: [] } as const satisfies OrderEvent;

const place: OrderCommand = { type: "PlaceOrder", orderId, customerId: "c1", lines, totals, stock: [] };
const cancel: OrderCommand = { type: "CancelOrder", orderId, reason: "changed my mind", cause: "request", stock: [] };
const pay: OrderCommand = { type: "ConfirmPayment", orderId, paymentId: "p1" };
const hold: OrderCommand = { type: "PutOnHold", orderId, reason: "no address" };
const book = (shipmentId: string, parcel = first): OrderCommand => ({ type: "ConfirmParcelBooked", orderId, shipmentId, lines: parcel, parcelCount: 2 });
const leave = (shipmentId: string): OrderCommand => ({ type: "ConfirmParcelLeft", orderId, shipmentId, stock: [] });
const deliver = (shipmentId: string): OrderCommand => ({ type: "ConfirmParcelDelivered", orderId, shipmentId });

describe("placing an order", () => {
  it("takes it", () => given().when(place).then(placed));
  it("says nothing new when it is there", () => given(placed).when(place).thenNothing());
  it("comes before all else", () => {
    for (const command of [cancel, pay, hold, book("s1"), leave("s1"), deliver("s1")]) given().when(command).refuses("ORDER_UNKNOWN");
  });
});

describe("paying an order", () => {
  it("is told once", () => given(placed).when(pay).then(paid));
  it("says nothing new when the news comes twice", () => given(placed, paid).when(pay).thenNothing());
  it("wants the money to go back when the order is over", () =>
    given(placed, cancelled).when(pay).then({ type: "OrderPaymentUnwanted", orderId, paymentId: "p1" }));
  it("sends it back once", () => given(placed, cancelled, { type: "OrderPaymentUnwanted", orderId, paymentId: "p1" }).when(pay).thenNothing());
});

describe("an order in parcels", () => {
  const booked = [placed, paid, firstBooked] as const;
  const both = [...booked, allocated] as const;
  it("is allocated with its last parcel", () => {
    given(placed, paid).when(book("s1")).then(firstBooked);
    given(...booked).when(book("s2", second)).then(allocated);
  });
  it("hears of a booking once", () => given(...booked).when(book("s1")).thenNothing());
  it("does not want a parcel when it is over", () =>
    given(placed, paid, cancelled).when(book("s1")).then({ type: "OrderShipmentUnwanted", orderId, shipmentId: "s1", lines: first }));
  it("ships a parcel once, and only one that it knows", () => {
    given(...both).when(leave("s1")).then(left("s1"));
    given(...both, left("s1")).when(leave("s1")).thenNothing();
    given(...both).when(leave("s9")).thenNothing();
  });
  it("is delivered with its last parcel", () => {
    given(...both, left("s1"), left("s2")).when(deliver("s1")).then(arrived("s1"));
    given(...both, left("s1"), left("s2"), arrived("s1")).when(deliver("s2")).then({ type: "OrderDelivered", orderId, shipmentId: "s2" });
  });
  it("is not delivered while a parcel is still to be booked", () =>
    given(...booked, left("s1")).when(deliver("s1")).then(arrived("s1")));
  it("is delivered by a parcel that was booked after all others had arrived", () =>
    given(...booked, left("s1"), arrived("s1"), allocated, left("s2")).when(deliver("s2")).then({ type: "OrderDelivered", orderId, shipmentId: "s2" }));
  it("does not deliver what has not left", () => given(...both).when(deliver("s1")).thenNothing());
});

describe("cancelling an order", () => {
  it("calls off an order that has not left, with its money and its parcels", () => {
    given(placed).when(cancel).then(cancelled);
    given(placed, paid, firstBooked).when(cancel).then({ ...cancelled, refundPaymentId: "p1", shipmentIds: ["s1"] });
  });
  it("says nothing new when asked twice", () => given(placed, cancelled).when(cancel).thenNothing());
  it("refuses once a courier holds a parcel", () => {
    given(placed, paid, firstBooked, allocated, left("s1")).when(cancel).refuses("ORDER_NOT_CANCELLABLE");
    given(placed, paid, firstBooked, left("s1"), arrived("s1")).when(cancel).refuses("ORDER_NOT_CANCELLABLE");
  });
  it("lets no parcel of it leave", () => given(placed, paid, firstBooked, cancelled).when(leave("s1")).thenNothing());
});

describe("an order on hold", () => {
  const held: OrderEvent = { type: "OrderPutOnHold", orderId, reason: "no address" };
  it("is put there once", () => {
    given(placed, paid).when(hold).then(held);
    given(placed, paid, held).when(hold).thenNothing();
  });
  it("can be called off", () => given(placed, paid, held).when(cancel).then({ ...cancelled, refundPaymentId: "p1" }));
  it("is not for one that is over or has left", () => {
    given(placed, cancelled).when(hold).thenNothing();
    given(placed, paid, firstBooked, left("s1")).when(hold).thenNothing();
  });
});

describe("what an order holds in stock", () => {
  const orderOf = (...events: readonly OrderEvent[]) => fold(orderDecider, events);
  it("is its lines less what has left", () => {
    expect(heldLines(orderOf(placed))).toEqual([{ sku: "TEA", quantity: 2 }, { sku: "CUP", quantity: 1 }]);
    expect(heldLines(orderOf(placed, paid, firstBooked, allocated, left("s1")))).toEqual(second);
  });
  it("is nothing when it is over", () => expect(heldLines(orderOf(placed, cancelled))).toEqual([]));
  it("leaves with a parcel that is booked", () => {
    expect(bookedParcelLines(orderOf(placed, paid, firstBooked), "s1")).toEqual(first);
    expect(bookedParcelLines(orderOf(placed, paid, firstBooked, left("s1")), "s1")).toEqual([]);
  });
  it("is told of a parcel after its booking, also where it does not want it any more", () => {
    expect(knowsParcel(orderOf(placed, paid), "s1")).toBe(false);
    expect(knowsParcel(orderOf(placed, paid, firstBooked), "s1")).toBe(true);
    expect(knowsParcel(orderOf(placed, cancelled), "s1")).toBe(false);
    expect(knowsParcel(orderOf(placed, cancelled, { type: "OrderShipmentUnwanted", orderId, shipmentId: "s1" }), "s1")).toBe(true);
  });
});
