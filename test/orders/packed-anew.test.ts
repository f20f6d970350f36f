import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { confirmParcelBooked, holdOrder, resumeOrder } from "../../src/commands/orders/follow-order.js";
import { advanceParcel } from "../../src/commands/orders/follow-parcel.js";
import { bookConsumer, shipmentIdOf } from "../../src/commands/shipping/book.job.js";
import { callOffConsumer } from "../../src/commands/shipping/call-off.job.js";
import { orderProcess } from "../../src/commands/orders/order.process.js";
import { by, customer, operator } from "../bus/shop.js";
import { Dispatch, system } from "./dispatch.js";

let desk: Dispatch;
beforeAll(async () => {
  desk = await Dispatch.open();
  await desk.shop.stock({ TEA: 1_000, CUP: 1_000 });
});
afterAll(() => desk.shop.close());

const bookedFor = (orderId: string): readonly string[] => desk.booked.filter((request) => request.orderId === orderId).map(({ shipmentId }) => shipmentId);
const ids = (orderId: string, packing: number, count: number): string[] => Array.from({ length: count }, (_, index) => shipmentIdOf(orderId, packing, index));

describe("an order of which lines are called off", () => {
  it("gives its units back at once, calls its parcels off, and is sent in others", async () => {
    const orderId = await desk.place({ TEA: 5, CUP: 2 });
    await desk.pay(orderId);
    await desk.work();
    expect(await desk.order(orderId)).toMatchObject({ status: "ALLOCATED", packing: 1 });
    const before = await desk.shop.stockOf("TEA");
    expect(await desk.cancelLines(orderId, { TEA: 4 })).toMatchObject({ refusal: null });
    expect(await desk.shop.stockOf("TEA")).toMatchObject({ onHand: before.onHand, reserved: before.reserved - 4 });
    await desk.work();
    // 7 units of 100 g were 3 parcels of 300 g; the 3 that are left are one.
    expect(bookedFor(orderId)).toEqual([...ids(orderId, 1, 3), ...ids(orderId, 2, 1)]);
    expect(desk.calledOff).toEqual(expect.arrayContaining(ids(orderId, 1, 3)));
    const order = await desk.order(orderId);
    expect(order).toMatchObject({ status: "ALLOCATED", packing: 2 });
    expect([...order.parcels.keys()]).toEqual(ids(orderId, 2, 1));
    // 4 of 5 at 10.00 and 19 % tax.
    expect(order.revertedMinor).toBe(4_760);
    await desk.bus.execute(advanceParcel, { orderId, shipmentId: shipmentIdOf(orderId, 2, 0), milestone: "delivered" }, by(system));
    expect(await desk.order(orderId)).toMatchObject({ status: "DELIVERED" });
    expect((await desk.cancelLines(orderId, { TEA: 1 })).refusal?.code).toBe("ORDER_NOT_CANCELLABLE");
  });

  it("does not want the parcels of its former packing that are told afterwards", async () => {
    const orderId = await desk.place({ TEA: 3, CUP: 1 });
    await desk.pay(orderId);
    await desk.work([bookConsumer.queue]); // booked, and the order has not heard of it
    await desk.cancelLines(orderId, { CUP: 1 });
    await desk.work();
    expect((await desk.types(orderId)).filter((type) => type === "OrderShipmentUnwanted")).toHaveLength(2);
    expect(desk.calledOff).toEqual(expect.arrayContaining(ids(orderId, 1, 2)));
    expect([...(await desk.order(orderId)).parcels.keys()]).toEqual(ids(orderId, 2, 1));
  });

  it("is booked in the way that is wanted now, whichever job comes first", async () => {
    const orderId = await desk.place({ TEA: 3, CUP: 1 });
    await desk.pay(orderId);
    const [first] = (await desk.waiting(bookConsumer.queue)).filter(({ correlationId }) => correlationId === orderId);
    await desk.cancelLines(orderId, { CUP: 1 });
    await desk.run(bookConsumer.queue, first!);
    expect(bookedFor(orderId)).toEqual([]);
    await desk.work();
    expect(bookedFor(orderId)).toEqual(ids(orderId, 2, 1));
    await desk.run(bookConsumer.queue, first!); // it comes once more
    expect(bookedFor(orderId)).toEqual(ids(orderId, 2, 1));
  });

  it("is not booked on where it is changed while it is being booked", async () => {
    const orderId = await desk.place({ TEA: 60 });
    await desk.pay(orderId);
    const [job] = (await desk.waiting(bookConsumer.queue)).filter(({ correlationId }) => correlationId === orderId);
    let isChanged = false;
    desk.onBooking = async () => {
      if (isChanged) return;
      isChanged = true;
      await desk.cancelLines(orderId, { TEA: 59 });
    };
    await desk.run(bookConsumer.queue, job!);
    desk.onBooking = () => Promise.resolve();
    expect(bookedFor(orderId)).toHaveLength(10); // those that were under way, of 20
    await desk.work();
    const order = await desk.order(orderId);
    expect([...order.parcels.keys()]).toEqual(ids(orderId, 2, 1));
    expect(desk.calledOff).toEqual(expect.arrayContaining(bookedFor(orderId).slice(0, 10)));
  });

  it("tells a person of a parcel that left all the same", async () => {
    const orderId = await desk.place({ TEA: 2 });
    await desk.pay(orderId);
    await desk.work();
    desk.gone.add(shipmentIdOf(orderId, 1, 0));
    await desk.cancelLines(orderId, { TEA: 1 });
    await desk.work([callOffConsumer.queue]);
    expect(desk.alerts).toEqual([expect.objectContaining({ key: `parcel_left_after_cancel:${shipmentIdOf(orderId, 1, 0)}` })]);
    const before = await desk.shop.stockOf("TEA");
    await desk.bus.execute(advanceParcel, { orderId, shipmentId: shipmentIdOf(orderId, 1, 0), milestone: "left" }, by(system));
    // Its units had been set aside for the new packing, and others are gone now.
    expect(await desk.shop.stockOf("TEA")).toMatchObject({ onHand: before.onHand - 2, reserved: before.reserved });
  });

  it("is nobody else's", async () => {
    const orderId = await desk.place({ TEA: 2 });
    const before = await desk.shop.written();
    expect((await desk.cancelLines(orderId, { TEA: 1 }, { role: "customer", id: "c2" })).refusal?.code).toBe("ORDER_UNKNOWN");
    expect((await desk.cancelLines(orderId, { TEA: 2 })).refusal?.code).toBe("WHOLE_ORDER");
    expect((await desk.cancelLines(orderId, { TEA: 3 })).refusal?.code).toBe("INVALID_QUANTITY");
    expect(await desk.shop.written()).toEqual({ ...before, answers: before.answers + 3 });
    expect(await desk.cancelLines(orderId, { TEA: 1 }, operator)).toMatchObject({ refusal: null });
    await desk.pay(orderId);
    await desk.work();
    expect(await desk.order(orderId)).toMatchObject({ status: "ALLOCATED", packing: 1, paymentId: `p-${orderId}` });
    expect((await desk.order(orderId)).parcels.get(shipmentIdOf(orderId, 1, 0))?.lines).toEqual([{ sku: "TEA", quantity: 1 }]);
  });

  it("races its own calling off, and a unit is given back once", async () => {
    const orderIds = await Promise.all(Array.from({ length: 10 }, () => desk.place({ TEA: 3 })));
    const before = await desk.shop.stockOf("TEA");
    const other = desk.shop.process();
    await Promise.all(orderIds.flatMap((orderId) => [
      desk.cancelLines(orderId, { TEA: 2 }), desk.cancelLines(orderId, { TEA: 2 }), desk.callOff(orderId, "request"),
      other.execute(confirmParcelBooked, { orderId, shipmentId: `early-${orderId}`, lines: [], parcelCount: 1, packing: 2 }, by(system)),
    ]));
    expect(await desk.shop.stockOf("TEA")).toMatchObject({ onHand: before.onHand, reserved: before.reserved - 30 });
    for (const orderId of orderIds) {
      const { revertedMinor, totals } = await desk.order(orderId);
      expect(revertedMinor).toBe(totals.totalMinor);
    }
  });
});

describe("an order on hold", () => {
  it("is not booked until it goes on", async () => {
    const orderId = await desk.place({ TEA: 1 });
    await desk.pay(orderId);
    await desk.bus.execute(holdOrder, { orderId, reason: "disputed: d1", overMoney: true }, by(system));
    await desk.work([bookConsumer.queue, orderProcess.queue]);
    expect(bookedFor(orderId)).toEqual([]);
    expect(await desk.bus.execute(resumeOrder, { orderId, reason: "won", onlyIfHeldFor: "something else" }, by(system))).toMatchObject({ refusal: null });
    expect(await desk.order(orderId)).toMatchObject({ status: "ON_HOLD" });
    await desk.bus.execute(resumeOrder, { orderId, reason: "won", onlyIfHeldFor: "disputed: d1" }, by(operator));
    await desk.work();
    expect(bookedFor(orderId)).toEqual(ids(orderId, 2, 1));
    expect(await desk.order(orderId)).toMatchObject({ status: "ALLOCATED" });
    expect((await desk.bus.execute(resumeOrder, { orderId, reason: "" }, by(operator))).refusal?.code).toBe("ORDER_NOT_ON_HOLD");
  });

  it("that some couriers have parcels of goes on with the others", async () => {
    const orderId = await desk.place({ TEA: 60 });
    await desk.pay(orderId);
    let isHeld = false;
    desk.onBooking = async () => {
      if (isHeld) return;
      isHeld = true;
      await desk.bus.execute(holdOrder, { orderId, reason: "look at it" }, by(system));
    };
    await desk.work();
    desk.onBooking = () => Promise.resolve();
    expect(bookedFor(orderId)).toHaveLength(10);
    expect(await desk.order(orderId)).toMatchObject({ status: "ON_HOLD", allocated: false });
    await desk.bus.execute(resumeOrder, { orderId, reason: "fine" }, by(operator));
    await desk.work();
    const order = await desk.order(orderId);
    expect(order).toMatchObject({ status: "ALLOCATED", packing: 1 });
    expect(order.parcels.size).toBe(20);
    expect(new Set(bookedFor(orderId)).size).toBe(20);
    expect(customer.id).toBe(order.customerId);
  });
});
