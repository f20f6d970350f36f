import { defineWriteState } from "../../kernel/command.js";

export type Address = {
  readonly street: string;
  readonly city: string;
  readonly postalCode: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
};

/** A customer's personal data: the only place where it stands. */
export interface PersonalRow {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly phone: string | null;
  readonly address: Address;
  readonly updatedAt: string;
}

/** Whether a customer is there: all that an order asks. */
export interface CustomerKey {
  readonly id: string;
}

export const customerKeyState = defineWriteState<CustomerKey>({
  table: "personal_key",
  rank: 12,
  loadSql: "SELECT id FROM personal WHERE id = ANY($1::text[])",
  key: ({ id }) => id,
});

/** A customer who is to be forgotten. */
export interface ErasedPersonalRow {
  readonly id: string;
  readonly erased: true;
}

/**
 * Written only under the lock of the customer's stream, and never read. Details and erasures go through the one table,
 * so that of several changes in one batch the last one counts, whatever their kinds.
 */
export const personalState = defineWriteState<PersonalRow | ErasedPersonalRow>({
  table: "personal",
  rank: 14,
  loadSql: `SELECT id, name, email, phone, address, updated_at AS "updatedAt" FROM personal WHERE id = ANY($1::text[])`,
  saveSql: `WITH r AS MATERIALIZED (
      SELECT * FROM json_to_recordset($1::json) AS r ("id" text, "name" text, "email" text, "phone" text, "address" jsonb,
        "updatedAt" timestamptz, "erased" boolean)
    ), gone AS (
      DELETE FROM personal USING r WHERE personal.id = r."id" AND r."erased"
    )
    INSERT INTO personal (id, name, email, phone, address, updated_at)
    SELECT "id", "name", "email", "phone", "address", "updatedAt"
    FROM r WHERE "erased" IS NOT TRUE
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, email = excluded.email, phone = excluded.phone,
      address = excluded.address, updated_at = excluded.updated_at`,
  key: ({ id }) => id,
});
