import type { StockEvent, StockFact } from "../../events/inventory.js";
import type { OrderEvent } from "../../events/orders.js";
import type { RecordedEvent } from "../../kernel/event.js";
import { defineProjection, type Rows } from "../../kernel/projection.js";

/** The counters of one SKU. */
export interface StockLevelRow {
  readonly sku: string;
  /** Includes `reserved`. */
  readonly onHand: number;
  readonly reserved: number;
  readonly updatedAt: string;
  /** The SKU's own version, which every stock fact carries. */
  readonly version: number;
}

/**
 * One row a SKU. Facts of a SKU stand on many streams and say the whole state with the SKU's version: the newer
 * one wins, in whatever order they come. So an event that is parked holds nobody up, and this need not halt.
 */
export const stockLevel = defineProjection<OrderEvent | StockEvent, StockLevelRow>({
  name: "stock_level",
  version: 1,
  categories: ["order", "receipt"],
  key: "sku",
  touches: (event) => skusOf(event),
  on: {
    StockReceived: keepNewer,
    OrderPlaced: keepNewer,
    OrderParcelShipped: keepNewer,
    OrderCancelled: keepNewer,
    OrderPaid: "ignored",
    OrderPaymentUnwanted: "ignored",
    OrderParcelBooked: "ignored",
    OrderAllocated: "ignored",
    OrderShipmentUnwanted: "ignored",
    OrderParcelDelivered: "ignored",
    OrderDelivered: "ignored",
    OrderPutOnHold: "ignored",
  },
  push: (event) => skusOf(event).map((sku) => `stock:${sku}`),
});

function skusOf(event: OrderEvent | StockEvent): readonly string[] {
  return "stock" in event ? event.stock.map(({ sku }) => sku) : [];
}

function keepNewer({ stock }: { readonly stock: readonly StockFact[] }, rows: Rows<StockLevelRow>, { recordedAt }: RecordedEvent): void {
  for (const { sku, onHand, reserved, version } of stock) {
    const known = rows.get(sku);
    if (!known || known.version < version) rows.put({ sku, onHand, reserved, updatedAt: recordedAt, version });
  }
}
