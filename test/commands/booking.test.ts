import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { cancelOrder } from "../../src/commands/orders/cancel-order.js";
import { confirmPayment } from "../../src/commands/orders/follow-order.js";
import { orderProcess, orderProcessHandler } from "../../src/commands/orders/order.process.js";
import { bookConsumer, bookHandler, shipmentIdOf } from "../../src/commands/shipping/book.job.js";
import type { ShippingJobs } from "../../src/commands/shipping/courier-desk.process.js";
import { settleHandler } from "../../src/commands/shipping/settle.job.js";
import { shipmentStream } from "../../src/commands/shipping/shipment/shipment.decider.js";
import type { OrderPaid } from "../../src/events/orders.js";
import type { ShipmentAttemptFailed } from "../../src/events/shipping.js";
import type { BookingRequest, Courier } from "../../src/gateways/couriers/courier-port.js";
import type { EventJob } from "../../src/kernel/consumer.js";
import { GatewayError } from "../../src/platform/http-client/gateway-error.js";
import { readEvents, readState } from "../../src/platform/jobs/event-reader.js";
import type { JobAttemptInfo } from "../../src/platform/jobs/job-handler.js";
import { by, openShop, order, type Shop, type TestBus } from "../bus/shop.js";
import { until } from "../replication/until.js";
import { plainMarket } from "../support/plain-market.js";

const info: JobAttemptInfo = { jobId: "j", attempt: 1, last: false, correlate: () => undefined, signal: new AbortController().signal };

let shop: Shop;
let bus: TestBus;
beforeAll(async () => {
  shop = await openShop();
  bus = shop.process();
  await shop.stock({ TEA: 100_000 });
});
afterAll(() => shop.close());

/** A paid order of `units` of 100 g, and the job of its booking. */
async function paidOrder(units: number): Promise<{ orderId: string; job: EventJob<OrderPaid> }> {
  const { commandId: orderId } = await order(bus, { TEA: units });
  await bus.execute(confirmPayment, { orderId, paymentId: "p1" }, by({ role: "system", id: orderProcess.queue }));
  const events = await readEvents(shop.pool, [{ streamId: `order-${orderId}`, version: 2, correlationId: orderId }]);
  return { orderId, job: events.get(`order-${orderId}@2`) as EventJob<OrderPaid> };
}

function jobsWith(couriers: readonly Courier[], bookTimeoutMs = 2_000): ShippingJobs {
  const alerts = { raise: () => Promise.resolve(), resolve: () => Promise.resolve() };
  return { bus, pool: shop.pool, alerts, market: plainMarket(couriers), bookTimeoutMs, parcelLimits: { maxGrams: 1_000, maxMm: [1_200, 600, 600] } };
}

describe("booking a paid order's parcels", () => {
  let booked: BookingRequest[] = [];
  let failAt: number | null = null;
  let mostAtOnce = 0;
  let atOnce = 0;
  /** A courier that costs nothing. */
  const courier = {
    id: "swift",
    async book(request: BookingRequest) {
      atOnce += 1;
      mostAtOnce = Math.max(mostAtOnce, atOnce);
      await new Promise((resolve) => { setImmediate(resolve); });
      atOnce -= 1;
      if (booked.length === failAt) throw new GatewayError("unavailable", "the courier is down", { inDoubt: false });
      booked.push(request);
      return { bookingReference: `b-${request.shipmentId}`, trackingCode: `t-${request.shipmentId}` };
    },
  } as unknown as Courier;

  function paid(units: number): ReturnType<typeof paidOrder> {
    booked = [];
    failAt = null;
    mostAtOnce = 0;
    return paidOrder(units);
  }
  const book = (job: EventJob<OrderPaid>): Promise<void> => bookHandler(jobsWith([courier]))(job, info);

  it("books each parcel, a few at once", async () => {
    const { orderId, job } = await paid(245);
    await book(job);
    expect(booked.map(({ weightGrams }) => weightGrams).sort((one, two) => one - two)).toEqual([500, ...Array.from({ length: 24 }, () => 1_000)]);
    expect(mostAtOnce).toBeLessThanOrEqual(10);
    expect(await readState(shop.pool, shipmentStream, shipmentIdOf(orderId, 1, 24))).toMatchObject({ booking: "booked", orderId });
  });

  it("goes on with the others where some have to wait, and then with those", async () => {
    const { orderId, job } = await paid(245);
    failAt = 12;
    await expect(book(job)).rejects.toMatchObject({ heldBack: true, message: expect.stringContaining("swift: unavailable") });
    expect(booked).toHaveLength(12);
    failAt = null;
    await book(job);
    expect(new Set(booked.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(25);
    const { rows } = await shop.pool.query("SELECT FROM event_log WHERE type = 'ShipmentBooked' AND data->>'orderId' = $1", [orderId]);
    expect(rows).toHaveLength(25);
  });

  it("leaves an order of too many parcels to a person: it is put on hold, and no courier is asked", async () => {
    const { orderId, job } = await paid(10 * 201);
    await book(job);
    await book(job); // the job comes twice
    expect(booked).toEqual([]);
    const streamId = `shipment-${shipmentIdOf(orderId, 1, 0)}`;
    const events = await readEvents(shop.pool, [{ streamId, version: 1, correlationId: orderId }, { streamId, version: 2, correlationId: orderId }]);
    expect([...events.values()].map(({ event }) => event)).toMatchObject([{ type: "ShipmentImpossible", reason: "201 parcels are too many for a courier" }]);
    await orderProcessHandler(bus)([...events.values()][0] as never, info);
    const { rows } = await shop.pool.query("SELECT type FROM event_log WHERE stream_id = $1 ORDER BY version DESC LIMIT 1", [`order-${orderId}`]);
    expect(rows).toEqual([{ type: "OrderPutOnHold" }]);
  });

  it("is a job of the payment's event", async () => {
    const { orderId } = await paid(1);
    const { rows } = await shop.pool.query("SELECT FROM pgboss.job WHERE name = $1 AND data->>'correlationId' = $2", [bookConsumer.queue, orderId]);
    expect(rows).toHaveLength(1);
  });
});

describe("couriers that say no", () => {
  const refusal = (code: string): GatewayError => new GatewayError("rejected", `no: ${code}`, { inDoubt: false, status: 422, code });
  const unknown = new GatewayError("rejected", "no such call", { inDoubt: false, status: 404, code: "not_found" });
  const lost = new GatewayError("timeout", "no answer", { inDoubt: true });
  const asked: BookingRequest[] = [];
  /** Answers each call with the next of these, and takes the parcel when there are no more. */
  const courier = (id: string, ...answers: readonly GatewayError[]): Courier => {
    const left = [...answers];
    return {
      id,
      async book(request: BookingRequest) {
        asked.push(request);
        const answer = left.shift();
        if (answer) throw answer;
        return { bookingReference: `${id}-${request.idempotencyKey}`, trackingCode: `t-${id}-${request.shipmentId}` };
      },
      find: () => Promise.reject(unknown),
    } as unknown as Courier;
  };
  const shipmentOf = (orderId: string) => readState(shop.pool, shipmentStream, shipmentIdOf(orderId, 1, 0));
  const statesOf = async (orderId: string) => (await shipmentOf(orderId)).attempts.map(({ courierId, state, forGood }) => `${courierId} ${state}${forGood ? " for good" : ""}`);

  it("are passed over for the next one, and what never left is in doubt nowhere", async () => {
    const held = new GatewayError("unavailable", "its breaker is open", { inDoubt: false, heldBack: true, code: "held_breaker", retryAfterSeconds: 1 });
    const { orderId, job } = await paidOrder(1);
    await bookHandler(jobsWith([courier("comet", refusal("parcel_too_heavy")), courier("snail", held), courier("dales", refusal("rate_expired")), courier("steady")]))(job, info);
    expect(await statesOf(orderId)).toEqual(["comet failed for good", "snail failed", "dales failed", "steady booked"]);
  });

  it("to a parcel for good, all of them, put the order on hold", async () => {
    const { orderId, job } = await paidOrder(1);
    await bookHandler(jobsWith([courier("comet", refusal("destination_not_served")), courier("snail", refusal("parcel_too_heavy"))]))(job, info);
    expect(await shipmentOf(orderId)).toMatchObject({ booking: "impossible" });
    const { rows } = await shop.pool.query("SELECT data->>'reason' AS reason FROM event_log WHERE type = 'ShipmentImpossible' AND data->>'orderId' = $1", [orderId]);
    expect(rows).toEqual([{ reason: "no courier takes it: comet says destination_not_served, snail says parcel_too_heavy" }]);
  });

  it("one of them only for now, leave the parcel waiting, and are not asked again where they said no for good", async () => {
    const couriers = [courier("comet", refusal("destination_not_served")), courier("snail", refusal("rate_expired"))];
    const jobs = jobsWith(couriers);
    const { orderId, job } = await paidOrder(1);
    await expect(bookHandler(jobs)(job, info)).rejects.toMatchObject({ heldBack: true });
    expect(await shipmentOf(orderId)).toMatchObject({ booking: "absent", delayed: true });
    await bookHandler(jobs)(job, info);
    expect(await statesOf(orderId)).toEqual(["comet failed for good", "snail failed", "snail booked"]);
  });

  it("and one that cannot be asked after is asked once more with the same key: its answer tells", async () => {
    const jobs = jobsWith([courier("comet", lost), courier("snail")]);
    const { orderId, job } = await paidOrder(1);
    asked.length = 0;
    await bookHandler(jobs)(job, info);
    expect(await statesOf(orderId)).toEqual(["comet in_doubt", "snail booked"]);
    const shipmentId = shipmentIdOf(orderId, 1, 0);
    const failed = (await readEvents(shop.pool, [{ streamId: `shipment-${shipmentId}`, version: 3, correlationId: orderId }])).values().next().value as EventJob<ShipmentAttemptFailed>;
    expect(failed.event).toMatchObject({ type: "ShipmentAttemptFailed", inDoubt: true });
    await settleHandler(jobs)(failed, info);
    expect(asked[2]).toEqual(asked[0]);
    expect(await statesOf(orderId)).toEqual(["comet surplus", "snail booked"]);
  });

  it("and a worker that dies leave no call behind, also where the order was called off meanwhile", async () => {
    const { orderId, job } = await paidOrder(1);
    const dying = { ...courier("comet"), book: () => Promise.reject(new Error("the process is killed")) } as unknown as Courier;
    await expect(bookHandler(jobsWith([dying]))(job, info)).rejects.toThrow("killed");
    await bus.execute(cancelOrder, { orderId, reason: "", cause: "request" }, by({ role: "system", id: "test" }));
    const again = bookHandler(jobsWith([courier("comet")], 1));
    await expect(again(job, info)).rejects.toMatchObject({ heldBack: true });
    await until("the attempt is old enough", () => again(job, info).then(() => true, () => false));
    expect(await statesOf(orderId)).toEqual(["comet in_doubt"]);
  });
});
