import { defineEntity, p } from "@mikro-orm/postgresql";
import { defineWriteState } from "../../kernel/command.js";
import { writeStateSql } from "../../platform/postgres/write-state-sql.js";

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

export const personalEntity = defineEntity({
  name: "Personal",
  properties: {
    id: p.text().primary().collation("C"),
    name: p.text(),
    email: p.text(),
    phone: p.text().strictNullable(),
    address: p.json().$type<Address>(),
    updatedAt: p.string().columnType("timestamptz"),
  },
});

/**
 * Written only under the lock of the customer's stream, and never read. Details and erasures go through the one table,
 * so that of several changes in one batch the last one counts, whatever their kinds.
 */
export const personalState = defineWriteState<PersonalRow | ErasedPersonalRow>({
  ...writeStateSql<PersonalRow>(personalEntity, { erasable: true }),
  rank: 14,
  key: ({ id }) => id,
});
