import type { SaleFact, StockFact, UnitFact } from "../../events/inventory.js";
import type { OrderCancelled, OrderEvent, OrderLine, OrderTotals } from "../../events/orders.js";
import type { PaymentMethod } from "../../events/payments.js";
import type { ParcelLine } from "../../events/shipping.js";
import { defineStream, type Decider } from "../../kernel/decider.js";
import { Refusal } from "../../kernel/refusal.js";
import { revertedBy } from "./order-amounts.js";
import { checkCancelledLines } from "./order-checks.js";
import { decideReturn, type ReturnCommand } from "./order-returns.js";
import { canComeBack, packLines } from "./order-units.js";
import { evolveOrder, hasLeft, plus, type LivingOrder, type Order } from "./order-state.js";

export type { Order };

/** What the command did to stock; most have nothing of sales and numbered units. */
interface Facts {
  readonly stock: readonly StockFact[];
  readonly sales?: readonly SaleFact[];
  readonly units?: readonly UnitFact[];
}

interface OfOrder {
  readonly orderId: string;
}

interface PlaceOrder extends OfOrder, Facts {
  readonly type: "PlaceOrder";
  readonly customerId: string;
  readonly lines: readonly OrderLine[];
  readonly totals: OrderTotals;
  readonly reservationId?: string;
  readonly method?: PaymentMethod;
}

/** `authorized`: the money is only set aside. `again`: the units of an order that was called off, taken a second time. */
interface ConfirmPayment extends OfOrder {
  readonly type: "ConfirmPayment";
  readonly paymentId: string;
  readonly authorized?: true;
  readonly again?: Facts;
}

interface ConfirmParcelBooked extends OfOrder {
  readonly type: "ConfirmParcelBooked";
  readonly shipmentId: string;
  readonly lines: readonly ParcelLine[];
  readonly parcelCount: number;
  /** 1 where absent. */
  readonly packing?: number;
}

interface PutOnHold extends OfOrder {
  readonly type: "PutOnHold";
  readonly reason: string;
  readonly callOffAfterSeconds?: number;
  /** Trouble with its money waits wherever the order stands, and whatever it waits for already. */
  readonly overMoney?: true;
  /** Parcels that are taken for lost, all of them. */
  readonly lost?: readonly string[];
}

export type OrderCommand =
  | PlaceOrder | ConfirmPayment | ConfirmParcelBooked | PutOnHold
  | OfOrder & { readonly type: "NoteDecline"; readonly paymentId: string; readonly code: string; readonly payBefore: string; readonly triedAgain?: true }
  | OfOrder & { readonly type: "NoteRetry"; readonly paymentId: string; readonly attempt: number }
  | OfOrder & Facts & { readonly type: "ConfirmParcelLeft"; readonly shipmentId: string }
  | OfOrder & { readonly type: "ConfirmParcelDelivered"; readonly shipmentId: string }
  | OfOrder & Facts & { readonly type: "CancelOrder"; readonly reason: string; readonly cause: OrderCancelled["cause"] }
  | OfOrder & { readonly type: "ResumeOrder"; readonly reason: string }
  | OfOrder & Facts & { readonly type: "CancelLines"; readonly reason: string; readonly lines: readonly ParcelLine[] }
  | ReturnCommand;

type LaterCommand<Type extends OrderCommand["type"] = Exclude<OrderCommand["type"], "PlaceOrder">> = Extract<OrderCommand, { readonly type: Type }>;

/** An order goes forward one step at a time, can be called off until its first parcel has left, and hears no news twice. */
export const orderDecider: Decider<Order, OrderCommand, OrderEvent> = {
  initial: { status: "absent" },
  decide(command, order) {
    if (command.type === "PlaceOrder") {
      if (order.status !== "absent") return []; // a replayed request changes nothing
      const { orderId, customerId, lines, totals, stock, reservationId, method } = command;
      return [{
        type: "OrderPlaced", orderId, customerId, lines, totals, stock, ...told(command),
        ...(reservationId === undefined ? {} : { reservationId }), ...(method === undefined ? {} : { method }),
      }];
    }
    if (order.status === "absent") throw new Refusal("ORDER_UNKNOWN", "There is no such order.", "orderId");
    return decideLiving(command, order);
  },
  evolve: evolveOrder,
};

function decideLiving(command: LaterCommand, order: LivingOrder): readonly OrderEvent[] {
  const { orderId } = order;
  switch (command.type) {
    case "ConfirmPayment":
      return paid(command, order);
    case "NoteDecline":
      if (order.stage !== "PLACED") return [];
      return [{ ...command, type: "OrderPaymentDeclined" }];
    case "NoteRetry":
      return order.stage === "PLACED" ? [{ ...command, type: "OrderPaymentRetried" }] : [];
    case "ConfirmParcelBooked":
      return parcelBooked(command, order);
    case "ConfirmParcelLeft": {
      const parcel = order.parcels.get(command.shipmentId);
      if (parcel?.status !== "booked" || order.stage === "CANCELLED") return [];
      return [{
        type: "OrderParcelShipped", orderId, shipmentId: command.shipmentId, ...(order.money === "authorized" ? { authorized: true } : {}), stock: command.stock, ...told(command),
      }];
    }
    case "ConfirmParcelDelivered":
      return parcelDelivered(command.shipmentId, order);
    case "CancelOrder":
      return cancelled(command, order);
    case "PutOnHold":
      return putOnHold(command, order);
    case "ResumeOrder":
      return resumed(command, order);
    case "CancelLines":
      return linesCancelled(command, order);
    case "NoteParcelStrayed":
    case "ConfirmParcelReturning":
    case "RequestReturn":
    case "ConfirmReturnArrived":
    case "InspectReturn":
      return decideReturn(command, order);
  }
}

/** Money comes once; what had been set aside may become ours later. An order that is over does not want it, unless its units are there again. */
function paid({ paymentId, authorized, again }: ConfirmPayment, order: LivingOrder): readonly OrderEvent[] {
  const { orderId, customerId, money } = order;
  if (money === "captured" || (money === "authorized" && authorized)) return [];
  const asHow = authorized ? { authorized } : {};
  if (canComeBack(order) && again) {
    return [{
      type: "OrderReinstated", orderId, customerId, paymentId, ...asHow, lines: packLines(order), owedMinor: owedAgain(order), stock: again.stock, ...told(again),
    }];
  }
  if (order.stage === "CANCELLED") return [{ type: "OrderPaymentUnwanted", orderId, paymentId, ...asHow }];
  if (money === "authorized") return [{ type: "OrderPaymentCaptured", orderId, paymentId }];
  return [{ type: "OrderPaid", orderId, customerId, paymentId, ...asHow, lines: packLines(order) }];
}

/** All that is not called off line by line: calling the order off had reverted the rest of the total. */
function owedAgain({ lines, totals, cancelled }: LivingOrder): number {
  const asPlaced = { lines, totals, back: new Map<string, number>(), revertedMinor: 0 };
  return totals.totalMinor - revertedBy(asPlaced, [...cancelled].map(([sku, quantity]) => ({ sku, quantity }))).revertedMinor;
}

function parcelBooked({ shipmentId, lines, parcelCount, packing = 1 }: ConfirmParcelBooked, order: LivingOrder): readonly OrderEvent[] {
  const { orderId } = order;
  if (order.parcels.has(shipmentId) || order.formerParcels.has(shipmentId)) return [];
  if (order.stage === "CANCELLED" || packing !== order.packing) return [{ type: "OrderShipmentUnwanted", orderId, shipmentId, lines }];
  const last = order.parcels.size + 1 === parcelCount;
  return [{ type: last ? "OrderAllocated" : "OrderParcelBooked", orderId, shipmentId, lines }];
}

function parcelDelivered(shipmentId: string, order: LivingOrder): readonly OrderEvent[] {
  const { orderId, parcels, returns } = order;
  const status = parcels.get(shipmentId)?.status;
  const isBack = [...returns.values()].some((one) => one.shipmentId === shipmentId && (one.arrived || one.inspected));
  if (status !== "shipped" && (status !== "returning" || isBack)) return [];
  const others = [...parcels].filter(([id]) => id !== shipmentId);
  const isOver = others.every((one) => one[1].status === "delivered" || one[1].status === "returning");
  // What the buyer sent back and was looked at stays back.
  const last = order.allocated && isOver && (order.stage !== "RETURNED" || (status === "returning" && order.revertedMinor < order.totals.totalMinor));
  return [{ type: last ? "OrderDelivered" : "OrderParcelDelivered", orderId, shipmentId }];
}

function cancelled(command: LaterCommand<"CancelOrder">, order: LivingOrder): readonly OrderEvent[] {
  const { orderId, totals, revertedMinor, paymentId, parcels } = order;
  if (order.stage === "CANCELLED") return [];
  if (hasLeft(order)) throw new Refusal("ORDER_NOT_CANCELLABLE", "A parcel of this order has left; it can only be returned.", "orderId");
  return [{
    type: "OrderCancelled", orderId, reason: command.reason, cause: command.cause, revertedMinor: totals.totalMinor - revertedMinor,
    refundPaymentId: paymentId, shipmentIds: [...parcels.keys()], stock: command.stock, ...told(command),
  }];
}

function putOnHold({ reason, callOffAfterSeconds, overMoney, lost }: PutOnHold, order: LivingOrder): readonly OrderEvent[] {
  const { orderId, hold } = order;
  if (order.stage === "CANCELLED" || hold?.reason === reason) return [];
  const isMoreOfTheSame = lost !== undefined && (hold === null || hold.lost.length > 0);
  if (!overMoney && !isMoreOfTheSame && (hold || hasLeft(order))) return [];
  return [{ type: "OrderPutOnHold", orderId, reason, ...(lost ? { lost } : {}), ...(callOffAfterSeconds === undefined ? {} : { callOffAfterSeconds }) }];
}

/** What was paid and is not with couriers yet is booked again: under the same packing where some of it is, since the same parcels come out of it. */
function resumed({ reason }: LaterCommand<"ResumeOrder">, order: LivingOrder): readonly OrderEvent[] {
  const { orderId, customerId, packing, parcels, money, allocated } = order;
  if (!order.hold) throw new Refusal("ORDER_NOT_ON_HOLD", "This order does not wait for anybody.", "orderId");
  if (money === "none" || allocated) return [{ type: "OrderResumed", orderId, customerId, reason, packing }];
  return [{ type: "OrderResumed", orderId, customerId, reason, lines: packLines(order), packing: parcels.size === 0 ? packing + 1 : packing }];
}

function linesCancelled(command: LaterCommand<"CancelLines">, order: LivingOrder): readonly OrderEvent[] {
  checkCancelledLines(order, command.lines);
  const { orderId, customerId, paymentId, packing, parcels } = order;
  const isPaid = order.money !== "none";
  return [{
    type: "OrderLinesCancelled", orderId, customerId, reason: command.reason, cancelled: command.lines, revertedMinor: revertedBy(order, command.lines).revertedMinor,
    refundPaymentId: paymentId, shipmentIds: [...parcels.keys()], ...(isPaid ? { lines: packLines(order, plus(order.cancelled, command.lines)) } : {}),
    packing: isPaid ? packing + 1 : packing, stock: command.stock, ...told(command),
  }];
}

function told({ sales = [], units = [] }: Omit<Facts, "stock">): Omit<Facts, "stock"> {
  return { ...(sales.length === 0 ? {} : { sales }), ...(units.length === 0 ? {} : { units }) };
}

export const orderStream = defineStream("order", orderDecider);
