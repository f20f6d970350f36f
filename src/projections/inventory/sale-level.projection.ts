import type { SaleFact } from "../../events/inventory.js";
import type { OrderEvent } from "../../events/orders.js";
import type { ReservationEvent } from "../../events/reservations.js";
import type { SaleEvent } from "../../events/sales.js";
import type { SaleRoomEvent } from "../../events/waiting-room.js";
import type { RecordedEvent } from "../../kernel/event.js";
import { defineProjection, type Rows } from "../../kernel/projection.js";

/** The counters of one sale. */
export interface SaleLevelRow {
  readonly saleId: string;
  readonly leftUnits: number;
  readonly held: number;
  readonly sold: number;
  readonly updatedAt: string;
  /** The sale's own version, which every fact of it carries. */
  readonly version: number;
}

type SaleTelling = OrderEvent | ReservationEvent | SaleEvent | SaleRoomEvent;

/**
 * One row a sale. Like `stock_level`: facts of a sale stand on the streams of orders, reservations, its waiting room and the sale itself,
 * and the newer one wins, in whatever order they come. Hence a table of its own beside the terms.
 */
export const saleLevel = defineProjection<SaleTelling, SaleLevelRow>({
  name: "sale_level",
  version: 3,
  categories: ["order", "reservation", "sale", "sale-room"],
  key: "saleId",
  touches: saleIdsOf,
  on: {
    SaleScheduled: keepNewer,
    SaleEnded: keepNewer,
    SaleRoomMoved: keepNewer,
    ReservationMade: keepNewer,
    ReservationChanged: keepNewer,
    ReservationReleased: keepNewer,
    ReservationExpired: keepNewer,
    OrderPlaced: keepNewer,
    OrderCancelled: keepNewer,
    OrderReinstated: keepNewer,
    OrderLinesCancelled: keepNewer,
    ReservationClaimed: "ignored",
    OrderPaid: "ignored",
    OrderPaymentUnwanted: "ignored",
    OrderParcelBooked: "ignored",
    OrderAllocated: "ignored",
    OrderShipmentUnwanted: "ignored",
    OrderParcelShipped: "ignored",
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
    OrderParcelStrayed: "ignored",
    OrderReturnInspected: "ignored",
  },
  push: (event) => saleIdsOf(event).map((saleId) => `sale:${saleId}`),
});

function saleIdsOf(event: SaleTelling): readonly string[] {
  return "sales" in event ? [...new Set(event.sales.map(({ saleId }) => saleId))] : [];
}

function keepNewer({ sales = [] }: { readonly sales?: readonly SaleFact[] }, rows: Rows<SaleLevelRow>, { recordedAt }: RecordedEvent): void {
  for (const { saleId, left: leftUnits, held, sold, version } of sales) {
    const known = rows.get(saleId);
    if (!known || known.version < version) rows.put({ saleId, leftUnits, held, sold, updatedAt: recordedAt, version });
  }
}
