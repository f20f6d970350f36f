import type { RequestContext } from "../../platform/http/request-context.js";
import { readRows } from "../../platform/projector/read-rows.js";
import type { BreakerCardRow } from "../../projections/operations/breaker-card.projection.js";
import { breakerCardTable } from "../../projections/operations/breaker-card.table.js";

/** More neighbours than a shop has. */
const partiesMax = 1_000;

/** Every breaker, by the neighbour's name. */
export function readBreakers(context: RequestContext): Promise<readonly BreakerCardRow[]> {
  return readRows<BreakerCardRow>(context.readNode(), breakerCardTable, "breakers", "ORDER BY party LIMIT $1", [partiesMax]);
}
