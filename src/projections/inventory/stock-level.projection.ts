import type { StockEvent, StockFact, StockWatched, StockWatchEvent } from "../../events/inventory.js";
import type { OrderEvent } from "../../events/orders.js";
import type { ReservationEvent } from "../../events/reservations.js";
import type { SaleEvent } from "../../events/sales.js";
import type { RecordedEvent } from "../../kernel/event.js";
import { defineProjection, type Rows } from "../../kernel/projection.js";

/** The counters of one SKU. */
export interface StockLevelRow {
  readonly sku: string;
  /** Includes `reserved`. */
  readonly onHand: number;
  /** Units of open orders, of holds, and set aside for sales. */
  readonly reserved: number;
  /** From how many free units on it counts as running low; null tells nobody. */
  readonly lowAt: number | null;
  /** Position of the event that set `lowAt`; 0 where none did. */
  readonly lowAtPosition: number;
  /** Null where nothing ever came in. */
  readonly updatedAt: string | null;
  /** The SKU's own version, which every stock fact carries. */
  readonly version: number;
}

type StockTelling = OrderEvent | StockEvent | ReservationEvent | SaleEvent | StockWatchEvent;

/** On which products that run low or out are told. */
export const stockAlertsChannel = "stock-alerts";

/**
 * One row a SKU. Facts of a SKU stand on many streams and say the whole state with the SKU's version: the newer
 * one wins, in whatever order they come. So an event that is parked holds nobody up, and this need not halt.
 */
export const stockLevel = defineProjection<StockTelling, StockLevelRow>({
  name: "stock_level",
  version: 3,
  categories: ["order", "receipt", "reservation", "sale", "stock-watch"],
  key: "sku",
  touches: skusOf,
  on: {
    StockReceived: keepNewer,
    OrderPlaced: keepNewer,
    OrderParcelShipped: keepNewer,
    OrderCancelled: keepNewer,
    OrderReinstated: keepNewer,
    OrderLinesCancelled: keepNewer,
    OrderReturnInspected: keepNewer,
    OrderParcelStrayed: keepNewer,
    ReservationMade: keepNewer,
    ReservationChanged: keepNewer,
    ReservationReleased: keepNewer,
    ReservationExpired: keepNewer,
    SaleScheduled: keepNewer,
    SaleEnded: keepNewer,
    StockWatched: keepThreshold,
    StockRanLow: onlyTold,
    StockRanOut: onlyTold,
    ReservationClaimed: "ignored",
    OrderPaid: "ignored",
    OrderPaymentUnwanted: "ignored",
    OrderParcelBooked: "ignored",
    OrderAllocated: "ignored",
    OrderShipmentUnwanted: "ignored",
    OrderParcelDelivered: "ignored",
    OrderDelivered: "ignored",
    OrderPutOnHold: "ignored",
    OrderPaymentCaptured: "ignored",
    OrderPaymentDeclined: "ignored",
    OrderPaymentRetried: "ignored",
    OrderResumed: "ignored",
    OrderReturnRequested: "ignored",
    OrderReturnArrived: "ignored",
    OrderParcelReturning: "ignored",
  },
  push(event) {
    if (event.type === "StockRanLow" || event.type === "StockRanOut") return [stockAlertsChannel];
    return skusOf(event).map((sku) => `stock:${sku}`);
  },
});

function skusOf(event: StockTelling): readonly string[] {
  if ("stock" in event) return [...new Set(event.stock.map(({ sku }) => sku))];
  return event.type === "StockWatched" ? [event.sku] : [];
}

/** An event may hold several facts of one SKU: of holds that it ended, and of what it took. */
function keepNewer({ stock }: { readonly stock: readonly StockFact[] }, rows: Rows<StockLevelRow>, { recordedAt }: RecordedEvent): void {
  for (const { sku, onHand, reserved, version } of stock) {
    const known = rows.get(sku) ?? unknownLevel(sku);
    if (known.version < version) rows.put({ ...known, onHand, reserved, updatedAt: recordedAt, version });
  }
}

function keepThreshold({ sku, lowAt }: StockWatched, rows: Rows<StockLevelRow>, { position }: RecordedEvent): void {
  const known = rows.get(sku) ?? unknownLevel(sku);
  const lowAtPosition = Number(position);
  if (known.lowAtPosition < lowAtPosition) rows.put({ ...known, lowAt, lowAtPosition });
}

/** Nothing to keep: followers read the event itself. */
function onlyTold(): void {
  return undefined;
}

function unknownLevel(sku: string): StockLevelRow {
  return { sku, onHand: 0, reserved: 0, lowAt: null, lowAtPosition: 0, updatedAt: null, version: 0 };
}
