import type { SaleFact, StockFact, UnitFact } from "../../events/inventory.js";
import type { OrderEvent, OrderLine, OrderStatus, OrderTotals, PackLine } from "../../events/orders.js";
import type { ParcelLine } from "../../events/shipping.js";
import { defineStream, type Decider } from "../../kernel/decider.js";
import { Refusal } from "../../kernel/refusal.js";

/** One parcel of an order, as far as the order cares. */
interface Parcel {
  readonly status: "booked" | "shipped" | "delivered";
  readonly lines: readonly ParcelLine[];
}

interface LivingOrder {
  readonly status: OrderStatus;
  readonly orderId: string;
  readonly customerId: string;
  readonly lines: readonly OrderLine[];
  readonly totals: OrderTotals;
  /** The reservation that it took over; null where its units were set aside with its placing. */
  readonly reservationId: string | null;
  readonly paymentId: string | null;
  readonly parcels: ReadonlyMap<string, Parcel>;
  /** Every parcel has a courier: no further one will come. */
  readonly allocated: boolean;
}

export type Order = { readonly status: "absent" } | LivingOrder;

export type OrderCommand =
  | { readonly type: "PlaceOrder"; readonly orderId: string; readonly customerId: string; readonly lines: readonly OrderLine[]; readonly totals: OrderTotals; readonly stock: readonly StockFact[]; readonly sales?: readonly SaleFact[]; readonly units?: readonly UnitFact[]; readonly reservationId?: string }
  | { readonly type: "ConfirmPayment"; readonly orderId: string; readonly paymentId: string }
  | { readonly type: "ConfirmParcelBooked"; readonly orderId: string; readonly shipmentId: string; readonly lines: readonly ParcelLine[]; readonly parcelCount: number }
  | { readonly type: "ConfirmParcelLeft"; readonly orderId: string; readonly shipmentId: string; readonly stock: readonly StockFact[]; readonly units?: readonly UnitFact[] }
  | { readonly type: "ConfirmParcelDelivered"; readonly orderId: string; readonly shipmentId: string }
  | { readonly type: "CancelOrder"; readonly orderId: string; readonly reason: string; readonly stock: readonly StockFact[]; readonly sales?: readonly SaleFact[]; readonly units?: readonly UnitFact[] }
  | { readonly type: "PutOnHold"; readonly orderId: string; readonly reason: string };

/** An order goes forward one step at a time, can be called off until its first parcel has left, and hears no news twice. */
export const orderDecider: Decider<Order, OrderCommand, OrderEvent> = {
  initial: { status: "absent" },
  decide(command, order) {
    if (command.type === "PlaceOrder") {
      if (order.status !== "absent") return []; // a replayed request changes nothing
      const { orderId, customerId, lines, totals, stock, reservationId } = command;
      return [{ type: "OrderPlaced", orderId, customerId, lines, totals, stock, ...told(command), ...(reservationId === undefined ? {} : { reservationId }) }];
    }
    if (order.status === "absent") throw new Refusal("ORDER_UNKNOWN", "There is no such order.", "orderId");
    return decideLiving(command, order);
  },
  evolve(order, event) {
    if (event.type === "OrderPlaced") {
      const { orderId, customerId, lines, totals, reservationId = null } = event;
      return { status: "PLACED", orderId, customerId, lines, totals, reservationId, paymentId: null, parcels: new Map(), allocated: false };
    }
    if (order.status === "absent") throw new Error(`${event.type} stands before OrderPlaced`);
    return evolveLiving(order, event);
  },
};

function decideLiving(command: Exclude<OrderCommand, { type: "PlaceOrder" }>, order: LivingOrder): readonly OrderEvent[] {
  const { orderId } = order;
  switch (command.type) {
    case "ConfirmPayment":
      if (order.paymentId !== null) return [];
      if (order.status === "CANCELLED") return [{ type: "OrderPaymentUnwanted", orderId, paymentId: command.paymentId }];
      return [{ type: "OrderPaid", orderId, customerId: order.customerId, paymentId: command.paymentId, lines: order.lines.map(packLine) }];
    case "ConfirmParcelBooked":
      return parcelBooked(command, order);
    case "ConfirmParcelLeft": {
      const parcel = order.parcels.get(command.shipmentId);
      if (parcel?.status !== "booked" || order.status === "CANCELLED") return [];
      return [{ type: "OrderParcelShipped", orderId, shipmentId: command.shipmentId, stock: command.stock, ...told(command) }];
    }
    case "ConfirmParcelDelivered":
      return parcelDelivered(command.shipmentId, order);
    case "CancelOrder":
      if (order.status === "CANCELLED") return [];
      if (hasLeft(order)) throw new Refusal("ORDER_NOT_CANCELLABLE", "A parcel of this order has left; it can only be returned.", "orderId");
      return [{
        type: "OrderCancelled", orderId, reason: command.reason, refundPaymentId: order.paymentId,
        shipmentIds: [...order.parcels.keys()], stock: command.stock, ...told(command),
      }];
    case "PutOnHold":
      if (order.status === "CANCELLED" || order.status === "ON_HOLD" || hasLeft(order)) return [];
      return [{ type: "OrderPutOnHold", orderId, reason: command.reason }];
  }
}

function parcelBooked({ shipmentId, lines, parcelCount }: Extract<OrderCommand, { type: "ConfirmParcelBooked" }>, order: LivingOrder): readonly OrderEvent[] {
  const { orderId } = order;
  if (order.parcels.has(shipmentId)) return [];
  if (order.status === "CANCELLED") return [{ type: "OrderShipmentUnwanted", orderId, shipmentId }];
  const last = order.parcels.size + 1 === parcelCount;
  return [{ type: last ? "OrderAllocated" : "OrderParcelBooked", orderId, shipmentId, lines }];
}

function parcelDelivered(shipmentId: string, order: LivingOrder): readonly OrderEvent[] {
  const { orderId } = order;
  if (order.parcels.get(shipmentId)?.status !== "shipped") return [];
  const others = [...order.parcels].filter(([id]) => id !== shipmentId);
  const last = order.allocated && others.every(([, { status }]) => status === "delivered");
  return [{ type: last ? "OrderDelivered" : "OrderParcelDelivered", orderId, shipmentId }];
}

/** What most events have nothing of. */
interface SeldomFacts {
  readonly sales?: readonly SaleFact[];
  readonly units?: readonly UnitFact[];
}

function told({ sales = [], units = [] }: SeldomFacts): SeldomFacts {
  return { ...(sales.length === 0 ? {} : { sales }), ...(units.length === 0 ? {} : { units }) };
}

function packLine({ sku, quantity, unitWeightGrams }: OrderLine): PackLine {
  return { sku, quantity, unitWeightGrams };
}

function hasLeft({ parcels }: LivingOrder): boolean {
  return [...parcels.values()].some(({ status }) => status !== "booked");
}

function evolveLiving(order: LivingOrder, event: Exclude<OrderEvent, { type: "OrderPlaced" }>): Order {
  switch (event.type) {
    case "OrderPaid":
      return { ...order, status: "PAID", paymentId: event.paymentId };
    case "OrderPaymentUnwanted":
      return { ...order, paymentId: event.paymentId };
    case "OrderParcelBooked":
      return withParcel(order, event.shipmentId, { status: "booked", lines: event.lines });
    case "OrderAllocated":
      return { ...withParcel(order, event.shipmentId, { status: "booked", lines: event.lines }), allocated: true, status: hasLeft(order) ? order.status : "ALLOCATED" };
    case "OrderShipmentUnwanted":
      return order;
    case "OrderParcelShipped":
      return { ...moveParcel(order, event.shipmentId, "shipped"), status: "SHIPPED" };
    case "OrderParcelDelivered":
      return moveParcel(order, event.shipmentId, "delivered");
    case "OrderDelivered":
      return { ...moveParcel(order, event.shipmentId, "delivered"), status: "DELIVERED" };
    case "OrderCancelled":
      return { ...order, status: "CANCELLED" };
    case "OrderPutOnHold":
      return { ...order, status: "ON_HOLD" };
  }
}

function withParcel(order: LivingOrder, shipmentId: string, parcel: Parcel): LivingOrder {
  return { ...order, parcels: new Map(order.parcels).set(shipmentId, parcel) };
}

function moveParcel(order: LivingOrder, shipmentId: string, status: Parcel["status"]): LivingOrder {
  const parcel = order.parcels.get(shipmentId);
  return parcel ? withParcel(order, shipmentId, { ...parcel, status }) : order;
}

/** Units that are set aside for an order, and the sale that they came from; absent for units of the shelf. */
export interface HeldLine extends ParcelLine {
  readonly saleId?: string;
  /** Which ones, where they are numbered. */
  readonly unitIds?: readonly string[];
}

/** What is still set aside for the order: its lines less what has left. Nothing for an order that is over. */
export function heldLines(order: Order): readonly HeldLine[] {
  if (order.status === "absent" || order.status === "CANCELLED") return [];
  const gone = goneUnits(order);
  return order.lines.map(({ sku, quantity, saleId, unitIds }) => {
    const left = gone.get(sku) ?? 0;
    return { sku, quantity: quantity - left, ...(saleId === undefined ? {} : { saleId }), ...(unitIds ? { unitIds: unitIds.slice(left) } : {}) };
  }).filter(({ quantity }) => quantity > 0);
}

/** The lines of a parcel that is booked and has not left. Numbered units leave in the order of their line: which box holds which is not told before. */
export function bookedParcelLines(order: Order, shipmentId: string): readonly Omit<HeldLine, "saleId">[] {
  if (order.status === "absent" || order.status === "CANCELLED") return [];
  const parcel = order.parcels.get(shipmentId);
  if (parcel?.status !== "booked") return [];
  const held = heldLines(order);
  return parcel.lines.map((line) => {
    const unitIds = held.find(({ sku }) => sku === line.sku)?.unitIds?.slice(0, line.quantity);
    return unitIds ? { ...line, unitIds } : line;
  });
}

function goneUnits({ parcels }: LivingOrder): ReadonlyMap<string, number> {
  const gone = new Map<string, number>();
  for (const { status, lines } of parcels.values()) {
    if (status === "booked") continue;
    for (const { sku, quantity } of lines) gone.set(sku, (gone.get(sku) ?? 0) + quantity);
  }
  return gone;
}

/** Whether a parcel's news can be told apart from nothing: its booking is known here, or no longer matters. */
export function knowsParcel(order: Order, shipmentId: string): boolean {
  return order.status !== "absent" && (order.status === "CANCELLED" || order.parcels.has(shipmentId));
}

export const orderStream = defineStream("order", orderDecider);
