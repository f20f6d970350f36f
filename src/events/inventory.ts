/** The stock facts of one SKU after a change; `version` grows by one with each change of the SKU. */
export interface StockFact {
  readonly sku: string;
  /** What this event did: units added to or taken from `on_hand` and `reserved`. */
  readonly onHandDelta: number;
  readonly reservedDelta: number;
  readonly onHand: number;
  readonly reserved: number;
  readonly version: number;
}

/** Goods came in. One stream a receipt. */
export interface StockReceived {
  readonly type: "StockReceived";
  readonly receiptId: string;
  readonly stock: readonly StockFact[];
}

export type StockEvent = StockReceived;
