import { describe, expect, it } from "@jest/globals";
import { orderDecider, type OrderCommand } from "../../src/commands/orders/order.decider.js";
import type { OrderEvent } from "../../src/events/orders.js";
import { fold } from "../../src/kernel/decider.js";
import { allocated, booked, cancelled, cup, given, left, orderId, paid, placed, sent, tea } from "./order-story.js";

const both = [placed, paid, booked("s1", [tea(3)]), allocated("s2", [cup]), left("s1"), left("s2")] as const;
const delivered = (shipmentId: string) => ({ type: "OrderParcelDelivered", orderId, shipmentId }) as const satisfies OrderEvent;
const returning = (shipmentId: string): OrderCommand => ({ type: "ConfirmParcelReturning", orderId, shipmentId, cause: "courier" });
const comesBack = (shipmentId: string, becomes: "SHIPPED" | "DELIVERED" | "RETURNED") =>
  ({ type: "OrderParcelReturning", orderId, shipmentId, cause: "courier", becomes }) as const satisfies OrderEvent;
const arrive = (shipmentId: string): OrderCommand => ({ type: "ConfirmParcelDelivered", orderId, shipmentId });
const noteReturn = (shipmentId: string, refund: "inspection" | "arrival" | "never" = "inspection"): OrderCommand =>
  ({ type: "RequestReturn", orderId, returnId: `r-${shipmentId}`, reason: "r", lines: [], shipmentId, cause: "courier", refund });
const noted = (shipmentId: string, lines: OrderReturn["lines"], refund: OrderReturn["refund"] = "inspection") =>
  ({ type: "OrderReturnRequested", orderId, returnId: `r-${shipmentId}`, reason: "r", lines, shipmentId, cause: "courier", refund }) as OrderReturn;
type OrderReturn = Extract<OrderEvent, { type: "OrderReturnRequested" }>;
const isBack = (shipmentId: string): OrderCommand => ({ type: "ConfirmReturnArrived", orderId, returnId: `r-${shipmentId}` });
const there = (shipmentId: string, lines: OrderReturn["lines"], revertedMinor: number, refundPaymentId: string | null) =>
  ({ type: "OrderReturnArrived", orderId, returnId: `r-${shipmentId}`, shipmentId, lines, revertedMinor, refundPaymentId }) as const satisfies OrderEvent;
const inspect = (shipmentId: string, ...lines: readonly (readonly [string, number])[]): OrderCommand =>
  ({ type: "InspectReturn", orderId, returnId: `r-${shipmentId}`, lines: lines.map(([sku, restocked]) => ({ sku, restocked, scrapped: 0, refused: 0 })), stock: [] });
const found = (shipmentId: string, lines: readonly (readonly [string, number])[], revertedMinor: number, complete: boolean) => ({
  type: "OrderReturnInspected", orderId, returnId: `r-${shipmentId}`, shipmentId, inspected: lines.map(([sku, restocked]) => ({ sku, restocked, scrapped: 0, refused: 0 })),
  revertedMinor, complete, refundPaymentId: "p1", stock: [],
}) as const satisfies OrderEvent;
const whole = [["TEA", 3], ["CUP", 1]] as const;

describe("parcels that come back by themselves", () => {
  it("make the order RETURNED when nothing of it stays away", () => {
    given(...sent).when(returning("s1")).then(comesBack("s1", "RETURNED"));
    given(...both).when(returning("s1")).then(comesBack("s1", "SHIPPED"));
    given(...both, comesBack("s1", "SHIPPED")).when(returning("s2")).then(comesBack("s2", "RETURNED"));
    given(...sent, { type: "OrderDelivered", orderId, shipmentId: "s1" }).when(returning("s1")).then(comesBack("s1", "RETURNED"));
  });
  it("leave an order DELIVERED of which the buyer has another parcel, whichever is told first", () => {
    given(...both, delivered("s1")).when(returning("s2")).then(comesBack("s2", "DELIVERED"));
    given(...both, comesBack("s2", "SHIPPED")).when(arrive("s1")).then({ type: "OrderDelivered", orderId, shipmentId: "s1" });
  });
  it("are not the last word while a parcel is still to be booked", () =>
    given(placed, paid, booked("s1", [tea(3)]), left("s1")).when(returning("s1")).then(comesBack("s1", "SHIPPED")));
  it("are told once, and only of what has left and is wanted", () => {
    given(...sent, comesBack("s1", "RETURNED")).when(returning("s1")).thenNothing();
    given(placed, paid, allocated("s1", [tea(3), cup])).when(returning("s1")).thenNothing();
    given(placed, paid, allocated("s1", [tea(3), cup]), cancelled).when(returning("s1")).thenNothing();
  });
  it("that were given up and arrive all the same are delivered, and do not come back", () => {
    const givenUp = [...sent, comesBack("s1", "RETURNED"), noted("s1", [tea(3), cup])] as const;
    given(...givenUp).when(arrive("s1")).then({ type: "OrderDelivered", orderId, shipmentId: "s1" });
    const order = fold(orderDecider, [...givenUp, { type: "OrderDelivered", orderId, shipmentId: "s1" }]);
    expect(order).toMatchObject({ status: "DELIVERED", returns: new Map() });
    given(...givenUp, there("s1", [tea(3), cup], 0, null)).when(arrive("s1")).thenNothing();
  });
});

describe("the return of a parcel", () => {
  const back = [...sent, comesBack("s1", "RETURNED")] as const;
  it("is of all that it holds and the buyer does not send back already, and is noted once", () => {
    given(...back).when(noteReturn("s1")).then(noted("s1", [tea(3), cup]));
    given(...back, noted("s1", [tea(3), cup])).when(noteReturn("s1")).thenNothing();
    given(...sent, { type: "OrderReturnRequested", orderId, returnId: "r", reason: "", lines: [tea(2)] }, comesBack("s1", "RETURNED"))
      .when(noteReturn("s1")).then(noted("s1", [tea(1), cup]));
  });
  it("is refunded by its inspection", () => {
    const waiting = [...back, noted("s1", [tea(3), cup])] as const;
    given(...waiting).when(isBack("s1")).then(there("s1", [tea(3), cup], 0, null));
    given(...waiting).when(inspect("s1", ...whole)).then(found("s1", whole, 520, true));
    given(...waiting, there("s1", [tea(3), cup], 0, null)).when(inspect("s1", ...whole)).then(found("s1", whole, 520, true));
  });
  it("is refunded when it is there, by the shop's policy, and not a second time", () => {
    const waiting = [...back, noted("s1", [tea(3), cup], "arrival")] as const;
    const arrived = there("s1", [tea(3), cup], 520, "p1");
    given(...waiting).when(isBack("s1")).then(arrived);
    given(...waiting, arrived).when(isBack("s1")).thenNothing();
    given(...waiting, arrived).when(inspect("s1", ...whole)).then(found("s1", whole, 0, true));
    // Nobody said that it was there, and somebody holds it in his hands.
    given(...waiting).when(inspect("s1", ...whole)).then(found("s1", whole, 520, true));
    given(...waiting, found("s1", whole, 520, true)).when(isBack("s1")).thenNothing();
  });
  it("may be sent back once more as far as it did not come, but not where it is refunded already", () => {
    const some = [["TEA", 2], ["CUP", 1]] as const;
    const missing: OrderCommand = { type: "RequestReturn", orderId, returnId: "r2", reason: "", lines: [tea(1)] };
    given(...back, noted("s1", [tea(3), cup]), found("s1", some, 400, false)).when(missing).then({ type: "OrderReturnRequested", orderId, returnId: "r2", reason: "", lines: [tea(1)] });
    given(...back, noted("s1", [tea(3), cup], "arrival"), there("s1", [tea(3), cup], 520, "p1"), found("s1", some, 0, true)).when(missing).refuses("NOTHING_TO_RETURN");
  });
  it("is not refunded where the shop does not want to", () => {
    const waiting = [...back, noted("s1", [tea(3), cup], "never")] as const;
    given(...waiting).when(isBack("s1")).then(there("s1", [tea(3), cup], 0, null));
    given(...waiting).when(inspect("s1", ...whole)).then(found("s1", whole, 0, true));
  });
});

describe("a parcel that left though nobody wanted it any more", () => {
  const over = [placed, paid, allocated("s1", [tea(3), cup]), { ...cancelled, refundPaymentId: "p1", shipmentIds: ["s1"] }] as const;
  const stray = { type: "NoteParcelStrayed", orderId, shipmentId: "s1", lines: [tea(3), cup], stock: [] } as const satisfies OrderCommand;
  const strayed = { type: "OrderParcelStrayed", orderId, shipmentId: "s1", lines: [tea(3), cup], stock: [] } as const satisfies OrderEvent;
  it("is told once", () => {
    given(...over).when(stray).then(strayed);
    given(...over, strayed).when(stray).thenNothing();
    given(...over).when({ ...stray, uncounted: true }).then({ ...strayed, uncounted: true });
    given(...sent).when(stray).thenNothing();
  });
  it("comes back, and nobody is refunded for it a second time", () => {
    given(...over, strayed).when(noteReturn("s1")).then(noted("s1", [tea(3), cup]));
    given(...over, strayed, noted("s1", [tea(3), cup])).when(inspect("s1", ...whole)).then({ ...found("s1", whole, 0, false), stray: true });
    expect(fold(orderDecider, [...over, strayed, noted("s1", [tea(3), cup]), found("s1", whole, 0, false)])).toMatchObject({ status: "CANCELLED", revertedMinor: 520 });
  });
  it("gives nothing back when it arrives, also where others are refunded then", () => {
    const atArrival = { ...noted("s1", [tea(3), cup]), refund: "arrival" } as const satisfies OrderEvent;
    const before = fold(orderDecider, [...over, strayed, atArrival]);
    const said = orderDecider.decide({ type: "ConfirmReturnArrived", orderId, returnId: atArrival.returnId }, before);
    expect(said).toMatchObject([{ type: "OrderReturnArrived", revertedMinor: 0, refundPaymentId: null }]);
    expect(fold(orderDecider, said, before)).toMatchObject({ back: "back" in before ? before.back : null });
  });
});

describe("an order whose parcel is lost", () => {
  const lose = (...lost: readonly string[]): OrderCommand => ({ type: "PutOnHold", orderId, reason: `lost: ${lost.join(", ")}`, lost });
  const missing = (...lost: readonly string[]) => ({ type: "OrderPutOnHold", orderId, reason: `lost: ${lost.join(", ")}`, lost }) as const satisfies OrderEvent;
  it("waits, though it has left", () => {
    given(...sent).when(lose("s1")).then(missing("s1"));
    given(...sent, missing("s1")).when(lose("s1")).thenNothing();
    given(...both, missing("s1")).when(lose("s1", "s2")).then(missing("s1", "s2"));
    expect(fold(orderDecider, [...sent, missing("s1")])).toMatchObject({ status: "ON_HOLD", stage: "SHIPPED", hold: { lost: ["s1"] } });
  });
  it("waits for what it waited for already", () => {
    given(...sent, { type: "OrderPutOnHold", orderId, reason: "disputed: d1" }).when(lose("s1")).thenNothing();
    given(placed, paid, cancelled).when(lose("s1")).thenNothing();
  });
});
