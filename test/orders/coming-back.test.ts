import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { reserveUnitsWith } from "../../src/commands/inventory/reserve-units.js";
import { receiveUnits } from "../../src/commands/inventory/receive-units.js";
import { holdOrder, resumeOrder } from "../../src/commands/orders/follow-order.js";
import { holdPolicy } from "../../src/commands/orders/hold-policy.job.js";
import { orderProcess } from "../../src/commands/orders/order.process.js";
import { placeReservedOrderWith } from "../../src/commands/orders/place-order.js";
import { bookConsumer } from "../../src/commands/shipping/book.job.js";
import type { OrderCancelled, OrderPaymentDeclined, OrderPutOnHold } from "../../src/events/orders.js";
import type { PaymentEvent } from "../../src/events/payments.js";
import type { ShipmentImpossible } from "../../src/events/shipping.js";
import type { EventJob } from "../../src/kernel/consumer.js";
import { newId } from "../../src/kernel/ids.js";
import { by, customer, operator } from "../bus/shop.js";
import { Dispatch, system } from "./dispatch.js";

let desk: Dispatch;
beforeAll(async () => { desk = await Dispatch.open(); });
afterAll(() => desk.shop.close());

/** News of the payment, as the order's process is handed it. */
function news(event: PaymentEvent | ShipmentImpossible, recordedAt = new Date().toISOString()): EventJob {
  return { eventId: newId(), streamId: "payment-p", version: 1, recordedAt, correlationId: event.orderId, event };
}
const charge = (orderId: string) => ({ paymentId: `p-${orderId}`, orderId, amountMinor: 1, currency: "EUR", provider: "test", providerReference: "pi" });
const captured = (orderId: string): EventJob => news({ type: "PaymentCaptured", ...charge(orderId) });
const authorized = (orderId: string): EventJob => news({ type: "PaymentAuthorized", ...charge(orderId), attempt: 1 });
const declined = (orderId: string, retrySeconds: number, recordedAt?: string): EventJob =>
  news({ type: "PaymentDeclined", orderId, paymentId: `p-${orderId}`, attempt: 1, code: "card_declined", retrySeconds }, recordedAt);
const hear = (job: EventJob): Promise<void> => desk.run(orderProcess.queue, job);

describe("money that comes for an order that was called off for want of it", () => {
  it("takes its units again, once, and the order is sent", async () => {
    await desk.shop.stock({ ONE: 5 });
    const orderId = await desk.place({ ONE: 5 });
    await desk.callOff(orderId, "payment_deadline");
    expect(await desk.shop.stockOf("ONE")).toMatchObject({ onHand: 5, reserved: 0 });
    const job = captured(orderId);
    await hear(job);
    await hear(job); // the job comes twice
    expect(await desk.types(orderId)).toEqual(["OrderPlaced", "OrderCancelled", "OrderReinstated"]);
    expect(await desk.shop.stockOf("ONE")).toMatchObject({ onHand: 5, reserved: 5 });
    await desk.work();
    expect(await desk.order(orderId)).toMatchObject({ status: "ALLOCATED", revertedMinor: 0, money: "captured" });
    await desk.callOff(orderId, "request");
    expect(await desk.last<OrderCancelled>(orderId, "OrderCancelled")).toMatchObject({ refundPaymentId: `p-${orderId}` });
  });

  it("takes all or none of them, and goes back where some are gone", async () => {
    await desk.shop.stock({ LEFT: 2, GONE: 2 });
    const orderId = await desk.place({ LEFT: 2, GONE: 2 });
    await desk.callOff(orderId, "payment_deadline");
    await desk.place({ GONE: 1 });
    const before = [await desk.shop.stockOf("LEFT"), await desk.shop.stockOf("GONE")];
    const job = authorized(orderId);
    await hear(job);
    await hear(job);
    expect([await desk.shop.stockOf("LEFT"), await desk.shop.stockOf("GONE")]).toEqual(before);
    await hear(captured(orderId)); // taken all the same
    expect(await desk.types(orderId)).toEqual(["OrderPlaced", "OrderCancelled", "OrderPaymentUnwanted", "OrderPaymentUnwanted"]);
  });

  it("goes back where the buyer called it off", async () => {
    await desk.shop.stock({ MIND: 2 });
    const orderId = await desk.place({ MIND: 2 });
    await desk.callOff(orderId, "request");
    await hear(captured(orderId));
    expect(await desk.types(orderId)).toEqual(["OrderPlaced", "OrderCancelled", "OrderPaymentUnwanted"]);
    expect(await desk.shop.stockOf("MIND")).toMatchObject({ reserved: 0 });
  });

  it("of many orders for few units takes no unit twice", async () => {
    await desk.shop.stock({ FEW: 12 });
    const orderIds: string[] = [];
    // One after the other had them all, and gave them up.
    for (let number = 0; number < 6; number += 1) {
      const orderId = await desk.place({ FEW: 4 });
      await desk.callOff(orderId, "payment_deadline");
      orderIds.push(orderId);
    }
    await Promise.all(orderIds.map((orderId) => hear(captured(orderId))));
    const ends = await Promise.all(orderIds.map(async (orderId) => (await desk.types(orderId)).at(-1)));
    expect(ends.filter((type) => type === "OrderReinstated")).toHaveLength(3);
    expect(ends.filter((type) => type === "OrderPaymentUnwanted")).toHaveLength(3);
    expect(await desk.shop.stockOf("FEW")).toMatchObject({ onHand: 12, reserved: 12 });
  });

  it("takes the very same numbered units, or none", async () => {
    await desk.shop.stock({ SEAT: 0 });
    await desk.bus.execute(receiveUnits, { sku: "SEAT", units: ["x", "y"].map((unitId) => ({ unitId, row: null, place: null })) }, by(operator));
    const orderSeat = async (unitId: string): Promise<string> => {
      const reserved = await desk.bus.execute(reserveUnitsWith(600), { buyer: "customer:c1", lines: [{ sku: "SEAT", quantity: 1, unitIds: [unitId], adjacent: false }] }, by(customer));
      const tariff = { currency: "EUR", baseMinor: 0, perKilogramMinor: 0, taxBasisPoints: 0 };
      return (await desk.bus.execute(placeReservedOrderWith(tariff), { customerId: "c1", reservationId: reserved.answer?.reservationId ?? "", guest: null }, by(customer))).commandId;
    };
    const [again, gone] = [await orderSeat("x"), await orderSeat("y")];
    for (const orderId of [again, gone]) await desk.callOff(orderId, "payment_deadline");
    const other = await orderSeat("y");
    for (const orderId of [again, gone]) await hear(captured(orderId));
    expect([(await desk.types(again)).at(-1), (await desk.types(gone)).at(-1)]).toEqual(["OrderReinstated", "OrderPaymentUnwanted"]);
    const { rows } = await desk.shop.pool.query(`SELECT unit_id, state, order_id FROM stock_unit WHERE sku = 'SEAT' ORDER BY unit_id`);
    expect(rows).toEqual([{ unit_id: "x", state: "sold", order_id: again }, { unit_id: "y", state: "sold", order_id: other }]);
  });
});

describe("a payment that was refused", () => {
  it("leaves the order its units until the time is over that the first refusal began", async () => {
    await desk.shop.stock({ TRY: 9 });
    const orderId = await desk.place({ TRY: 1 });
    const at = Date.now();
    await hear(declined(orderId, 600, new Date(at).toISOString()));
    await hear(declined(orderId, 600, new Date(at + 60_000).toISOString()));
    expect(await desk.last<OrderPaymentDeclined>(orderId, "OrderPaymentDeclined")).toMatchObject({ code: "card_declined", payBefore: new Date(at + 600_000).toISOString() });
    expect(await desk.order(orderId)).toMatchObject({ status: "PLACED" });
    expect(await desk.shop.stockOf("TRY")).toMatchObject({ reserved: 1 });
    await hear(captured(orderId));
    expect(await desk.order(orderId)).toMatchObject({ status: "PAID" });
  });

  it("ends an order that has no time left", async () => {
    const now = await desk.place({ TRY: 1 });
    await hear(declined(now, 0));
    const late = await desk.place({ TRY: 1 });
    await hear(declined(late, 600, new Date(Date.now() - 700_000).toISOString()));
    for (const orderId of [now, late]) expect(await desk.last<OrderCancelled>(orderId, "OrderCancelled")).toMatchObject({ cause: "payment" });
    const failed = await desk.place({ TRY: 1 });
    await hear(news({ type: "PaymentFailed", orderId: failed, paymentId: "p", code: "never_known" }));
    expect(await desk.last<OrderCancelled>(failed, "OrderCancelled")).toMatchObject({ cause: "payment", reason: "payment failed: never_known" });
  });
});

describe("an order that waits", () => {
  const dispute = (orderId: string) => ({ orderId, paymentId: "p", disputeReference: "dp_1", amountMinor: 1, currency: "EUR", provider: "test" });
  const impossible = (orderId: string, packing?: number): EventJob => news({ type: "ShipmentImpossible", shipmentId: "s", orderId, reason: "no courier", ...(packing ? { packing } : {}) });
  const heldUp = async (): Promise<{ orderId: string; job: EventJob }> => {
    await desk.shop.stock({ WAIT: 5 });
    const orderId = await desk.place({ WAIT: 1 });
    await desk.pay(orderId);
    await hear(impossible(orderId));
    const [job] = (await desk.waiting(holdPolicy.queue)).filter(({ correlationId }) => correlationId === orderId);
    return { orderId, job: job! };
  };

  it("for a courier is called off by the shop's policy, when its time has come", async () => {
    const { orderId, job } = await heldUp();
    expect(await desk.last<OrderPutOnHold>(orderId, "OrderPutOnHold")).toMatchObject({ reason: "no courier", callOffAfterSeconds: 3_600 });
    const { rows } = await desk.shop.pool.query("SELECT extract(epoch FROM start_after - created_on)::int AS wait FROM pgboss.job WHERE name = $1 AND data->>'correlationId' = $2", [holdPolicy.queue, orderId]);
    expect(rows).toEqual([{ wait: 3_600 }]);
    await desk.run(holdPolicy.queue, job);
    await desk.run(holdPolicy.queue, job);
    expect(await desk.last<OrderCancelled>(orderId, "OrderCancelled")).toMatchObject({ cause: "hold", refundPaymentId: `p-${orderId}`, reason: "on hold for too long: no courier" });
  });

  it("for something else by then is left alone", async () => {
    const { orderId, job } = await heldUp();
    await desk.bus.execute(resumeOrder, { orderId, reason: "there is one" }, by(operator));
    await desk.bus.execute(holdOrder, { orderId, reason: "no courier" }, by(system));
    await desk.run(holdPolicy.queue, job);
    expect(await desk.order(orderId)).toMatchObject({ status: "ON_HOLD" });
    await desk.bus.execute(resumeOrder, { orderId, reason: "again" }, by(operator));
    await desk.work();
    expect(await desk.order(orderId)).toMatchObject({ status: "ALLOCATED" });
  });

  it("for a dispute goes on when that one was won, and waits for a person when it was lost", async () => {
    await desk.shop.stock({ WAIT: 5 });
    const orderId = await desk.place({ WAIT: 1 });
    await desk.send(orderId);
    await hear(news({ type: "PaymentDisputed", ...dispute(orderId), reason: "fraudulent" }));
    expect(await desk.order(orderId)).toMatchObject({ status: "ON_HOLD", stage: "DELIVERED" });
    expect((await desk.waiting(holdPolicy.queue)).filter(({ correlationId }) => correlationId === orderId)).toEqual([]);
    await hear(news({ type: "PaymentDisputeClosed", ...dispute(orderId), disputeReference: "dp_2", outcome: "won" }));
    await hear(news({ type: "PaymentDisputeClosed", ...dispute(orderId), outcome: "lost" }));
    expect(await desk.order(orderId)).toMatchObject({ status: "ON_HOLD" });
    await hear(news({ type: "PaymentDisputeClosed", ...dispute(orderId), outcome: "won" }));
    expect(await desk.order(orderId)).toMatchObject({ status: "DELIVERED" });
  });

  it("does not wait for couriers of a packing that is no longer wanted", async () => {
    await desk.shop.stock({ WAIT: 5 });
    const orderId = await desk.place({ WAIT: 2 });
    await desk.pay(orderId);
    await desk.cancelLines(orderId, { WAIT: 1 });
    await hear(impossible(orderId));
    expect(await desk.order(orderId)).toMatchObject({ status: "PAID", packing: 2 });
    await hear(impossible(orderId, 2));
    expect(await desk.order(orderId)).toMatchObject({ status: "ON_HOLD" });
    await desk.work([bookConsumer.queue]);
  });
});
