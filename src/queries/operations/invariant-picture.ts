import type { StockFact } from "../../events/inventory.js";
import type { OrderEvent } from "../../events/orders.js";
import type { ReservationCardRow } from "../../projections/inventory/reservation-card.projection.js";
import type { LedgerEntryRow } from "../../projections/ledger/ledger-entry.projection.js";
import { moneyOf, type OrderMoney } from "../../projections/ledger/order-money.js";
import type { OrderCardRow } from "../../projections/orders/order-card.projection.js";
import type { PaymentCardRow } from "../../projections/payments/payment-card.projection.js";
import type { ShipmentCardRow } from "../../projections/shipping/shipment-card.projection.js";

/** What an order's facts did to one product's counters, on the shelf. */
export interface StockSum {
  readonly onHand: number;
  readonly reserved: number;
}

/** All that is known of one order: rows of a node, or a fold of the primary's log; the laws do not mind. */
export interface OrderPicture {
  readonly orderId: string;
  /** Null where there is no such order. */
  readonly order: OrderCardRow | null;
  /** The reservation that it says it took over. */
  readonly reservationId: string | null;
  readonly stock: ReadonlyMap<string, StockSum>;
  readonly payments: readonly PaymentCardRow[];
  readonly shipments: readonly ShipmentCardRow[];
  /** Those that say that the order took them over, and the one that the order names. */
  readonly reservations: readonly ReservationCardRow[];
  readonly ledger: readonly LedgerEntryRow[];
  readonly money: OrderMoney;
}

/** What only the order's own stream tells. */
export interface StreamFacts {
  readonly reservationId: string | null;
  readonly stock: ReadonlyMap<string, StockSum>;
}

export function pictureOf(orderId: string, { reservationId, stock }: StreamFacts, rows: Omit<OrderPicture, "orderId" | "money" | keyof StreamFacts>): OrderPicture {
  return { orderId, reservationId, stock, ...rows, money: moneyOf(rows.ledger) };
}

/** @param events of one order's stream, those at least that have something of stock */
export function streamFacts(events: readonly OrderEvent[]): StreamFacts {
  const stock = new Map<string, StockSum>();
  let reservationId: string | null = null;
  for (const event of events) {
    if (event.type === "OrderPlaced") reservationId = event.reservationId ?? null;
    for (const fact of stockOf(event)) {
      // What the order did for others: it ended their holds.
      if (fact.expired) continue;
      const { onHand, reserved } = stock.get(fact.sku) ?? { onHand: 0, reserved: 0 };
      stock.set(fact.sku, { onHand: onHand + fact.onHandDelta, reserved: reserved + fact.reservedDelta });
    }
  }
  return { reservationId, stock };
}

function stockOf(event: OrderEvent): readonly StockFact[] {
  return "stock" in event ? event.stock : [];
}

/** When anything of it changed last, in ms. */
export function changedAt({ order, payments, shipments, reservations, ledger }: OrderPicture): number {
  const times = [order, ...payments, ...shipments, ...reservations].map((row) => (row ? Date.parse(row.updatedAt) : 0));
  return Math.max(0, ...times, ...ledger.map(({ recordedAt }) => Date.parse(recordedAt)));
}

/** Whether both show the same state of every stream. */
export function isSameState(one: OrderPicture, other: OrderPicture): boolean {
  return versionsOf(one) === versionsOf(other);
}

function versionsOf({ order, payments, shipments, reservations }: OrderPicture): string {
  const of = (rows: readonly (readonly [string, number])[]): string => rows.map(([id, version]) => `${id}@${version}`).sort().join();
  return [
    of(order ? [[order.orderId, order.version]] : []), of(payments.map((row) => [row.paymentId, row.version])),
    of(shipments.map((row) => [row.shipmentId, row.version])), of(reservations.map((row) => [row.reservationId, row.version])),
  ].join(" ");
}
