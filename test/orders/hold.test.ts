import { describe, expect, it } from "@jest/globals";
import { orderDecider } from "../../src/commands/orders/order.decider.js";
import type { OrderEvent } from "../../src/events/orders.js";
import { fold } from "../../src/kernel/decider.js";
import { allocated, booked, cancelled, cup, dispute, given, held, hold, left, orderId, pack, paid, pay, placed, resume, sent, tea } from "./order-story.js";

const resumed = (more: Partial<Extract<OrderEvent, { type: "OrderResumed" }>> = {}) => ({ type: "OrderResumed", orderId, customerId: "c1", reason: "r", packing: 1, ...more }) as const satisfies OrderEvent;
const disputed = { type: "OrderPutOnHold", orderId, reason: "disputed: d1" } as const satisfies OrderEvent;
const statusAfter = (...events: readonly OrderEvent[]) => fold(orderDecider, events).status;

describe("an order that goes on after it was on hold", () => {
  it("is booked anew where no courier had any of it, under a number of its own", () =>
    given(placed, paid, held).when(resume).then(resumed({ lines: pack(3), packing: 2 })));
  it("is booked under the same number where some of it has a courier: the same parcels come out of it", () =>
    given(placed, paid, booked("s1", [tea(2)]), held).when(resume).then(resumed({ lines: pack(3), packing: 1 })));
  it("is not booked where all of it has couriers, or where it is not paid", () => {
    given(placed, paid, allocated("s1", [tea(3), cup]), held).when(resume).then(resumed());
    given(placed, held).when(resume).then(resumed());
  });
  it("stands where it stood, also where it went on meanwhile", () => {
    expect(statusAfter(placed, held, resumed())).toBe("PLACED");
    expect(statusAfter(placed, held, paid)).toBe("ON_HOLD");
    expect(statusAfter(placed, held, paid, resumed())).toBe("PAID");
    expect(statusAfter(...sent, disputed)).toBe("ON_HOLD");
    expect(statusAfter(...sent, disputed, { type: "OrderDelivered", orderId, shipmentId: "s1" })).toBe("ON_HOLD");
    expect(statusAfter(...sent, disputed, { type: "OrderDelivered", orderId, shipmentId: "s1" }, resumed())).toBe("DELIVERED");
    expect(statusAfter(placed, paid, held, cancelled)).toBe("CANCELLED");
  });
  it("is refused where it does not wait", () => {
    given(placed, paid).when(resume).refuses("ORDER_NOT_ON_HOLD");
    given(placed, paid, held, resumed()).when(resume).refuses("ORDER_NOT_ON_HOLD");
    given(placed, paid, held, cancelled).when(resume).refuses("ORDER_NOT_ON_HOLD");
  });
});

describe("a hold", () => {
  it("says how long it lasts, where the shop has such a policy", () =>
    given(placed, paid).when({ ...hold, callOffAfterSeconds: 60 }).then({ ...held, callOffAfterSeconds: 60 }));
  it("takes money that comes meanwhile", () => given(placed, held).when(pay).then(paid));
  it("of a dispute comes wherever the order stands, and once", () => {
    for (const history of [[placed], [placed, paid], [placed, paid, held], sent]) given(...history).when(dispute).then(disputed);
    given(placed, paid, disputed).when(dispute).thenNothing();
    given(placed, paid, cancelled).when(dispute).thenNothing();
  });
  it("of no courier is not for what has left or waits already", () => {
    given(...sent).when(hold).thenNothing();
    given(placed, paid, disputed).when(hold).thenNothing();
  });
  it("is told from every other one by its version", () => {
    expect(fold(orderDecider, [placed, paid, held])).toMatchObject({ hold: { version: 3 } });
    expect(fold(orderDecider, [placed, paid, held, resumed(), held])).toMatchObject({ hold: { version: 5 } });
  });
  it("lets a parcel leave that was with the courier already", () =>
    given(placed, paid, allocated("s1", [tea(3), cup]), held).when({ type: "ConfirmParcelLeft", orderId, shipmentId: "s1", stock: [] }).then(left("s1")));
});
