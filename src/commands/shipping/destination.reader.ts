import type { Pool } from "pg";
import type { Destination } from "../../gateways/couriers/courier-port.js";
import { batchedRead } from "../../platform/jobs/batched-read.js";

interface PersonalRow {
  id: string;
  name: string;
  email: string;
  phone: string | null;
  address: { street: string; city: string; postalCode: string; country: string };
}

/** Where a customer's parcels go; null where there is no such customer (any more). */
export function destinationReader(pool: Pool): (customerId: string) => Promise<Destination | null> {
  const loader = batchedRead<string, Destination | null>(async (customerIds) => {
    const { rows } = await pool.query<PersonalRow>({
      name: "shipping_destination",
      text: "SELECT id, name, email, phone, address FROM personal WHERE id = ANY($1::text[])",
      values: [[...new Set(customerIds)]],
    });
    const byId = new Map(rows.map((row) => [row.id, toDestination(row)]));
    return customerIds.map((customerId) => byId.get(customerId) ?? null);
  });
  return (customerId) => loader.load(customerId);
}

/** Where an order's parcels go, for who knows no more than the order; null where it is not known (any more). */
export function orderDestinationReader(pool: Pool): (orderId: string) => Promise<Destination | null> {
  const destinationOf = destinationReader(pool);
  return async (orderId) => {
    const { rows: [placed] } = await pool.query<{ customer_id: string }>({
      name: "shipping_customer",
      text: "SELECT data->>'customerId' AS customer_id FROM event_log WHERE stream_id = $1 AND version = 1",
      values: [`order-${orderId}`],
    });
    return placed ? destinationOf(placed.customer_id) : null;
  };
}

function toDestination({ name, email, phone, address }: PersonalRow): Destination {
  return { name, ...address, email, ...(phone === null ? {} : { phone }) };
}
