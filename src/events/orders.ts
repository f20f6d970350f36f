import type { SaleFact, StockFact, UnitFact } from "./inventory.js";
import type { ParcelLine } from "./shipping.js";

/** One product in an order, with all that its price was computed from. Amounts in minor units. */
export interface OrderLine {
  readonly sku: string;
  readonly name: string;
  readonly quantity: number;
  readonly unitPriceMinor: number;
  readonly unitWeightGrams: number;
  readonly taxBasisPoints: number;
  /** `unitPriceMinor × quantity`. */
  readonly netMinor: number;
  /** Tax of the line, rounded half away from zero. */
  readonly taxMinor: number;
  /** The sale whose price and units these are; absent for units from the shelf. */
  readonly saleId?: string;
  /** Which ones, of a product with numbered units; absent of any other. */
  readonly unitIds?: readonly string[];
}

/** Fixed when the order is placed and never computed again: `total = lines + shipping + tax`. */
export type OrderTotals = {
  readonly currency: string;
  readonly linesMinor: number;
  readonly shippingMinor: number;
  readonly taxMinor: number;
  readonly totalMinor: number;
};

/** What packing needs to know of a line. */
export type PackLine = Pick<OrderLine, "sku" | "quantity" | "unitWeightGrams">;

export interface OrderPlaced {
  readonly type: "OrderPlaced";
  readonly orderId: string;
  readonly customerId: string;
  readonly lines: readonly OrderLine[];
  readonly totals: OrderTotals;
  readonly stock: readonly StockFact[];
  /** What it did to the counters of sales; absent where it took nothing from one. */
  readonly sales?: readonly SaleFact[];
  /** Numbered units that it took; absent where none. */
  readonly units?: readonly UnitFact[];
  /** The reservation whose units it took over: these were set aside already, and no fact says so again. */
  readonly reservationId?: string;
}

export interface OrderPaid {
  readonly type: "OrderPaid";
  readonly orderId: string;
  readonly customerId: string;
  readonly paymentId: string;
  /** What has to be packed: no more of the lines than that, since orders of hundreds of lines are events of many kilobytes. */
  readonly lines: readonly PackLine[];
}

/** Money came for an order that had been cancelled meanwhile: it has to go back. */
export interface OrderPaymentUnwanted {
  readonly type: "OrderPaymentUnwanted";
  readonly orderId: string;
  readonly paymentId: string;
}

/** One parcel has a courier, others are still to be booked. */
export interface OrderParcelBooked {
  readonly type: "OrderParcelBooked";
  readonly orderId: string;
  readonly shipmentId: string;
  readonly lines: readonly ParcelLine[];
}

/** The last parcel has a courier: the order is allocated. */
export interface OrderAllocated {
  readonly type: "OrderAllocated";
  readonly orderId: string;
  readonly shipmentId: string;
  readonly lines: readonly ParcelLine[];
}

/** A courier holds a parcel of an order that had been cancelled meanwhile: call it off. */
export interface OrderShipmentUnwanted {
  readonly type: "OrderShipmentUnwanted";
  readonly orderId: string;
  readonly shipmentId: string;
}

/** A parcel has left; its units leave the stock. The first one makes the order SHIPPED. */
export interface OrderParcelShipped {
  readonly type: "OrderParcelShipped";
  readonly orderId: string;
  readonly shipmentId: string;
  readonly stock: readonly StockFact[];
  /** Numbered units that left with it; absent where none. */
  readonly units?: readonly UnitFact[];
}

/** One parcel arrived, others are still on their way. */
export interface OrderParcelDelivered {
  readonly type: "OrderParcelDelivered";
  readonly orderId: string;
  readonly shipmentId: string;
}

/** The last parcel arrived. */
export interface OrderDelivered {
  readonly type: "OrderDelivered";
  readonly orderId: string;
  readonly shipmentId: string;
}

export interface OrderCancelled {
  readonly type: "OrderCancelled";
  readonly orderId: string;
  readonly reason: string;
  /** Null where nothing had been charged yet. */
  readonly refundPaymentId: string | null;
  readonly shipmentIds: readonly string[];
  readonly stock: readonly StockFact[];
  /** Units that went back into a sale that is still open; absent where none did. */
  readonly sales?: readonly SaleFact[];
  /** Numbered units that are free again; absent where none. */
  readonly units?: readonly UnitFact[];
}

/** The order cannot go on by itself; a person has to look. */
export interface OrderPutOnHold {
  readonly type: "OrderPutOnHold";
  readonly orderId: string;
  readonly reason: string;
}

export type OrderEvent =
  | OrderPlaced | OrderPaid | OrderPaymentUnwanted | OrderParcelBooked | OrderAllocated | OrderShipmentUnwanted
  | OrderParcelShipped | OrderParcelDelivered | OrderDelivered | OrderCancelled | OrderPutOnHold;

/** DESIGN's words for where an order stands. */
export type OrderStatus = "PLACED" | "PAID" | "ALLOCATED" | "SHIPPED" | "DELIVERED" | "CANCELLED" | "RETURNED" | "ON_HOLD";
