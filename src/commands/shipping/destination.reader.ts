import type { Pool } from "pg";
import type { Destination } from "../../gateways/couriers/courier-port.js";

interface PersonalRow {
  name: string;
  email: string;
  phone: string | null;
  address: { street: string; city: string; postalCode: string; country: string };
}

/** Where a customer's parcels go; null where there is no such customer (any more). */
export async function readDestination(pool: Pool, customerId: string): Promise<Destination | null> {
  const { rows } = await pool.query<PersonalRow>({
    name: "shipping_destination",
    text: "SELECT name, email, phone, address FROM personal WHERE id = $1",
    values: [customerId],
  });
  const [row] = rows;
  if (!row) return null;
  return { name: row.name, ...row.address, email: row.email, ...(row.phone === null ? {} : { phone: row.phone }) };
}
