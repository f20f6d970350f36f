import type { StockFact, UnitFact } from "../../events/inventory.js";
import type { ReturnCause, ReturnRefund } from "../../events/order-returns.js";
import type { InspectedLine, OrderEvent } from "../../events/orders.js";
import type { ParcelLine } from "../../events/shipping.js";
import { revertedBy } from "./order-amounts.js";
import { checkInspection, checkReturnedLines } from "./order-checks.js";
import { givenBackFor, isRefundedAtArrival, type LivingOrder } from "./order-state.js";
import { isUnwanted, linesComingBack } from "./order-units.js";

interface OfOrder {
  readonly orderId: string;
}

/** A parcel that nobody wanted any more has left. */
interface NoteParcelStrayed extends OfOrder {
  readonly type: "NoteParcelStrayed";
  readonly shipmentId: string;
  readonly lines: readonly ParcelLine[];
  readonly uncounted?: true;
  readonly stock: readonly StockFact[];
  readonly units?: readonly UnitFact[];
}

/** The buyer asks, or a parcel comes back by itself: `shipmentId`, `cause` and `refund` say so. */
interface RequestReturn extends OfOrder {
  readonly type: "RequestReturn";
  readonly returnId: string;
  readonly reason: string;
  readonly lines: readonly ParcelLine[];
  readonly shipmentId?: string;
  readonly cause?: ReturnCause;
  readonly refund?: ReturnRefund;
}

interface InspectReturn extends OfOrder {
  readonly type: "InspectReturn";
  readonly returnId: string;
  readonly lines: readonly InspectedLine[];
  readonly stock: readonly StockFact[];
  readonly units?: readonly UnitFact[];
}

export type ReturnCommand =
  | NoteParcelStrayed | RequestReturn | InspectReturn
  | OfOrder & { readonly type: "ConfirmParcelReturning"; readonly shipmentId: string; readonly cause: ReturnCause }
  | OfOrder & { readonly type: "ConfirmReturnArrived"; readonly returnId: string };

/** What comes back of an order, by whatever way. Each of these says one thing, or nothing. */
export function decideReturn(command: ReturnCommand, order: LivingOrder): readonly OrderEvent[] {
  switch (command.type) {
    case "NoteParcelStrayed": return strayed(command, order);
    case "ConfirmParcelReturning": return returning(command, order);
    case "RequestReturn": return requested(command, order);
    case "ConfirmReturnArrived": return arrived(command, order);
    case "InspectReturn": return inspected(command, order);
  }
}

function strayed({ shipmentId, lines, uncounted, stock, units = [] }: NoteParcelStrayed, order: LivingOrder): readonly OrderEvent[] {
  const { orderId } = order;
  if (!isUnwanted(order, shipmentId) || order.strays.has(shipmentId)) return [];
  return [{
    type: "OrderParcelStrayed", orderId, shipmentId, lines, ...(uncounted ? { uncounted } : {}), stock, ...(units.length === 0 ? {} : { units }),
  }];
}

function returning({ shipmentId, cause }: Extract<ReturnCommand, { type: "ConfirmParcelReturning" }>, order: LivingOrder): readonly OrderEvent[] {
  const { orderId, parcels } = order;
  const status = parcels.get(shipmentId)?.status;
  if (isUnwanted(order, shipmentId) || (status !== "shipped" && status !== "delivered")) return [];
  return [{ type: "OrderParcelReturning", orderId, shipmentId, cause, becomes: stageWithout(order, shipmentId) }];
}

/** An order of which nothing is underway any more is where most of its buyer's day is: DELIVERED if he has any of it. */
function stageWithout({ stage, allocated, parcels }: LivingOrder, shipmentId: string): "SHIPPED" | "DELIVERED" | "RETURNED" {
  if (stage === "RETURNED") return stage;
  const others = [...parcels].filter(([id]) => id !== shipmentId).map(([, { status }]) => status);
  if (!allocated || others.some((status) => status === "booked" || status === "shipped")) return "SHIPPED";
  return others.includes("delivered") ? "DELIVERED" : "RETURNED";
}

function requested({ returnId, reason, lines, shipmentId, cause, refund }: RequestReturn, order: LivingOrder): readonly OrderEvent[] {
  const { orderId } = order;
  if (order.returns.has(returnId)) return [];
  if (shipmentId === undefined) {
    checkReturnedLines(order, lines);
    return [{ type: "OrderReturnRequested", orderId, returnId, reason, lines }];
  }
  const coming = linesComingBack(order, shipmentId);
  if (coming.length === 0) return [];
  return [{ type: "OrderReturnRequested", orderId, returnId, reason, lines: coming, shipmentId, ...(cause ? { cause } : {}), ...(refund ? { refund } : {}) }];
}

function arrived({ returnId }: { readonly returnId: string }, order: LivingOrder): readonly OrderEvent[] {
  const { orderId, paymentId } = order;
  const known = order.returns.get(returnId);
  const shipmentId = known?.shipmentId ?? null;
  if (!known || shipmentId === null || known.arrived || known.inspected) return [];
  const isRefunded = isRefundedAtArrival(order, known);
  const { revertedMinor } = isRefunded ? revertedBy(order, known.lines) : { revertedMinor: 0 };
  return [{ type: "OrderReturnArrived", orderId, returnId, shipmentId, lines: known.lines, revertedMinor, refundPaymentId: isRefunded ? paymentId : null }];
}

function inspected({ returnId, lines, stock, units = [] }: InspectReturn, order: LivingOrder): readonly OrderEvent[] {
  checkInspection(order, returnId, lines);
  const { orderId, paymentId } = order;
  const known = order.returns.get(returnId);
  if (!known || paymentId === null) throw new Error(`order ${orderId} was sent without a payment`);
  const accepted = givenBackFor(order, known, lines);
  const reverted = accepted.length === 0 ? { revertedMinor: 0, complete: order.stage === "RETURNED" } : revertedBy(order, accepted);
  const isStray = known.shipmentId !== null && order.strays.has(known.shipmentId);
  return [{
    type: "OrderReturnInspected", orderId, returnId, ...(known.shipmentId === null ? {} : { shipmentId: known.shipmentId }), inspected: lines, ...reverted, refundPaymentId: paymentId, stock,
    ...(units.length === 0 ? {} : { units }), ...(isStray ? { stray: true } : {}),
  }];
}
