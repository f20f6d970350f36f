import type { StockFact, UnitFact } from "./inventory.js";
import type { ParcelLine } from "./shipping.js";

/** Why a parcel comes back, as its courier's news has it. */
export type ReturnCause = "courier" | "left_after_cancellation" | "failures";

/** When a parcel that comes back by itself is refunded: when somebody has looked at it, when it is there, or not at all. */
export type ReturnRefund = "inspection" | "arrival" | "never";

/** A parcel comes back, or will: the courier says so, or delivering it was given up. */
export interface OrderParcelReturning {
  readonly type: "OrderParcelReturning";
  readonly orderId: string;
  readonly shipmentId: string;
  readonly cause: ReturnCause;
  /** Where the order stands by it: RETURNED where nothing of it stays with the buyer or is on its way to him, DELIVERED where a part of it does. */
  readonly becomes: "SHIPPED" | "DELIVERED" | "RETURNED";
}

/** A parcel that the order did not want any more has left all the same. Its units were free again already: what of them nobody has taken since leaves the stock. */
export interface OrderParcelStrayed {
  readonly type: "OrderParcelStrayed";
  readonly orderId: string;
  readonly shipmentId: string;
  readonly lines: readonly ParcelLine[];
  /** True where its units could not be taken out: somebody else was promised them, and the stock has to be counted. */
  readonly uncounted?: true;
  readonly stock: readonly StockFact[];
  /** Numbered units that left with it; absent where none. */
  readonly units?: readonly UnitFact[];
}

/** A parcel that came back is there again; it waits for somebody to look at it. */
export interface OrderReturnArrived {
  readonly type: "OrderReturnArrived";
  readonly orderId: string;
  readonly returnId: string;
  readonly shipmentId: string;
  readonly lines: readonly ParcelLine[];
  /** What the buyer gets back at once, by the shop's policy; 0 where it waits for the inspection. */
  readonly revertedMinor: number;
  readonly refundPaymentId: string | null;
}
