import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { cancelOrderLines } from "../../src/commands/orders/cancel-order-lines.js";
import { cancelOrder } from "../../src/commands/orders/cancel-order.js";
import { holdOrder, resumeOrder } from "../../src/commands/orders/follow-order.js";
import { noteDecline } from "../../src/commands/orders/note-decline.js";
import { returnableUnits } from "../../src/commands/orders/order-units.js";
import { inspectReturn, requestReturn } from "../../src/commands/orders/return-order.js";
import type { OrderEvent } from "../../src/events/orders.js";
import { after } from "../../src/kernel/time.js";
import { placeOrder } from "../commands/inventory/sale-desk.js";
import { OrderDesk, seats } from "./order-desk.js";

/** Orders that earlier steps placed, and the one sale; a step names an order by its place, whatever became of it. */
interface Known {
  readonly orders: string[];
  readonly saleId: string;
}
type Step = (desk: OrderDesk, known: Known) => void;

const who = fc.constantFrom("ada", "bob");
const place = fc.nat({ max: 5 });
const units = fc.integer({ min: 1, max: 3 });
const reason = "";
const onOrder = (one: fc.Arbitrary<(desk: OrderDesk, orderId: string) => void>): fc.Arbitrary<Step> => fc.tuple(place, one).map(([index, step]): Step => (desk, { orders }) => {
  const orderId = orders[index % Math.max(orders.length, 1)];
  if (orderId !== undefined) step(desk, orderId);
});
const sku = fc.constantFrom("TEA", "CUP", "SEAT");

const placing = fc.oneof(
  fc.tuple(who, units, units, fc.boolean()).map(([buyer, tea, cups, inSale]): Step => (desk, known) => {
    const { refusal, answer } = desk.send(placeOrder, { customerId: buyer, lines: [{ sku: "TEA", quantity: tea, ...(inSale ? { saleId: known.saleId } : {}) }, { sku: "CUP", quantity: cups }] });
    if (!refusal) known.orders.push(answer.orderId);
  }),
  fc.tuple(who, fc.subarray(seats, { minLength: 1 })).map(([buyer, wanted]): Step => (desk, known) => {
    const orderId = desk.orderSeats(buyer, wanted);
    if (orderId !== null) known.orders.push(orderId);
  }),
);
const money = onOrder(fc.oneof(
  { weight: 3, arbitrary: fc.boolean().map((authorized) => (desk: OrderDesk, orderId: string): void => { desk.money(orderId, authorized); }) },
  fc.integer({ min: 0, max: 100_000 }).map((ms) => (desk: OrderDesk, orderId: string): void => { desk.tell(noteDecline, { orderId, paymentId: `p-${orderId}`, attempt: 1, code: "card_declined", payBefore: after(desk.now, ms) }); }),
));
const mind = onOrder(fc.oneof(
  fc.constantFrom("request" as const, "payment" as const, "payment_deadline" as const, "payment_deadline" as const, "hold" as const)
    .map((cause) => (desk: OrderDesk, orderId: string): void => { desk.tell(cancelOrder, { orderId, reason, cause, ...(cause.startsWith("payment") ? { onlyWhileUnpaid: true as const } : {}) }); }),
  { weight: 3, arbitrary: fc.tuple(sku, units).map(([product, quantity]) => (desk: OrderDesk, orderId: string): void => { desk.tell(cancelOrderLines, { orderId, lines: [{ sku: product, quantity }], reason }); }) },
  fc.boolean().map((disputed) => (desk: OrderDesk, orderId: string): void => { desk.tell(holdOrder, { orderId, reason: disputed ? "disputed" : "no courier", ...(disputed ? { overMoney: true as const } : {}) }); }),
  fc.constant((desk: OrderDesk, orderId: string): void => { desk.tell(resumeOrder, { orderId, reason }); }),
));
const refund = fc.constantFrom("inspection" as const, "arrival" as const, "never" as const);
const parcels = fc.oneof(
  place.map((index): Step => (desk) => { desk.runJob(index % Math.max(desk.jobs.length, 1)); }),
  place.map((index): Step => (desk) => { desk.tellNews(index % Math.max(desk.news.length, 1)); }),
  fc.tuple(place, fc.constantFrom("left" as const, "left" as const, "delivered" as const, "delivered" as const, "returning" as const, "back" as const), refund)
    .map(([index, milestone, how]): Step => (desk) => {
      const ids = [...desk.parcels.keys()];
      desk.advance(ids[index % Math.max(ids.length, 1)] ?? "", milestone, how);
    }),
  fc.tuple(place, fc.boolean()).map(([index, isLost]): Step => (desk) => {
    const ids = [...desk.parcels.keys()];
    desk.lose(ids[index % Math.max(ids.length, 1)] ?? "", isLost);
  }),
);
const returns = onOrder(fc.oneof(
  fc.tuple(sku, units).map(([product, quantity]) => (desk: OrderDesk, orderId: string): void => { desk.tell(requestReturn, { orderId, lines: [{ sku: product, quantity }], reason }); }),
  fc.tuple(place, fc.nat({ max: 2 }), fc.nat({ max: 2 }), fc.nat({ max: 1 })).map(([index, restocked, scrapped, refused]) => (desk: OrderDesk, orderId: string): void => {
    const [returnId, asked] = [...desk.orderOf(orderId).returns][index] ?? [];
    if (returnId !== undefined && asked) desk.tell(inspectReturn, { orderId, returnId, lines: asked.lines.map((line) => ({ sku: line.sku, restocked, scrapped, refused })) });
  }),
));
const time = fc.constantFrom(1, 60_000, 3_600_000).map((ms): Step => (desk) => { desk.later(ms); });

const steps = fc.oneof(
  { weight: 2, arbitrary: placing }, { weight: 4, arbitrary: money }, { weight: 3, arbitrary: mind }, { weight: 6, arbitrary: parcels }, { weight: 2, arbitrary: returns }, time,
);

/** Money comes, all is sent, and all that can come back comes back. */
function sendAndReturn(desk: OrderDesk, orderId: string): void {
  desk.money(orderId, false);
  if (desk.orderOf(orderId).hold) desk.tell(resumeOrder, { orderId, reason });
  desk.settle();
  for (const { shipmentId } of [...desk.parcels.values()].filter((parcel) => parcel.orderId === orderId)) desk.advance(shipmentId, "delivered");
  const lines = [...returnableUnits(desk.orderOf(orderId))].filter(([, quantity]) => quantity > 0).map(([product, quantity]) => ({ sku: product, quantity }));
  if (lines.length > 0) desk.tell(requestReturn, { orderId, lines, reason });
  for (const [returnId, { lines: asked, inspected }] of desk.orderOf(orderId).returns) {
    if (!inspected) desk.tell(inspectReturn, { orderId, returnId, lines: asked.map((line) => ({ sku: line.sku, restocked: line.quantity, scrapped: 0, refused: 0 })) });
  }
}

const whatMatters: readonly OrderEvent["type"][] = [
  "OrderPaid", "OrderPaymentCaptured", "OrderPaymentDeclined", "OrderReinstated", "OrderPaymentUnwanted", "OrderShipmentUnwanted", "OrderCancelled",
  "OrderLinesCancelled", "OrderPutOnHold", "OrderResumed", "OrderReturnRequested", "OrderReturnArrived", "OrderReturnInspected", "OrderDelivered",
  "OrderParcelReturning", "OrderParcelStrayed",
];

describe("whatever buyers, banks, couriers and operators do to orders, in any order", () => {
  it("no unit is lost, no cent is given back twice, and no packing lives beside another", () => {
    const seen = new Map<string, number>();
    fc.assert(fc.property(fc.array(steps, { minLength: 30, maxLength: 100, size: "max" }), (plan) => {
      const desk = new OrderDesk({ TEA: 9, CUP: 5 });
      const known: Known = { orders: [], saleId: desk.sale({ allocation: 4, limitPerCustomer: 3 }) };
      for (const step of plan) {
        step(desk, known);
        desk.checkLaws();
      }
      for (const orderId of known.orders) {
        sendAndReturn(desk, orderId);
        desk.checkLaws();
        const order = desk.orderOf(orderId);
        const kept = [...order.returns.values()].some(({ inspected, refund: how }) => how === "never" || inspected?.some((line) => line.refused > 0));
        if (!kept) expect(["CANCELLED", "RETURNED"]).toContain(order.stage);
      }
      for (const { type } of desk.orders().flatMap(({ events }) => events)) seen.set(type, (seen.get(type) ?? 0) + 1);
    }), { numRuns: 100 });
    // It tried what it is there for.
    for (const type of whatMatters) expect(`${type} ${String((seen.get(type) ?? 0) >= 3)}`).toBe(`${type} true`);
  });
});
