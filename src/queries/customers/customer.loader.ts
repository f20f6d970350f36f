import DataLoader from "dataloader";
import type { RequestContext } from "../../platform/http/request-context.js";
import type { CustomerType } from "./customer.type.js";

/** Read where it is kept, in the one replicated table with personal data: no read table has a copy that an erasure could miss. */
export function customerLoader(context: RequestContext): DataLoader<string, CustomerType | null> {
  return context.loader("customer", () => new DataLoader<string, CustomerType | null>(async (ids) => {
    const rows = await context.readNode().query<CustomerType>({
      name: "customers_by_id",
      text: `SELECT id, name, email, phone, address, updated_at AS "updatedAt" FROM personal WHERE id = ANY($1::text[])`,
      values: [ids],
    });
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id) => byId.get(id) ?? null);
  }));
}
