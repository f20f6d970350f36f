import type { SaleFact, StockFact } from "./inventory.js";

/** How a waiting room lets buyers in. */
export type WaitingRoomRules = {
  /** Tickets a second, at most. */
  readonly ratePerSecond: number;
  /** How long a pass lets its holder reserve, in seconds. */
  readonly passSeconds: number;
};

/** Of what is sold how and when. Amounts in minor units; times RFC 3339 UTC, to the millisecond. */
export interface SaleTerms {
  readonly sku: string;
  readonly priceMinor: number;
  readonly currency: string;
  /** Units set aside from the shelf at once. */
  readonly allocation: number;
  readonly startsAt: string;
  readonly endsAt: string;
  /** Units that one customer may have, bought or held; null for any number. */
  readonly limitPerCustomer: number | null;
  readonly holdSeconds: number;
  readonly waitingRoom: WaitingRoomRules | null;
}

/** Units were set aside to be sold at another price for a while. */
export interface SaleScheduled extends SaleTerms {
  readonly type: "SaleScheduled";
  readonly saleId: string;
  readonly stock: readonly StockFact[];
  readonly sales: readonly SaleFact[];
}

/** The sale is over: what was left is on the shelf again. What is held or sold stays so, at the sale's price. */
export interface SaleEnded {
  readonly type: "SaleEnded";
  readonly saleId: string;
  readonly sku: string;
  readonly reason: "over" | "ended" | "cancelled";
  readonly stock: readonly StockFact[];
  readonly sales: readonly SaleFact[];
}

export type SaleEvent = SaleScheduled | SaleEnded;
export type SaleStatus = "SCHEDULED" | "OPEN" | "ENDED" | "CANCELLED";
