/** The stock facts of one SKU after a change; `version` grows by one with each change of the SKU. */
export interface StockFact {
  readonly sku: string;
  /** What this event did: units added to or taken from `on_hand` and `reserved`. */
  readonly onHandDelta: number;
  readonly reservedDelta: number;
  readonly onHand: number;
  readonly reserved: number;
  readonly version: number;
  /** The hold whose time was over and whose units this fact gave back, for somebody who needed them. */
  readonly expired?: ExpiredHold;
}

/** A hold that somebody else's need ended, before the sweeper came by. */
export interface ExpiredHold {
  readonly reservationId: string;
  readonly quantity: number;
}

/**
 * The counters of one sale after a change; `version` grows by one with each. While the sale lives,
 * `left + held + sold` is its allocation, and all but what is sold or held for good is part of the SKU's `reserved`.
 */
export interface SaleFact {
  readonly saleId: string;
  readonly sku: string;
  readonly leftDelta: number;
  readonly heldDelta: number;
  readonly soldDelta: number;
  readonly left: number;
  readonly held: number;
  readonly sold: number;
  readonly version: number;
  readonly expired?: ExpiredHold;
}

export type UnitState = "free" | "held" | "sold" | "gone";

/** A numbered unit after a change, whole; `version` grows by one with each. */
export interface UnitFact {
  readonly sku: string;
  /** What buyers call it: `A-12`, a serial number. */
  readonly unitId: string;
  /** Where it is, for neighbours; null where it is nowhere in particular. */
  readonly row: string | null;
  readonly place: number | null;
  readonly state: UnitState;
  /** Whose it is while it is held. */
  readonly reservationId: string | null;
  /** Whose it is once it is sold, also when it is gone. */
  readonly orderId: string | null;
  /** RFC 3339. */
  readonly heldUntil: string | null;
  readonly version: number;
}

/** What an event did to the counters of stock and sales, and to numbered units. */
export interface BookedFacts {
  readonly stock: readonly StockFact[];
  readonly sales: readonly SaleFact[];
  /** Numbered units; absent where none changed. */
  readonly units?: readonly UnitFact[];
}

/** Goods came in. One stream a receipt. */
export interface StockReceived {
  readonly type: "StockReceived";
  readonly receiptId: string;
  readonly stock: readonly StockFact[];
  /** Units of a product that is counted one by one; absent where none came. */
  readonly units?: readonly UnitFact[];
}

/** From how many free units on a product counts as running low; null tells nobody. */
export interface StockWatched {
  readonly type: "StockWatched";
  readonly sku: string;
  readonly lowAt: number | null;
}

/** The free units of a product fell to its threshold. Told again only after they had risen above it. One stream a telling. */
export interface StockRanLow {
  readonly type: "StockRanLow";
  readonly sku: string;
  readonly available: number;
  readonly lowAt: number;
  /** Version of the SKU at that moment. */
  readonly stockVersion: number;
}

/** The last free unit of a product is gone. Told again only after there were some. */
export interface StockRanOut {
  readonly type: "StockRanOut";
  readonly sku: string;
  readonly stockVersion: number;
}

export type StockWatchEvent = StockWatched | StockRanLow | StockRanOut;
export type StockEvent = StockReceived;
