import { userInfo } from "node:os";
import { Registry } from "prom-client";
import { openBreaker, resetBreaker, setBreakerDryRun } from "../commands/operations/breaker-move.js";
import { breakersSql, type BreakerRow } from "../commands/operations/breaker.write-state.js";
import { newId } from "../kernel/ids.js";
import type { Settings } from "../platform/config/config.js";
import type { Logger } from "../platform/log/logger.js";
import { targetsFor } from "./embedded-targets.js";
import { createWriteSide, type WriteSide } from "./write-side.js";

/** What an operator wants at the command line. */
export type BreakerWish =
  | { readonly type: "list" }
  | { readonly type: "open"; readonly party: string; readonly reason: string }
  | { readonly type: "reset"; readonly party: string }
  | { readonly type: "dry-run"; readonly party: string; readonly dryRun: boolean };

/** @returns the exit code: 1 where it was refused, e.g. for a name that is none */
export async function atBreakers({ settings, logger }: { readonly settings: Settings; readonly logger: Logger }, wish: BreakerWish, print: (line: string) => void): Promise<number> {
  const { primary } = await targetsFor(settings);
  const write = createWriteSide({ settings, logger, registry: new Registry(), primaryUrl: primary.appUrl }, "breakers");
  try {
    if (wish.type === "list") return await list(write, print);
    const { answer, refusal } = await execute(write, wish);
    print(answer ? `${answer.party}: ${answer.state}${answer.dryRun ? ", dry run" : ""}` : `${refusal?.code ?? ""}: ${refusal?.message ?? ""}`);
    return answer ? 0 : 1;
  } finally {
    await write.stop();
  }
}

function execute({ bus }: WriteSide, wish: Exclude<BreakerWish, { readonly type: "list" }>) {
  const envelope = { actor: { role: "operator", id: `cli:${userInfo().username}` }, idempotencyKey: newId() } as const;
  const { party } = wish;
  switch (wish.type) {
    case "open": return bus.execute(openBreaker, { party, reason: wish.reason }, envelope);
    case "reset": return bus.execute(resetBreaker, { party }, envelope);
    case "dry-run": return bus.execute(setBreakerDryRun, { party, dryRun: wish.dryRun }, envelope);
  }
}

async function list({ pool }: WriteSide, print: (line: string) => void): Promise<number> {
  const { rows } = await pool.query<BreakerRow>(breakersSql);
  for (const row of rows) print(lineOf(row));
  if (rows.length === 0) print("No neighbour has been called yet.");
  return 0;
}

function lineOf({ party, state, dryRun, openUntil, openings }: BreakerRow): string {
  const until = openUntil === null ? "" : ` until ${openUntil} (opened ${openings === 1 ? "once" : `${String(openings)} times`})`;
  return `${party}: ${state}${until}${dryRun ? ", dry run" : ""}`;
}
