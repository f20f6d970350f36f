import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { confirmPayment } from "../../src/commands/orders/follow-order.js";
import { orderProcess, orderProcessHandler } from "../../src/commands/orders/order.process.js";
import { bookConsumer, bookHandler, shipmentIdOf } from "../../src/commands/shipping/book.job.js";
import { shipmentStream } from "../../src/commands/shipping/shipment/shipment.decider.js";
import type { OrderPaid } from "../../src/events/orders.js";
import type { BookingRequest, Courier } from "../../src/gateways/couriers/courier-port.js";
import type { EventJob } from "../../src/kernel/consumer.js";
import { GatewayError } from "../../src/platform/http-client/gateway-error.js";
import { readEvents, readState } from "../../src/platform/jobs/event-reader.js";
import type { JobAttemptInfo } from "../../src/platform/jobs/job-handler.js";
import { by, openShop, order, type Shop, type TestBus } from "../bus/shop.js";
import { plainMarket } from "../support/plain-market.js";

const info: JobAttemptInfo = { jobId: "j", attempt: 1, last: false, correlate: () => undefined, signal: new AbortController().signal };

describe("booking a paid order's parcels", () => {
  let shop: Shop;
  let bus: TestBus;
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

  beforeAll(async () => {
    shop = await openShop();
    bus = shop.process();
    await shop.stock({ TEA: 100_000 });
  });
  afterAll(() => shop.close());

  /** A paid order of `units` of 100 g, and the job of its booking. */
  async function paid(units: number): Promise<{ orderId: string; job: EventJob<OrderPaid> }> {
    booked = [];
    failAt = null;
    mostAtOnce = 0;
    const { commandId: orderId } = await order(bus, { TEA: units });
    await bus.execute(confirmPayment, { orderId, paymentId: "p1" }, by({ role: "system", id: orderProcess.queue }));
    const events = await readEvents(shop.pool, [{ streamId: `order-${orderId}`, version: 2, correlationId: orderId }]);
    return { orderId, job: events.get(`order-${orderId}@2`) as EventJob<OrderPaid> };
  }
  const alerts = { raise: () => Promise.resolve(), resolve: () => Promise.resolve() };
  const book = (job: EventJob<OrderPaid>): Promise<void> => bookHandler({
    bus, pool: shop.pool, alerts, market: plainMarket([courier]), bookTimeoutMs: 2_000, parcelLimits: { maxGrams: 1_000, maxMm: [1_200, 600, 600] },
  })(job, info);

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
