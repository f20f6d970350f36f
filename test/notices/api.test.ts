import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { noticesConsumer, noticesHandler } from "../../src/commands/notices/notices.job.js";
import { noteDecline } from "../../src/commands/orders/note-decline.js";
import { cancelOrder } from "../../src/commands/orders/cancel-order.js";
import { confirmPayment } from "../../src/commands/orders/follow-order.js";
import { moveShipment, recordBooking } from "../../src/commands/shipping/shipment/record-shipment.js";
import { shipmentDecider, type ShipmentCommand } from "../../src/commands/shipping/shipment/shipment.decider.js";
import type { ShipmentEvent } from "../../src/events/shipping.js";
import type { EventJob } from "../../src/kernel/consumer.js";
import { fold } from "../../src/kernel/decider.js";
import { isWorthAWord, type ToldEvent } from "../../src/commands/notices/notice-of.js";
import { readEvents } from "../../src/platform/jobs/event-reader.js";
import { asking, bookingFacts } from "../support/booked-parcel.js";
import { ShopApi } from "../queries/shop-api.js";
import { furnish, order, type Placed } from "../queries/shop-life.js";

const query = `query ($orderId: ID!, $first: Int, $after: String, $last: Int) { customerNotices(orderId: $orderId, first: $first, after: $after, last: $last) {
  nodes { number template facts { name value } happenedAt } pageInfo { hasNextPage endCursor } } }`;
const trace = "query ($orderId: ID!) { orderTrace(orderId: $orderId) { entries { kind name detail stream } } }";

describe("what a buyer is to hear of an order", () => {
  let shop: ShopApi;
  let placed: Placed;
  let position = "";
  beforeAll(async () => {
    shop = await ShopApi.start();
    await furnish(shop);
    placed = await order(shop, "ann");
    const { raw: orderId } = placed;
    const ids = { orderId, shipmentId: `s-${orderId}` };
    await shop.send(noteDecline, { orderId, paymentId: "p", attempt: 1, code: "card_declined", payBefore: "2999-01-01T00:00:00.000Z" });
    await shop.send(confirmPayment, { orderId, paymentId: "p" });
    await shop.send(moveShipment, { ...ids, step: asking(ids) });
    await shop.send(recordBooking, { ...bookingFacts, ...ids, courierId: "swift", bookingReference: "b", trackingCode: "T1", lines: [{ sku: "LAMP", quantity: 2 }], weightGrams: 1, parcelCount: 1 });
    await shop.send(moveShipment, { ...ids, step: { type: "RecordScans", scans: [
      { scanId: "1", rawCode: "OUT_FOR_DELIVERY", status: "out_for_delivery", reasonCode: null, city: "Ulm", occurredAt: "2026-03-01T08:00:00.000Z" },
      { scanId: "2", rawCode: "ATTEMPT_FAILED", status: "failure", reasonCode: "recipient_absent", city: "Ulm", occurredAt: "2026-03-01T12:00:00.000Z" },
    ] } });
    await shop.send(cancelOrder, { orderId, reason: "Ann Byron, 1 Mill Lane, changed her mind" });
    position = await work(orderId);
  });
  afterAll(() => shop.stop());

  /** The consumer's jobs, each of them twice. */
  async function work(orderId: string): Promise<string> {
    const handle = noticesHandler(shop.write);
    const { rows } = await shop.write.pool.query<{ streamId: string; version: number; type: string; data: object; position: string }>(
      `SELECT stream_id AS "streamId", version, type, data FROM event_log WHERE metadata->>'correlationId' = $1 ORDER BY position`, [orderId]);
    const wanted = rows.filter(({ type, data }) => noticesConsumer.on.includes(type as ToldEvent["type"]) && noticesConsumer.when?.({ type, ...data } as ToldEvent));
    const events = await readEvents(shop.write.pool, wanted.map((one) => ({ ...one, correlationId: orderId })));
    const info = { jobId: "", attempt: 1, last: false, correlate: () => undefined, signal: new AbortController().signal };
    for (const { streamId, version } of wanted) {
      const job = events.get(`${streamId}@${String(version)}`) as EventJob<ToldEvent>;
      await handle(job, info);
      await shop.write.pool.query("DELETE FROM command_answer"); // its answer is kept for two days, the stream knows it for ever
      await handle(job, info);
    }
    const { rows: [last] } = await shop.write.pool.query<{ position: string }>("SELECT max(position)::text AS position FROM event_log");
    return last?.position ?? "0";
  }
  const ask = async (caller: string, variables: object) => {
    await shop.ask("operator", `query ($position: String) { customerNotices(orderId: "${placed.orderId}", first: 1, position: $position) { nodes { number } } }`, { position });
    return (await shop.ask(caller, query, { orderId: placed.orderId, ...variables })).data?.customerNotices;
  };

  it("is told once for each event, in order, with what a text needs and nothing personal", async () => {
    const { nodes } = await ask("ann", { first: 100 });
    expect(nodes.map(({ number, template }: { number: number; template: string }) => [number, template])).toEqual([
      [1, "ORDER_PLACED"], [2, "PAYMENT_DECLINED"], [3, "ORDER_PAID"], [4, "PARCEL_OUT_FOR_DELIVERY"], [5, "DELIVERY_FAILED"], [6, "ORDER_CANCELLED"],
    ]);
    const factsOf = (number: number): object => Object.fromEntries(nodes[number - 1].facts.map(({ name, value }: { name: string; value: string | null }) => [name, value]));
    expect(factsOf(2)).toEqual({ payBefore: "2999-01-01T00:00:00.000Z" });
    expect(factsOf(5)).toMatchObject({ courierId: "swift", trackingCode: "T1", reasonCode: "recipient_absent", failures: "1" });
    expect(factsOf(6)).toEqual({ cause: "request", isRefunded: "true" });
    expect(JSON.stringify(nodes)).not.toMatch(/Byron|Mill Lane/);
  });

  it("is not a failure that is told after the courier's next try, nor any other late news", () => {
    const scan = (status: "failure" | "out_for_delivery" | "in_transit", currentStatus: "failure" | "out_for_delivery" | "delivered"): ToldEvent => ({
      type: "ShipmentTracked", shipmentId: "s", orderId: "o", courierId: "swift", trackingCode: "T", status, currentStatus, milestone: status === "failure" ? "failure" : null,
      reasonCode: null, rawCode: status, scanId: "1", city: null, occurredAt: "2026-03-01T08:00:00.000Z",
    });
    const told = [scan("failure", "failure"), scan("failure", "out_for_delivery"), scan("out_for_delivery", "out_for_delivery"), scan("out_for_delivery", "delivered"), scan("in_transit", "failure")];
    expect(told.map(isWorthAWord)).toEqual([true, false, true, false, false]);
  });

  it("tells once that a parcel waits, however often somebody is tried in vain", () => {
    const ids = { shipmentId: "s", orderId: "o" };
    const nobody: ShipmentCommand = { ...asking(ids), next: null, delayReason: "all are down" };
    const inVain = (attempt: number): ShipmentCommand[] => [asking(ids, "comet"), { type: "GiveUpAttempt", attempt, code: "unavailable", message: "503", inDoubt: false, next: null }, nobody];
    const history = [nobody, ...inVain(1), ...inVain(2)].reduce<readonly ShipmentEvent[]>((events, command) => [...events, ...shipmentDecider.decide(command, fold(shipmentDecider, events))], []);
    const delays = history.filter((event) => event.type === "ShipmentDelayed");
    expect(delays.map(({ again }) => again)).toEqual([undefined, true, true]);
    expect(delays.map(isWorthAWord)).toEqual([true, false, false]);
  });

  it("comes page by page", async () => {
    const first = await ask("operator", { first: 4 });
    expect([first.nodes.length, first.pageInfo.hasNextPage]).toEqual([4, true]);
    const rest = await ask("operator", { first: 4, after: first.pageInfo.endCursor });
    expect(rest.nodes.map(({ number }: { number: number }) => number)).toEqual([5, 6]);
    expect((await ask("ann", { last: 1 })).nodes).toMatchObject([{ number: 6 }]);
  });

  it("is nobody else's", async () => expect((await ask("bob", { first: 10 })).nodes).toEqual([]));

  it("stands in the order's trace, with what was said of its parcels", async () => {
    const { data } = await shop.ask("operator", trace, { orderId: placed.orderId });
    const details = new Map<string, string | null>(data.orderTrace.entries.filter(({ kind }: { kind: string }) => kind === "EVENT").map(({ name, detail }: { name: string; detail: string | null }) => [name, detail]));
    expect(Object.fromEntries(details)).toMatchObject({
      ShipmentDecided: "round 1, cheapest: swift/standard of 0", ShipmentAttempted: "attempt 1: asks swift", ShipmentBooked: "attempt 1: swift, T1",
      ShipmentTracked: "failure, ATTEMPT_FAILED, Ulm, recipient_absent", CustomerNoticed: "order_cancelled", OrderCancelled: "request", OrderPaid: null,
    });
    const jobs = new Set(data.orderTrace.entries.filter(({ kind }: { kind: string }) => kind === "JOB").map(({ name }: { name: string }) => name));
    for (const queue of ["orders.process", "notices.record", "invoices.issue", "payments.give-back"]) expect([...jobs]).toContain(queue);
  });
});
