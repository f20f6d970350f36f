import type { RequestContext } from "../../platform/http/request-context.js";
import type { LivePort } from "../../platform/live/live-port.js";
import { SharedRows } from "../../platform/live/shared-rows.js";
import { readRows } from "../../platform/projector/read-rows.js";
import type { ReadNode } from "../../platform/projector/read-node.js";
import type { OrderCardRow } from "../../projections/orders/order-card.projection.js";
import { orderCardTable } from "../../projections/orders/order-card.table.js";
import type { ShipmentCardRow } from "../../projections/shipping/shipment-card.projection.js";
import { shipmentCardTable } from "../../projections/shipping/shipment-card.table.js";

const orderCard = orderCardTable.projection.name;

/** Where an order and its parcels are. */
export interface TrackedOrder {
  readonly orderId: string;
  readonly status: OrderCardRow["status"];
  /** Of the order's row. */
  readonly orderVersion: number;
  readonly parcels: readonly ShipmentCardRow[];
}

/** Each parcel's version only grows and none ever goes away, so their sum grows with each news of any of them. */
export function parcelsVersion(parcels: readonly Pick<ShipmentCardRow, "version">[]): number {
  return parcels.reduce((sum, { version }) => sum + version, 0);
}

/** The same, with news of the order itself. */
export function trackedVersion({ orderVersion, parcels }: TrackedOrder): number {
  return orderVersion + parcelsVersion(parcels);
}

export async function readTracked(node: ReadNode, orderIds: readonly string[]): Promise<ReadonlyMap<string, TrackedOrder>> {
  const [orders, parcels] = await Promise.all([
    // Of an order nothing else is looked at: its lines are no business of a link's.
    node.query<{ order_id: string } & Pick<OrderCardRow, "status" | "version">>({
      name: "tracked_orders", text: `SELECT order_id, status, version FROM ${node.tableOf(orderCard)} WHERE order_id = ANY($1::text[])`, values: [orderIds],
    }),
    readParcels(node, orderIds),
  ]);
  const parcelsOf = Map.groupBy(parcels, ({ orderId }) => orderId);
  return new Map(orders.map(({ order_id: orderId, status, version }) => [orderId, { orderId, status, orderVersion: version, parcels: parcelsOf.get(orderId) ?? [] }]));
}

export function readParcels(node: ReadNode, orderIds: readonly string[]): Promise<readonly ShipmentCardRow[]> {
  return readRows<ShipmentCardRow>(node, shipmentCardTable, "shipments_of_orders", "WHERE order_id = ANY($1::text[]) ORDER BY shipment_id", [orderIds]);
}

/** `trackedVersion` of some orders, without reading what they hold. */
async function readVersions(node: ReadNode, orderIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const [orders, parcels] = [node.tableOf(orderCard), node.tableOf(shipmentCardTable.projection.name)];
  const rows = await node.query<{ order_id: string; version: number }>({
    name: "tracked_versions",
    text: `SELECT o.order_id, (o.version + coalesce((SELECT sum(s.version) FROM ${parcels} s WHERE s.order_id = o.order_id), 0))::int AS version
           FROM ${orders} o WHERE o.order_id = ANY($1::text[])`,
    values: [orderIds],
  });
  return new Map(rows.map(({ order_id, version }) => [order_id, version]));
}

/** What all who follow an order's parcels through this process share, for which its live port stands. */
const shared = new WeakMap<LivePort, SharedRows<TrackedOrder>>();

export function trackedOrders(context: RequestContext): SharedRows<TrackedOrder> {
  const { live, settings } = context;
  const known = shared.get(live);
  if (known && !known.isOver) return known;
  const made = new SharedRows<TrackedOrder>({
    live, node: context.sharedNode(), channels: (orderId) => [`tracking:${orderId}`, `order:${orderId}`],
    load: readTracked, versions: readVersions, versionOf: trackedVersion, refreshMs: settings.LIVE_REFRESH_MS,
  });
  shared.set(live, made);
  return made;
}
