import type { SizeMm } from "./catalog.js";
import type { SaleFact, StockFact, UnitFact } from "./inventory.js";
import type { OrderParcelReturning, OrderParcelStrayed, OrderReturnArrived, ReturnCause, ReturnRefund } from "./order-returns.js";
import type { PaymentMethod } from "./payments.js";
import type { ParcelLine } from "./shipping.js";

/** One product in an order, with all that its price was computed from. Amounts in minor units. */
export interface OrderLine {
  readonly sku: string;
  readonly name: string;
  readonly quantity: number;
  readonly unitPriceMinor: number;
  readonly unitWeightGrams: number;
  /** Absent where nobody had measured the product. */
  readonly unitSizeMm?: SizeMm;
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
export type PackLine = Pick<OrderLine, "sku" | "quantity" | "unitWeightGrams" | "unitSizeMm">;

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
  /** Absent for a card. What it is paid with stands in no event. */
  readonly method?: PaymentMethod;
}

/** The money is there, or promised for sure: the order can be sent. */
export interface OrderPaid {
  readonly type: "OrderPaid";
  readonly orderId: string;
  readonly customerId: string;
  readonly paymentId: string;
  /** True where the money is only set aside so far: `OrderPaymentCaptured` follows. Absent where it is ours. */
  readonly authorized?: true;
  /** What has to be packed: no more of the lines than that, since orders of hundreds of lines are events of many kilobytes. */
  readonly lines: readonly PackLine[];
}

/** What had been set aside at the buyer's bank is ours now. */
export interface OrderPaymentCaptured {
  readonly type: "OrderPaymentCaptured";
  readonly orderId: string;
  readonly paymentId: string;
}

/** A payment was refused; the buyer may try another method until then, and the units stay set aside. */
export interface OrderPaymentDeclined {
  readonly type: "OrderPaymentDeclined";
  readonly orderId: string;
  readonly paymentId: string;
  /** The provider's reason, e.g. `insufficient_funds`. */
  readonly code: string;
  /** RFC 3339. */
  readonly payBefore: string;
  /** True where the buyer had begun another attempt before the order heard of this one; absent of any other. */
  readonly triedAgain?: true;
}

/** The buyer handed in another method after a no: that attempt is waited for. */
export interface OrderPaymentRetried {
  readonly type: "OrderPaymentRetried";
  readonly orderId: string;
  readonly paymentId: string;
  readonly attempt: number;
}

/** Money came for an order that had been called off for want of it, and its units were still free: it goes on. */
export interface OrderReinstated {
  readonly type: "OrderReinstated";
  readonly orderId: string;
  readonly customerId: string;
  readonly paymentId: string;
  readonly authorized?: true;
  readonly lines: readonly PackLine[];
  /** What is owed again: all that the calling off had reverted. */
  readonly owedMinor: number;
  readonly stock: readonly StockFact[];
  readonly sales?: readonly SaleFact[];
  readonly units?: readonly UnitFact[];
}

/** Money came for an order that had been cancelled meanwhile: it has to go back. */
export interface OrderPaymentUnwanted {
  readonly type: "OrderPaymentUnwanted";
  readonly orderId: string;
  readonly paymentId: string;
  /** True where it was only set aside so far; should it be taken all the same, this is said once more. */
  readonly authorized?: true;
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
  /** What it holds; absent of orders of an older version. */
  readonly lines?: readonly ParcelLine[];
}

/** A parcel has left; its units leave the stock. The first one makes the order SHIPPED. */
export interface OrderParcelShipped {
  readonly type: "OrderParcelShipped";
  readonly orderId: string;
  readonly shipmentId: string;
  /** The money is only set aside so far: it is captured now. Absent where it is ours. */
  readonly authorized?: true;
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
  /** Who or what called it off; `payment` and `payment_deadline` can be undone by money that comes all the same. */
  readonly cause: "request" | "payment" | "payment_deadline" | "hold";
  /** What was still owed of the fixed total and is no longer, in minor units. */
  readonly revertedMinor: number;
  /** Null where nothing had been charged or set aside yet. */
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
  /** Parcels that are taken for lost, all of them; it goes on by itself when the last one has turned up. Absent where it waits for something else. */
  readonly lost?: readonly string[];
  /** By the shop's policy it is called off and refunded if it still waits then; absent where it waits for a person. */
  readonly callOffAfterSeconds?: number;
}

/** It goes on where it stood. */
export interface OrderResumed {
  readonly type: "OrderResumed";
  readonly orderId: string;
  readonly customerId: string;
  readonly reason: string;
  /** What has to be packed, where no courier had it; absent where parcels are booked or the order is not paid. */
  readonly lines?: readonly PackLine[];
  readonly packing: number;
}

/** Single lines, or some units of them, were called off before anything left. What is left is packed anew. */
export interface OrderLinesCancelled {
  readonly type: "OrderLinesCancelled";
  readonly orderId: string;
  readonly customerId: string;
  readonly reason: string;
  readonly cancelled: readonly ParcelLine[];
  /** What is no longer owed for them, of the fixed total. */
  readonly revertedMinor: number;
  /** Null where nothing had been charged or set aside yet. */
  readonly refundPaymentId: string | null;
  /** Parcels that a courier has and that must be called off, since they would hold too much. */
  readonly shipmentIds: readonly string[];
  /** What has to be packed now; absent where the order is not paid yet. */
  readonly lines?: readonly PackLine[];
  /** Number of the packing that replaces the former ones; the first is 1. */
  readonly packing: number;
  readonly stock: readonly StockFact[];
  readonly sales?: readonly SaleFact[];
  readonly units?: readonly UnitFact[];
}

/** The buyer wants to send something back, or a parcel comes back. */
export interface OrderReturnRequested {
  readonly type: "OrderReturnRequested";
  readonly orderId: string;
  readonly returnId: string;
  readonly reason: string;
  readonly lines: readonly ParcelLine[];
  /** The parcel that comes back; absent where the buyer asked. */
  readonly shipmentId?: string;
  readonly cause?: ReturnCause;
  /** By the shop's policy of that time; with `shipmentId`. Where the buyer asked it is `inspection`. */
  readonly refund?: ReturnRefund;
}

/** What became of returned units when somebody looked at them. */
export interface InspectedLine {
  readonly sku: string;
  /** Good: stock again, and refunded. */
  readonly restocked: number;
  /** Not fit for sale, and refunded. */
  readonly scrapped: number;
  /** Not refunded: it goes back to the buyer. */
  readonly refused: number;
}

/** A return came in and was inspected. */
export interface OrderReturnInspected {
  readonly type: "OrderReturnInspected";
  readonly orderId: string;
  readonly returnId: string;
  /** The parcel that came back by itself; absent where the buyer had asked. */
  readonly shipmentId?: string;
  readonly inspected: readonly InspectedLine[];
  /** What the buyer gets back, of the fixed total. */
  readonly revertedMinor: number;
  readonly refundPaymentId: string;
  /** True where it came with a parcel that the order did not want any more: neither its units nor its money are the order's. */
  readonly stray?: true;
  /** True where by now everything has come back: the order is RETURNED. */
  readonly complete: boolean;
  readonly stock: readonly StockFact[];
  readonly units?: readonly UnitFact[];
}

export type OrderEvent =
  | OrderPlaced | OrderPaid | OrderPaymentCaptured | OrderPaymentDeclined | OrderPaymentRetried | OrderReinstated | OrderPaymentUnwanted | OrderParcelBooked | OrderAllocated | OrderShipmentUnwanted
  | OrderParcelShipped | OrderParcelDelivered | OrderDelivered | OrderParcelReturning | OrderParcelStrayed | OrderCancelled | OrderPutOnHold
  | OrderResumed | OrderLinesCancelled | OrderReturnRequested | OrderReturnArrived | OrderReturnInspected;

/** DESIGN's words for where an order stands. */
export type OrderStatus = "PLACED" | "PAID" | "ALLOCATED" | "SHIPPED" | "DELIVERED" | "CANCELLED" | "RETURNED" | "ON_HOLD";
