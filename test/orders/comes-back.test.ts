import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { returnIdOf } from "../../src/commands/orders/follow-parcel.js";
import { inspectReturn } from "../../src/commands/orders/return-order.js";
import { orderProcess, orderProcessHandler } from "../../src/commands/orders/order.process.js";
import type { OrderReturnArrived } from "../../src/events/order-returns.js";
import type { OrderReturnInspected } from "../../src/events/orders.js";
import type { ShipmentEvent, ShipmentReturnStarted, ShipmentTracked } from "../../src/events/shipping.js";
import type { EventJob } from "../../src/kernel/consumer.js";
import { newId } from "../../src/kernel/ids.js";
import type { JobHandler } from "../../src/platform/jobs/job-handler.js";
import { by, operator } from "../bus/shop.js";
import { Dispatch } from "./dispatch.js";

let desk: Dispatch;
beforeAll(async () => { desk = await Dispatch.open(); });
afterAll(() => desk.shop.close());

const jobOf = (event: ShipmentEvent): EventJob => ({ eventId: newId(), streamId: `shipment-${event.shipmentId}`, version: 1, recordedAt: new Date().toISOString(), correlationId: event.orderId, event });
/** Every piece of news comes twice. */
const hear = async (event: ShipmentEvent, run: (job: EventJob) => Promise<void> = (job) => desk.run(orderProcess.queue, job)): Promise<void> => {
  const job = jobOf(event);
  await run(job);
  await run(job);
  await run(jobOf(event));
};
const seen = (orderId: string, shipmentId: string, status: ShipmentTracked["status"], more: Partial<ShipmentTracked> = {}): ShipmentTracked => ({
  type: "ShipmentTracked", shipmentId, orderId, courierId: "swift", trackingCode: "t", status, currentStatus: status, milestone: null, reasonCode: null, rawCode: status,
  scanId: newId(), city: null, occurredAt: "2026-03-01T08:00:00.000Z", ...more,
});
const left = (orderId: string, shipmentId: string) => seen(orderId, shipmentId, "in_transit", { milestone: "left" });
const back = (orderId: string, shipmentId: string) => seen(orderId, shipmentId, "return_to_sender", { reasonCode: "returned" });
const started = (orderId: string, shipmentId: string, cause: ShipmentReturnStarted["cause"] = "courier"): ShipmentReturnStarted =>
  ({ type: "ShipmentReturnStarted", shipmentId, orderId, courierId: "swift", cause });

/** An order whose parcels have labels. */
async function labelled(lines: Readonly<Record<string, number>>): Promise<{ readonly orderId: string; readonly shipmentIds: readonly string[] }> {
  const orderId = await desk.place(lines);
  await desk.pay(orderId);
  await desk.work();
  return { orderId, shipmentIds: [...(await desk.order(orderId)).parcels.keys()] };
}
const inspect = (orderId: string, shipmentId: string, sku: string, restocked: number) =>
  desk.bus.execute(inspectReturn, { orderId, returnId: returnIdOf(shipmentId), lines: [{ sku, restocked, scrapped: 0, refused: 0 }] }, by(operator));

describe("a parcel that comes back", () => {
  it("makes its order RETURNED at once, and its units stock and money when somebody has looked at it", async () => {
    await desk.shop.stock({ BACK: 5 });
    const { orderId, shipmentIds: [shipmentId = ""] } = await labelled({ BACK: 2 });
    await hear(started(orderId, shipmentId));
    expect(await desk.shop.stockOf("BACK")).toMatchObject({ onHand: 3, reserved: 0 });
    expect(await desk.order(orderId)).toMatchObject({ status: "RETURNED", revertedMinor: 0 });
    await hear(back(orderId, shipmentId));
    expect((await desk.types(orderId)).slice(-4)).toEqual(["OrderParcelShipped", "OrderParcelReturning", "OrderReturnRequested", "OrderReturnArrived"]);
    expect(await inspect(orderId, shipmentId, "BACK", 2)).toMatchObject({ refusal: null });
    expect(await desk.shop.stockOf("BACK")).toMatchObject({ onHand: 5, reserved: 0 });
    const { revertedMinor, totals } = await desk.order(orderId);
    expect(revertedMinor).toBe(totals.totalMinor);
  });

  it("is refunded when it is there, by that policy, also where its scan is the first word of it; and its inspection refunds nothing", async () => {
    await desk.shop.stock({ THERE: 5 });
    const { orderId, shipmentIds: [shipmentId = ""] } = await labelled({ THERE: 2 });
    const process = orderProcessHandler(desk.bus, { returnRefund: "arrival" }) as unknown as JobHandler<ShipmentEvent>;
    const info = { jobId: "", attempt: 1, last: false, correlate: () => undefined, signal: new AbortController().signal };
    await hear(back(orderId, shipmentId), (job) => process(job as EventJob<ShipmentEvent>, info));
    const { totals: { totalMinor } } = await desk.order(orderId);
    expect(await desk.last<OrderReturnArrived>(orderId, "OrderReturnArrived")).toMatchObject({ revertedMinor: totalMinor, refundPaymentId: `p-${orderId}`, lines: [{ sku: "THERE", quantity: 2 }] });
    expect((await desk.waiting("payments.give-back")).filter(({ correlationId }) => correlationId === orderId).map(({ event }) => event.type)).toEqual(["OrderReturnArrived"]);
    await inspect(orderId, shipmentId, "THERE", 2);
    expect(await desk.last<OrderReturnInspected>(orderId, "OrderReturnInspected")).toMatchObject({ revertedMinor: 0 });
    expect(await desk.order(orderId)).toMatchObject({ status: "RETURNED", revertedMinor: totalMinor });
    expect(await desk.shop.stockOf("THERE")).toMatchObject({ onHand: 5 });
  });

  it("leaves the order where its others are", async () => {
    await desk.shop.stock({ TWO: 10 });
    const { orderId, shipmentIds: [first = "", second = ""] } = await labelled({ TWO: 6 });
    await hear(started(orderId, first, "failures"));
    expect(await desk.order(orderId)).toMatchObject({ status: "SHIPPED" });
    await hear(seen(orderId, second, "delivered", { milestone: "delivered" }));
    expect(await desk.order(orderId)).toMatchObject({ status: "DELIVERED" });
    await hear(seen(orderId, first, "delivered", { milestone: "delivered" })); // it got there after all
    expect(await desk.order(orderId)).toMatchObject({ status: "DELIVERED", returns: new Map() });
  });
});

describe("a parcel that leaves after its order was called off", () => {
  it("takes its units out of the stock until its return was inspected, and a person hears of it", async () => {
    await desk.shop.stock({ STRAY: 5 });
    const { orderId, shipmentIds: [shipmentId = ""] } = await labelled({ STRAY: 2 });
    await desk.callOff(orderId, "request");
    expect(await desk.shop.stockOf("STRAY")).toMatchObject({ onHand: 5, reserved: 0 });
    await hear(left(orderId, shipmentId));
    await hear(started(orderId, shipmentId, "left_after_cancellation"));
    expect(await desk.shop.stockOf("STRAY")).toMatchObject({ onHand: 3, reserved: 0 });
    expect(desk.alerts.find(({ key }) => key === `parcel_left_unwanted:${shipmentId}`)).toMatchObject({ severity: "warning" });
    const { revertedMinor } = await desk.order(orderId);
    expect(await inspect(orderId, shipmentId, "STRAY", 2)).toMatchObject({ refusal: null });
    expect(await desk.shop.stockOf("STRAY")).toMatchObject({ onHand: 5, reserved: 0 });
    expect(await desk.order(orderId)).toMatchObject({ status: "CANCELLED", revertedMinor });
  });

  it("leaves the stock alone where its units were promised to others, and says that somebody has to count", async () => {
    await desk.shop.stock({ GONE: 3 });
    const { orderId, shipmentIds: [shipmentId = ""] } = await labelled({ GONE: 2 });
    await desk.callOff(orderId, "request");
    await desk.place({ GONE: 2 });
    const before = await desk.shop.stockOf("GONE");
    await hear(left(orderId, shipmentId));
    await hear(started(orderId, shipmentId, "left_after_cancellation"));
    expect(desk.alerts.find(({ key }) => key === `parcel_left_unwanted:${shipmentId}`)).toMatchObject({ severity: "critical" });
    await inspect(orderId, shipmentId, "GONE", 2);
    expect(await desk.shop.stockOf("GONE")).toEqual(before);
  });
});

describe("a parcel that is lost", () => {
  const lose = (orderId: string, shipmentId: string) =>
    hear({ type: "ShipmentLost", shipmentId, orderId, courierId: "swift", lastNewsAt: "2026-03-01T08:00:00.000Z", lostAt: "2026-03-09T08:00:00.000Z" });
  const found = (orderId: string, shipmentId: string, more: Partial<ShipmentTracked> = {}) => hear(seen(orderId, shipmentId, "in_transit", { lostAt: "2026-03-09T08:00:00.000Z", ...more }));

  it("lets its order wait until it turns up, and others that are lost as well", async () => {
    await desk.shop.stock({ LOST: 10 });
    const { orderId, shipmentIds: [first = "", second = ""] } = await labelled({ LOST: 6 });
    for (const shipmentId of [first, second]) await hear(left(orderId, shipmentId));
    await lose(orderId, first);
    expect(await desk.order(orderId)).toMatchObject({ status: "ON_HOLD", stage: "SHIPPED", hold: { lost: [first] } });
    await lose(orderId, second);
    await found(orderId, first);
    expect(await desk.order(orderId)).toMatchObject({ status: "ON_HOLD", hold: { lost: [second] } });
    await found(orderId, second, { status: "delivered", milestone: "delivered" });
    expect(await desk.order(orderId)).toMatchObject({ status: "SHIPPED", hold: null });
    expect((await desk.types(orderId)).slice(-5)).toEqual(["OrderPutOnHold", "OrderPutOnHold", "OrderPutOnHold", "OrderResumed", "OrderParcelDelivered"]);
  });

  it.each([["delivered", "DELIVERED"], ["returning", "RETURNED"]] as const)("does not wait for ever where it was found first and lost then, and is %s", async (milestone, status) => {
    await desk.shop.stock({ LATE: 10 });
    const { orderId, shipmentIds: [shipmentId = ""] } = await labelled({ LATE: 1 });
    await hear(left(orderId, shipmentId));
    await found(orderId, shipmentId);
    await lose(orderId, shipmentId);
    expect(await desk.order(orderId)).toMatchObject({ status: "ON_HOLD" });
    await hear(milestone === "delivered" ? seen(orderId, shipmentId, "delivered", { milestone }) : started(orderId, shipmentId));
    expect(await desk.order(orderId)).toMatchObject({ status, hold: null });
  });
});
