import { describe, expect, it } from "@jest/globals";
import type { OrderCommand } from "../../src/commands/orders/order.decider.js";
import { orderDecider } from "../../src/commands/orders/order.decider.js";
import { heldLines, returnableUnits } from "../../src/commands/orders/order-units.js";
import type { InspectedLine, OrderEvent } from "../../src/events/orders.js";
import type { ParcelLine } from "../../src/events/shipping.js";
import { fold } from "../../src/kernel/decider.js";
import { allocated, booked, cancelled, cup, given, left, linesOff, orderId, pack, paid, placed, sent, tea } from "./order-story.js";

const ask = (returnId: string, ...lines: readonly ParcelLine[]): OrderCommand => ({ type: "RequestReturn", orderId, returnId, reason: "r", lines });
const asked = (returnId: string, ...lines: readonly ParcelLine[]) => ({ type: "OrderReturnRequested", orderId, returnId, reason: "r", lines }) as const satisfies OrderEvent;
const found = (sku: string, restocked: number, scrapped = 0, refused = 0): InspectedLine => ({ sku, restocked, scrapped, refused });
const inspect = (returnId: string, ...lines: readonly InspectedLine[]): OrderCommand => ({ type: "InspectReturn", orderId, returnId, lines, stock: [] });
const inspected = (returnId: string, revertedMinor: number, complete: boolean, ...lines: readonly InspectedLine[]) =>
  ({ type: "OrderReturnInspected", orderId, returnId, inspected: lines, revertedMinor, complete, refundPaymentId: "p1", stock: [] }) as const satisfies OrderEvent;

describe("asking for a return", () => {
  it("is for what has left", () => given(...sent).when(ask("r1", tea(2))).then(asked("r1", tea(2))));
  it("says nothing new when it is asked again", () => given(...sent, asked("r1", tea(2))).when(ask("r1", tea(2))).thenNothing());
  it("is refused for what has not left, is on its way back, or came back", () => {
    given(placed, paid).when(ask("r1", tea(1))).refuses("NOTHING_TO_RETURN");
    given(placed, paid, cancelled).when(ask("r1", tea(1))).refuses("NOTHING_TO_RETURN");
    given(placed, paid, booked("s1", [tea(2)]), allocated("s2", [tea(1), cup]), left("s1")).when(ask("r1", tea(3))).refuses("INVALID_QUANTITY");
    given(...sent, asked("r1", tea(2))).when(ask("r2", tea(2))).refuses("INVALID_QUANTITY");
    given(...sent, asked("r1", tea(3), cup)).when(ask("r2", tea(1))).refuses("NOTHING_TO_RETURN");
    given(...sent, asked("r1", tea(3)), inspected("r1", 0, false, found("TEA", 0, 0, 3))).when(ask("r2", tea(1))).refuses("INVALID_QUANTITY");
    given(...sent).when(ask("r1", { sku: "POT", quantity: 1 })).refuses("UNKNOWN_LINE");
    given(...sent).when(ask("r1")).refuses("NO_LINES");
    given(...sent).when(ask("r1", tea(1), tea(1))).refuses("DUPLICATE_SKU");
  });
  it("changes nothing of what is stock or owed", () => {
    const order = fold(orderDecider, [...sent, asked("r1", tea(3), cup)]);
    expect(order).toMatchObject({ status: "SHIPPED", revertedMinor: 0 });
    expect(heldLines(order)).toEqual([]);
  });
});

describe("inspecting a return", () => {
  const returning = [...sent, asked("r1", tea(3))] as const;
  it("refunds what is accepted, in shares that add up to the line", () => {
    given(...returning).when(inspect("r1", found("TEA", 1, 1, 1))).then(inspected("r1", 213, false, found("TEA", 1, 1, 1)));
    given(...returning).when(inspect("r1", found("TEA", 0, 0, 3))).then(inspected("r1", 0, false, found("TEA", 0, 0, 3)));
    given(...returning).when(inspect("r1", found("TEA", 3))).then(inspected("r1", 320, false, found("TEA", 3)));
  });
  it("leaves what did not come to another return", () => {
    const order = fold(orderDecider, [...returning, inspected("r1", 107, false, found("TEA", 1))]);
    if (order.status === "absent") throw new Error("no order");
    expect(Object.fromEntries(returnableUnits(order))).toEqual({ TEA: 2, CUP: 1 });
  });
  it("of all that is left gives all that is left back, and makes the order RETURNED", () => {
    const history = [...sent, asked("r1", tea(3)), inspected("r1", 320, false, found("TEA", 3)), asked("r2", cup)] as const;
    const rest = inspected("r2", 200, true, found("CUP", 0, 1));
    given(...history).when(inspect("r2", found("CUP", 0, 1))).then(rest);
    expect(fold(orderDecider, [...history, rest])).toMatchObject({ status: "RETURNED", revertedMinor: 520 });
    given(...history, rest).when({ type: "ConfirmParcelDelivered", orderId, shipmentId: "s1" }).then({ type: "OrderParcelDelivered", orderId, shipmentId: "s1" });
  });
  it("counts on from what was called off before it was sent", () => {
    const off = linesOff([tea(1)], 107, { refundPaymentId: "p1", lines: pack(2), packing: 2 });
    const history = [placed, paid, off, allocated("s1", [tea(2), cup]), left("s1"), asked("r1", tea(2), cup)] as const;
    given(...history).when(inspect("r1", found("TEA", 1), found("CUP", 1))).then(inspected("r1", 206, false, found("TEA", 1), found("CUP", 1)));
    given(...history).when(inspect("r1", found("TEA", 2), found("CUP", 1))).then(inspected("r1", 413, true, found("TEA", 2), found("CUP", 1)));
  });
  it("happens once, and to what was announced", () => {
    given(...returning).when(inspect("r9", found("TEA", 1))).refuses("RETURN_UNKNOWN");
    given(...returning, inspected("r1", 107, false, found("TEA", 1))).when(inspect("r1", found("TEA", 1))).refuses("RETURN_INSPECTED");
    for (const [line, code] of [[found("TEA", 4), "INVALID_QUANTITY"], [found("TEA", 0), "INVALID_QUANTITY"], [found("TEA", 2, -1), "INVALID_QUANTITY"], [found("CUP", 1), "INVALID_QUANTITY"], [found("POT", 1), "UNKNOWN_LINE"]] as const) {
      given(...returning).when(inspect("r1", line)).refuses(code);
    }
    given(...returning).when(inspect("r1")).refuses("NO_LINES");
  });
});
