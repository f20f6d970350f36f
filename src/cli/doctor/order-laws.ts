import { orderDecider, type Order, type OrderCommand } from "../../commands/orders/order.decider.js";
import type { LivingOrder } from "../../commands/orders/order-state.js";
import { orderedLines } from "../../commands/orders/order-units.js";
import type { OrderEvent } from "../../events/orders.js";
import { Refusal } from "../../kernel/refusal.js";
import { factsFit } from "./order-facts.js";

/** An event as the primary's log has it. */
export interface StoredEvent {
  readonly version: number;
  readonly type: string;
  readonly data: object;
}

/** What an order's stream says, and what is wrong with it. */
export interface OrderReading {
  readonly order: Order;
  /** The stream breaks the order's own rules. */
  readonly sequence: readonly string[];
  /** Facts of stock that are not what the event did. */
  readonly stock: readonly string[];
  /** Parcels that do not hold what was ordered. */
  readonly parcels: readonly string[];
}

/** Folds a stream, and asks the decider of each event whether it would say so again. */
export function readOrder(streamId: string, events: readonly StoredEvent[]): OrderReading {
  let order: Order = orderDecider.initial;
  const [sequence, stock, parcels]: [string[], string[], string[]] = [[], [], []];
  for (const [index, { version, type, data }] of events.entries()) {
    const event = { ...data, type } as OrderEvent;
    if (version !== index + 1) sequence.push(`version ${String(index + 1)} is missing (${String(version)} is there)`);
    if (streamId !== `order-${event.orderId}`) sequence.push(`version ${String(version)} is an event of order ${event.orderId}`);
    const refusal = wouldNotSay(event, order);
    if (refusal !== null) sequence.push(`${type} at version ${String(version)}: ${refusal}`);
    if ("stock" in event && !factsFit(event, order)) stock.push(`the stock facts of ${type} at version ${String(version)} are not what it did`);
    try {
      order = orderDecider.evolve(order, event);
    } catch (error) {
      sequence.push(String(error));
      break;
    }
  }
  if (order.status !== "absent") {
    if (!addsUp(order)) sequence.push("its total is not the sum of lines, shipping and tax");
    if ((order.allocated || order.stage === "DELIVERED") && !holdsAll(order)) parcels.push("its parcels do not hold what was ordered");
  }
  return { order, sequence, stock, parcels };
}

/** Null where the decider says the same event in this state. */
function wouldNotSay(event: OrderEvent, order: Order): string | null {
  if (event.type === "OrderPlaced" && order.status !== "absent") return "the order is placed a second time";
  try {
    const [said, ...more] = orderDecider.decide(commandOf(event, order), order);
    if (said?.type === event.type && more.length === 0) return sameAmounts(said, event) ? null : "it speaks of another amount than the fixed total gives";
    return `an order that is ${order.status} ${said ? `would say ${said.type}` : "has nothing new to say there"}`;
  } catch (error) {
    if (error instanceof Refusal) return `an order that is ${order.status} refuses it (${error.code})`;
    return String(error);
  }
}

/** What it reverts, or what is owed again: of the fixed total, to the cent. */
function sameAmounts(said: OrderEvent, event: OrderEvent): boolean {
  const amountOf = (one: OrderEvent): number | null => ("revertedMinor" in one ? one.revertedMinor : "owedMinor" in one ? one.owedMinor : null);
  return amountOf(said) === amountOf(event);
}

/** The command that led to an event. */
function commandOf(event: OrderEvent, order: Order): OrderCommand {
  const { orderId } = event;
  const [booked, packing] = order.status === "absent" ? [0, 1] : [order.parcels.size, order.packing];
  switch (event.type) {
    case "OrderPlaced": return { ...event, type: "PlaceOrder" };
    case "OrderPaid":
    case "OrderPaymentUnwanted": return { type: "ConfirmPayment", orderId, paymentId: event.paymentId, ...(event.authorized ? { authorized: true } : {}) };
    case "OrderReinstated":
      return { type: "ConfirmPayment", orderId, paymentId: event.paymentId, ...(event.authorized ? { authorized: true } : {}), again: event };
    case "OrderPaymentCaptured": return { type: "ConfirmPayment", orderId, paymentId: event.paymentId };
    case "OrderPaymentDeclined": return { ...event, type: "NoteDecline" };
    case "OrderPaymentRetried": return { ...event, type: "NoteRetry" };
    case "OrderParcelBooked": return { type: "ConfirmParcelBooked", orderId, shipmentId: event.shipmentId, lines: event.lines, parcelCount: booked + 2, packing };
    case "OrderAllocated": return { type: "ConfirmParcelBooked", orderId, shipmentId: event.shipmentId, lines: event.lines, parcelCount: booked + 1, packing };
    // A cancelled order wants no parcel at all, any other none of a former packing.
    case "OrderShipmentUnwanted": return { type: "ConfirmParcelBooked", orderId, shipmentId: event.shipmentId, lines: [], parcelCount: booked + 1, packing: packing - 1 };
    case "OrderParcelShipped": return { type: "ConfirmParcelLeft", orderId, shipmentId: event.shipmentId, stock: event.stock };
    case "OrderParcelDelivered":
    case "OrderDelivered": return { type: "ConfirmParcelDelivered", orderId, shipmentId: event.shipmentId };
    case "OrderCancelled": return { type: "CancelOrder", orderId, reason: event.reason, cause: event.cause, stock: event.stock };
    // Which of them was trouble with its money no event tells: a hold that nothing else can bring about was one.
    case "OrderPutOnHold": return { ...event, type: "PutOnHold", overMoney: true };
    case "OrderResumed": return { type: "ResumeOrder", orderId, reason: event.reason };
    case "OrderLinesCancelled": return { type: "CancelLines", orderId, reason: event.reason, lines: event.cancelled, stock: event.stock };
    case "OrderReturnRequested": return { ...event, type: "RequestReturn" };
    case "OrderParcelReturning": return { type: "ConfirmParcelReturning", orderId, shipmentId: event.shipmentId, cause: event.cause };
    case "OrderParcelStrayed": return { ...event, type: "NoteParcelStrayed" };
    case "OrderReturnArrived": return { type: "ConfirmReturnArrived", orderId, returnId: event.returnId };
    case "OrderReturnInspected": return { type: "InspectReturn", orderId, returnId: event.returnId, lines: event.inspected, stock: event.stock };
  }
}

function addsUp({ lines, totals }: LivingOrder): boolean {
  const net = lines.reduce((sum, { netMinor }) => sum + netMinor, 0);
  return net === totals.linesMinor && totals.totalMinor === totals.linesMinor + totals.shippingMinor + totals.taxMinor;
}

function holdsAll(order: LivingOrder): boolean {
  const units = new Map<string, number>();
  for (const { sku, quantity } of orderedLines(order)) units.set(sku, (units.get(sku) ?? 0) + quantity);
  for (const parcel of order.parcels.values()) {
    for (const { sku, quantity } of parcel.lines) units.set(sku, (units.get(sku) ?? 0) - quantity);
  }
  return [...units.values()].every((left) => left === 0);
}
