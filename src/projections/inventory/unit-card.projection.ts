import type { StockEvent, UnitFact, UnitState } from "../../events/inventory.js";
import type { OrderEvent } from "../../events/orders.js";
import type { ReservationEvent } from "../../events/reservations.js";
import type { RecordedEvent } from "../../kernel/event.js";
import { defineProjection, type Rows } from "../../kernel/projection.js";

/** A numbered unit, e.g. a seat. Nothing tells whose it is: everybody may look at a seat map. */
export interface UnitCardRow {
  /** `<sku>/<unit>`. */
  readonly id: string;
  readonly sku: string;
  readonly unitId: string;
  readonly rowLabel: string | null;
  readonly place: number | null;
  /** Row, place and unit as one text: seats sorted by it stand as they do in the hall. */
  readonly sortKey: string;
  readonly state: UnitState;
  /** Until when it is held: one whose time is over can be had. */
  readonly heldUntil: string | null;
  readonly updatedAt: string;
  /** The unit's own version, which every fact of it carries. */
  readonly version: number;
}

type UnitTelling = OrderEvent | StockEvent | ReservationEvent;

/**
 * One row a unit. Like `stock_level`: facts of a unit stand on the streams of receipts, reservations and orders, say the
 * whole unit, and the newer one wins, in whatever order they come.
 */
export const unitCard = defineProjection<UnitTelling, UnitCardRow>({
  name: "unit_card",
  version: 2,
  categories: ["order", "receipt", "reservation"],
  key: "id",
  touches: (event) => factsOf(event).map(idOf),
  on: {
    StockReceived: keepNewer,
    ReservationMade: keepNewer,
    ReservationChanged: keepNewer,
    ReservationReleased: keepNewer,
    ReservationExpired: keepNewer,
    OrderPlaced: keepNewer,
    OrderParcelShipped: keepNewer,
    OrderCancelled: keepNewer,
    OrderReinstated: keepNewer,
    OrderLinesCancelled: keepNewer,
    OrderReturnInspected: keepNewer,
    OrderParcelStrayed: keepNewer,
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
  push: (event) => [...new Set(factsOf(event).map(({ sku }) => sku))].map((sku) => `stock:${sku}`),
});

function factsOf(event: UnitTelling): readonly UnitFact[] {
  return "units" in event ? event.units ?? [] : [];
}

function idOf({ sku, unitId }: UnitFact): string {
  return `${sku}/${unitId}`;
}

function keepNewer({ units = [] }: { readonly units?: readonly UnitFact[] }, rows: Rows<UnitCardRow>, { recordedAt }: RecordedEvent): void {
  for (const fact of units) {
    const { sku, unitId, row: rowLabel, place, state, heldUntil, version } = fact;
    const id = idOf(fact);
    if ((rows.get(id)?.version ?? 0) >= version) continue;
    rows.put({ id, sku, unitId, rowLabel, place, sortKey: sortKeyOf(fact), state, heldUntil, updatedAt: recordedAt, version });
  }
}

/** Wide enough for the highest place; what has no place comes last. */
const placeDigits = 7;

function sortKeyOf({ row, place, unitId }: UnitFact): string {
  return row === null || place === null ? `~/${unitId}` : `${row}/${String(place).padStart(placeDigits, "0")}/${unitId}`;
}
