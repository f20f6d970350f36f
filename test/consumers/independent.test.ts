import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { issueConsumer } from "../../src/commands/invoices/invoices.job.js";
import { noticesConsumer } from "../../src/commands/notices/notices.job.js";
import { discardDeadLetter, redriveDeadLetter } from "../../src/commands/operations/dead-letter-move.js";
import { raiseAlert } from "../../src/commands/operations/raise-alert.js";
import { captureConsumer } from "../../src/commands/payments/capture.job.js";
import { moveShipment } from "../../src/commands/shipping/shipment/record-shipment.js";
import { trackingConsumer } from "../../src/commands/shipping/tracking/follow-order.job.js";
import type { Consumer } from "../../src/kernel/consumer.js";
import { listDeadLetters, readerOf } from "../../src/platform/dead-letters/dead-letter.js";
import { by, operator } from "../bus/shop.js";
import { until } from "../replication/until.js";
import { ConsumerGround } from "./consumer-ground.js";

const templates: Readonly<Record<string, string>> = {
  OrderPlaced: "order_placed", OrderPaid: "order_paid", OrderParcelShipped: "parcel_shipped", OrderParcelDelivered: "parcel_delivered", OrderDelivered: "order_delivered",
};
const followers = [trackingConsumer, captureConsumer, issueConsumer, noticesConsumer] as unknown as readonly Consumer[];

let ground: ConsumerGround;
beforeAll(async () => { ground = await ConsumerGround.open(); });
afterEach(async () => {
  ground.poison = null;
  await ground.rest();
});
afterAll(() => ground.close());

/** What a buyer is to hear, in the order in which it happened. */
async function toldOf(orderId: string): Promise<readonly string[]> {
  return (await ground.meant(noticesConsumer as unknown as Consumer, orderId)).map((type) => templates[type] ?? type);
}

/** What each of them does to an order, once all have done it. */
async function expectEffects(orderIds: readonly string[]): Promise<void> {
  for (const orderId of orderIds) {
    const [charge, ...others] = [...ground.provider.charges.values()].filter(({ request }) => request.orderId === orderId);
    expect([charge?.status, others]).toEqual(["captured", []]);
    for (const consumer of followers) expect([consumer.queue, ground.done(consumer.queue, orderId)]).toEqual([consumer.queue, await ground.meant(consumer, orderId)]);
    expect(await ground.notices(orderId)).toEqual(await toldOf(orderId));
  }
  for (const type of ["PaymentCaptured", "InvoiceIssued", "AlertResolved"]) expect([type, await ground.count(orderIds, type)]).toEqual([type, type === "AlertResolved" ? 0 : orderIds.length]);
  expect(ground.provider.calls.filter((call) => call.startsWith("capture")).length).toBe(ground.provider.charges.size);
}

describe("consumers of an order's events", () => {
  it.each(followers.map((consumer) => [consumer.queue, consumer] as const))("go on without %s, which catches up in order and does nothing twice", async (queue, consumer) => {
    const orderIds = [await ground.place(), await ground.place(), await ground.place()];
    const lost = (orderId: string): string => `parcel_lost:${ground.shipmentId(orderId, "TEA")}`;
    for (const orderId of orderIds) await ground.bus.execute(raiseAlert, { key: lost(orderId), severity: "warning", message: "lost", details: {} }, by(operator));
    await ground.work(queue);
    await ground.run(orderIds);
    await ground.quiet({ stopped: queue });
    for (const orderId of orderIds) {
      expect(ground.done(queue, orderId)).toEqual([]);
      for (const other of followers.filter((each) => each !== consumer)) {
        expect([other.queue, ground.done(other.queue, orderId)]).toEqual([other.queue, await ground.meant(other, orderId)]);
      }
    }
    expect(await ground.waiting(queue)).toBeGreaterThanOrEqual(queue === issueConsumer.queue ? 3 : 6);
    await ground.rest();

    await ground.work();
    await ground.quiet();
    await expectEffects(orderIds);
    for (const orderId of orderIds) {
      const { rows } = await ground.shop.pool.query("SELECT type FROM event_log WHERE stream_id = $1 ORDER BY version", [`alert-${lost(orderId)}`]);
      expect(rows).toEqual([{ type: "AlertRaised" }, { type: "AlertResolved" }]);
    }
  });

  it("hear of a lost parcel that was found again: nobody is to claim it any more", async () => {
    const orderId = await ground.place();
    const shipmentId = ground.shipmentId(orderId, "TEA");
    await ground.work();
    await ground.stand([orderId], "OrderPaid");
    await ground.book(orderId);
    await ground.seen(orderId, "TEA", "in_transit");
    await ground.bus.execute(raiseAlert, { key: `parcel_lost:${shipmentId}`, severity: "warning", message: "lost", details: {} }, by(operator));
    await ground.bus.execute(moveShipment, { orderId, shipmentId, step: { type: "DeclareLost", lastNewsAt: "2026-03-01T08:00:00.000Z", lostAt: "2026-03-15T08:00:00.000Z" } }, by(operator));
    await ground.seen(orderId, "TEA", "out_for_delivery");
    await until("the alert is over", async () => (await ground.shop.pool.query("SELECT FROM event_log WHERE stream_id = $1 AND type = 'AlertResolved'", [`alert-parcel_lost:${shipmentId}`])).rowCount === 1);
    await ground.quiet();
  });

  it("give up an event alone: it holds up its own order there and nothing else, until it is redriven or discarded", async () => {
    const { queue } = noticesConsumer;
    await ground.dieEarly(queue);
    const [redriven, discarded, other] = [await ground.place(), await ground.place(), await ground.place()];
    ground.poison = (at, { event, correlationId }) => at === queue && event.type === "OrderPaid" && correlationId !== other;
    await ground.work();
    await ground.run([redriven, discarded, other]);
    await until("two jobs are dead", async () => (await listDeadLetters(readerOf(ground.shop.pool), `${queue}.dead`, { limit: 10 })).length === 2);
    await ground.quiet({ held: [redriven, discarded] });
    expect(await ground.notices(other)).toEqual(await toldOf(other));
    for (const orderId of [redriven, discarded]) {
      expect(await ground.notices(orderId)).toEqual(["order_placed"]);
      for (const each of followers.filter((one) => one.queue !== queue)) expect(ground.done(each.queue, orderId)).toEqual(await ground.meant(each, orderId));
    }

    ground.poison = null;
    const letters = await listDeadLetters(readerOf(ground.shop.pool), `${queue}.dead`, { limit: 10 });
    const letterOf = (orderId: string) => ({ deadLetterId: letters.find(({ correlationId }) => correlationId === orderId)!.id, correlationId: orderId });
    expect(await ground.bus.execute(redriveDeadLetter, letterOf(redriven), by(operator))).toMatchObject({ refusal: null });
    expect(await ground.bus.execute(discardDeadLetter, { ...letterOf(discarded), reason: "nobody needs to hear of it" }, by(operator))).toMatchObject({ refusal: null });
    await ground.quiet();
    expect(await ground.notices(redriven)).toEqual(await toldOf(redriven));
    expect(await ground.notices(discarded)).toEqual((await toldOf(discarded)).filter((template) => template !== "order_paid"));
  });
});
