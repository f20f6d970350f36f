import { defineEntity, p } from "@mikro-orm/postgresql";
import type { BreakerCondition, BreakerState } from "../../kernel/breaker.js";
import { defineWriteState } from "../../kernel/command.js";
import { selectedColumns, writeStateSql } from "../../platform/postgres/write-state-sql.js";

/** The breaker's stream, folded. Guarded by the stream's lock. */
export type BreakerRow = BreakerCondition & { readonly party: string };

export const breakerEntity = defineEntity({
  name: "Breaker",
  properties: {
    party: p.text().primary().collation("C"),
    installed: p.boolean(),
    state: p.text().$type<BreakerState>(),
    dryRun: p.boolean(),
    openUntil: p.string().columnType("timestamptz").strictNullable(),
    openings: p.integer(),
    closings: p.integer(),
    resets: p.integer(),
    probes: p.json().$type<BreakerCondition["probes"]>(),
    probesSucceeded: p.integer(),
    changes: p.integer(),
  },
});

/** All of them: there are as many as neighbours. */
export const breakersSql = `SELECT ${selectedColumns(breakerEntity)} FROM breaker ORDER BY party`;

/** Heard by every process that shares breakers, when a change is committed. */
export const breakerChannel = "millrace_breaker";

const sql = writeStateSql<BreakerRow>(breakerEntity);

/** `all` finds every breaker, so that who asks for one that is not there can be told which are. */
export const breakerState = defineWriteState<BreakerRow>({
  ...sql,
  saveSql: `WITH saved AS (${sql.saveSql} RETURNING party) SELECT count(pg_notify('${breakerChannel}', party)::text) FROM saved`,
  rank: 92,
  key: ({ party }) => party,
  groups: { all: { loadSql: `SELECT ${selectedColumns(breakerEntity)} FROM breaker WHERE $1::text[] IS NOT NULL`, of: () => "all" } },
});
