import type { Client } from "pg";
import type { LivingOrder } from "../../commands/orders/order-state.js";
import { shipmentStream } from "../../commands/shipping/shipment/shipment.decider.js";

/** What a parcel's own stream says. */
interface ParcelState {
  readonly stream_id: string;
  readonly booked: boolean;
  readonly cancelled: boolean;
  readonly left: boolean;
  readonly delivered: boolean;
  readonly status: string | null;
}

/** Why nothing moves an order, or why a person should look at it. */
export interface Standstill {
  readonly orderId: string;
  readonly text: string;
  /** The courier still has the parcel and says that something is wrong with it. */
  readonly atCourier: boolean;
}

/** A courier that says so has trouble, and may yet deliver. */
const troubled = new Set(["failure", "return_to_sender", "cancelled", "error"]);

const parcelsSql = `
  SELECT stream_id, bool_or(type = 'ShipmentBooked') AS booked, bool_or(type = 'ShipmentCancelled') AS cancelled,
    bool_or(data->>'milestone' IN ('left', 'failure', 'returning')) IS TRUE AS left, bool_or(data->>'milestone' = 'delivered') IS TRUE AS delivered,
    (array_agg(data->>'currentStatus' ORDER BY version DESC) FILTER (WHERE type = 'ShipmentTracked'))[1] AS status
  FROM event_log WHERE stream_id = ANY($1::text[]) GROUP BY stream_id`;

/** Looks for each order that is not over, and for which no job works, at its parcels: one that is underway at a courier moves it, by the courier's webhooks. */
export async function standstills(client: Client, orders: readonly LivingOrder[]): Promise<Standstill[]> {
  const ids = orders.flatMap((order) => [...order.parcels].filter(isUnderway).map(([id]) => shipmentStream.streamId(id)));
  const { rows } = ids.length === 0 ? { rows: [] } : await client.query<ParcelState>(parcelsSql, [ids]);
  const states = new Map(rows.map((row) => [row.stream_id, row]));
  return orders.flatMap((order) => standstillsOf(order, states));
}

function isUnderway([, { status }]: readonly [string, { readonly status: string }]): boolean {
  return status !== "delivered" && status !== "returning";
}

function standstillsOf(order: LivingOrder, states: ReadonlyMap<string, ParcelState>): Standstill[] {
  const { orderId, status, allocated } = order;
  const stuck = (text: string, atCourier = false): Standstill => ({ orderId, text: `order ${orderId} is ${status}: ${text}`, atCourier });
  if (status === "PLACED") return [stuck("no job charges it")];
  if (!allocated) return [stuck("not every parcel has a courier, and no job books one")];
  const undelivered = [...order.parcels].filter(isUnderway);
  if (undelivered.length === 0) return [stuck("all its parcels arrived or come back, and it is neither DELIVERED nor RETURNED")];
  return undelivered.flatMap(([shipmentId, parcel]) => {
    const state = states.get(shipmentStream.streamId(shipmentId));
    if (state?.booked !== true) return [stuck(`parcel ${shipmentId} was never booked`)];
    if (state.cancelled) return [stuck(`parcel ${shipmentId} was called off`)];
    if (state.delivered) return [stuck(`parcel ${shipmentId} was delivered, and no job tells the order`)];
    if (state.left && parcel.status === "booked") return [stuck(`parcel ${shipmentId} has left, and no job tells the order`)];
    if (state.status !== null && troubled.has(state.status)) return [stuck(`the courier reports ${state.status} of parcel ${shipmentId}`, true)];
    return [];
  });
}
