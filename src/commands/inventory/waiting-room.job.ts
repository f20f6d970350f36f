import type { Pool } from "pg";
import { newId } from "../../kernel/ids.js";
import type { CommandBus } from "../../platform/bus/command-bus.js";
import { selectedColumns } from "../../platform/postgres/write-state-sql.js";
import { admitTickets } from "./admit-tickets.js";
import { nextAdmission, nobodyLeft, type UnitsOfSale } from "./admission.js";
import { saleRoomEntity, type SaleRoomRow } from "./sale-room.write-state.js";
import { graceSeconds } from "./sale-ticket.write-state.js";

/** From one look at the waiting rooms to the next. */
export const waitingRoomLookMs = 200;
/** Looks that are left out while nobody waits anywhere. */
const restLooks = 4;
/** Rooms that one look takes care of; of more, those that have been open the longest. */
const roomsMax = 200;
const actor = { role: "system", id: "waiting-room" } as const;

/**
 * Rooms that are on, each with the units of its sale, by the primary's clock. Nothing is locked: from these rows the
 * command's own rules say whether it is worth sending, and it decides anew.
 */
const roomsSql = {
  name: "waiting_room_look",
  text: `SELECT ${selectedColumns(saleRoomEntity, "r")}, s.left_units::float8 AS left, s.held::float8 AS held, s.ended,
      coalesce((SELECT sum(h.quantity) FROM hold_line h WHERE h.sku = r.sku AND h.sale_id = r.id AND h.quantity > 0 AND h.expires_at <= (SELECT clock_timestamp())), 0)::float8 AS over,
      EXISTS (SELECT FROM sale_ticket t WHERE t.sale_id = r.id AND t.left_at <= clock_timestamp() - interval '${String(graceSeconds)} seconds'
        AND t.done IS NULL AND t.number <= r.admitted) AS "hasLeavers",
      clock_timestamp() AS now
    FROM sale_room r JOIN sale s ON s.id = r.id WHERE r.state <> 'ENDED' AND r.starts_at <= clock_timestamp()
    ORDER BY r.starts_at LIMIT ${String(roomsMax)}`,
};

interface SeenRoom extends SaleRoomRow {
  readonly left: number;
  readonly held: number;
  readonly over: number;
  readonly ended: boolean;
  readonly hasLeavers: boolean;
  readonly now: Date;
}

/**
 * Looks at the waiting rooms, round after round. Any number of processes may do so: what one has done the next finds
 * done, and where one is killed the others go on.
 */
export function waitingRoomRounds(bus: CommandBus, pool: Pool): () => Promise<boolean> {
  let resting = 0;
  return async () => {
    if (resting > 0) resting -= 1;
    else if (!await lookOnce(bus, pool)) resting = restLooks;
    return false;
  };
}

/** Looks at every room that is on, and moves those that can be moved. @returns whether anybody waits in one of them */
export async function lookOnce(bus: CommandBus, pool: Pool): Promise<boolean> {
  const { rows } = await pool.query<SeenRoom>(roomsSql);
  await Promise.all(rows.filter(isMovable).map(({ id: saleId, sku }) => bus.execute(admitTickets, { saleId, sku }, { actor, idempotencyKey: newId() })));
  return rows.some(({ admitted, nextNumber }) => admitted < nextNumber - 1);
}

function isMovable(seen: SeenRoom): boolean {
  const { left, held, over, ended, hasLeavers, now } = seen;
  const units: UnitsOfSale = { free: left + over, held: held - over, ended };
  return hasLeavers || nextAdmission(seen, units, nobodyLeft, now.toISOString()) !== null;
}
