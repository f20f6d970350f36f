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

function toDestination({ name, email, phone, address }: PersonalRow): Destination {
  return { name, ...address, email, ...(phone === null ? {} : { phone }) };
}
