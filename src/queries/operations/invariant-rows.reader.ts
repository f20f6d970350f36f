import type { OrderEvent } from "../../events/orders.js";
import { readRows } from "../../platform/projector/read-rows.js";
import type { ReadNode } from "../../platform/projector/read-node.js";
import type { ReadTable } from "../../platform/projector/read-table.js";
import type { ReservationCardRow } from "../../projections/inventory/reservation-card.projection.js";
import { reservationCardTable } from "../../projections/inventory/reservation-card.table.js";
import type { LedgerEntryRow } from "../../projections/ledger/ledger-entry.projection.js";
import { ledgerEntryTable } from "../../projections/ledger/ledger-entry.table.js";
import type { OrderCardRow } from "../../projections/orders/order-card.projection.js";
import { orderCardTable } from "../../projections/orders/order-card.table.js";
import type { PaymentCardRow } from "../../projections/payments/payment-card.projection.js";
import { paymentCardTable } from "../../projections/payments/payment-card.table.js";
import type { ShipmentCardRow } from "../../projections/shipping/shipment-card.projection.js";
import { shipmentCardTable } from "../../projections/shipping/shipment-card.table.js";
import { pictureOf, streamFacts, type OrderPicture } from "./invariant-picture.js";

/** Orders that one row of the page speaks of, and the reservations by which it does. */
export interface Named {
  readonly orderId: string;
  readonly reservationId?: string;
}

/** What a node's rows say of these orders: six queries, each by an index, however many orders. */
export async function readPictures(node: ReadNode, named: readonly Named[]): Promise<OrderPicture[]> {
  const ids = [...new Set(named.map(({ orderId }) => orderId))];
  if (ids.length === 0) return [];
  const of = <Row extends object>(table: ReadTable): Promise<readonly Row[]> => readRows<Row>(node, table, `invariant_${table.projection.name}`, "WHERE order_id = ANY($1::text[])", [ids]);
  const [orders, payments, shipments, ledger, events] = await Promise.all([
    of<OrderCardRow>(orderCardTable), of<PaymentCardRow>(paymentCardTable), of<ShipmentCardRow>(shipmentCardTable), of<LedgerEntryRow>(ledgerEntryTable), readEvents(node, ids),
  ]);
  const facts = new Map(ids.map((id) => [id, streamFacts(events.get(id) ?? [])]));
  const wanted = [...named.map(({ reservationId }) => reservationId), ...[...facts.values()].map(({ reservationId }) => reservationId)].filter((id) => typeof id === "string");
  const reservations = wanted.length === 0 ? []
    : await readRows<ReservationCardRow>(node, reservationCardTable, "invariant_reservation_card", "WHERE reservation_id = ANY($1::text[])", [wanted]);
  const [paymentsOf, shipmentsOf, ledgerOf] = [Map.groupBy(payments, orderOf), Map.groupBy(shipments, orderOf), Map.groupBy(ledger, orderOf)];
  return ids.map((id) => {
    const known = facts.get(id) ?? streamFacts([]);
    return pictureOf(id, known, {
      order: orders.find(({ orderId }) => orderId === id) ?? null,
      payments: paymentsOf.get(id) ?? [], shipments: shipmentsOf.get(id) ?? [], ledger: ledgerOf.get(id) ?? [],
      reservations: reservations.filter(({ orderId, reservationId }) => orderId === id || reservationId === known.reservationId),
    });
  });
}

function orderOf({ orderId }: { readonly orderId: string }): string {
  return orderId;
}

/** The search in the text spares most events from being sent. */
async function readEvents(node: ReadNode, ids: readonly string[]): Promise<ReadonlyMap<string, readonly OrderEvent[]>> {
  const rows = await node.query<{ type: OrderEvent["type"]; data: object }>({
    name: "invariant_events",
    text: `SELECT type, data FROM event_log WHERE stream_id = ANY($1::text[]) AND (version = 1 OR strpos(data::text, '"stock":') > 0) ORDER BY stream_id, version`,
    values: [ids.map((id) => `order-${id}`)],
  });
  return Map.groupBy(rows.map(({ type, data }) => ({ ...data, type }) as OrderEvent), orderOf);
}
