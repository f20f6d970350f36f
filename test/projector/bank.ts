import { defineEntity, p, type InferEntity } from "@mikro-orm/postgresql";
import { defineProjection, type Projection } from "../../src/kernel/projection.js";
import { readTable, type ReadTable } from "../../src/platform/projector/read-table.js";

/** A small world for the projector's tests: accounts, one stream each, and a bank, one row for all of them. */
export type BankEvent =
  | { readonly type: "Opened"; readonly account: string; readonly owner: string }
  | { readonly type: "Deposited"; readonly account: string; readonly amount: number }
  /** Cannot be folded while `cannotFold` is true. */
  | { readonly type: "Cursed"; readonly account: string }
  | { readonly type: "Closed"; readonly account: string };

export const accountEntity = defineEntity({
  name: "Account", tableName: "account",
  properties: {
    account: p.text().primary(),
    owner: p.text().index(),
    balance: p.bigint("number"),
    version: p.integer(),
    history: p.json().$type<number[]>(),
    openedAt: p.string().columnType("timestamptz"),
    note: p.text().nullable(),
  },
});
export type Account = InferEntity<typeof accountEntity>;

export const curse = { cannotFold: false };

export function accountProjection(version = 1): Projection<BankEvent, Account> {
  return defineProjection<BankEvent, Account>({
    name: "account", version, categories: ["account"], key: "account",
    touches: ({ account }) => [account],
    on: {
      Opened: ({ account, owner }, rows, { recordedAt }) => {
        rows.put({ account, owner: version > 1 ? owner.toUpperCase() : owner, balance: 0, version: 1, history: [], openedAt: recordedAt, note: null });
      },
      Deposited: ({ account, amount }, rows, recorded) => {
        rows.change(account, (row) => ({ ...row, balance: row.balance + amount, history: [...row.history, amount].slice(-5), version: recorded.version }));
      },
      Cursed: ({ account }, rows, recorded) => {
        if (curse.cannotFold) throw new Error("cursed");
        rows.change(account, (row) => ({ ...row, note: "lifted", version: recorded.version }));
      },
      Closed: ({ account }, rows) => { rows.delete(account); },
    },
    push: ({ account }) => [`account:${account}`, "accounts"],
  });
}

export const bankEntity = defineEntity({
  name: "Bank", tableName: "bank",
  properties: { id: p.text().primary(), accounts: p.integer(), deposited: p.bigint("number") },
});

export const bankProjection = defineProjection<BankEvent, InferEntity<typeof bankEntity>>({
  name: "bank", version: 1, categories: ["account"], key: "id", haltOnError: true,
  touches: () => ["all"],
  on: {
    Opened: (_event, rows) => {
      const row = rows.get("all") ?? { id: "all", accounts: 0, deposited: 0 };
      rows.put({ ...row, accounts: row.accounts + 1 });
    },
    Deposited: ({ amount }, rows) => { rows.change("all", (row) => ({ ...row, deposited: row.deposited + amount })); },
    Cursed: () => { if (curse.cannotFold) throw new Error("cursed"); },
    Closed: (_event, rows) => { rows.change("all", (row) => ({ ...row, accounts: row.accounts - 1 })); },
  },
});

export const accountTable = readTable(accountProjection(), accountEntity);
export const bankTable = readTable(bankProjection, bankEntity);

export function accountTableOf(version: number): ReadTable {
  return readTable(accountProjection(version), accountEntity);
}
