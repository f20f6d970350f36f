import type { Pool } from "pg";
import { newId } from "../../kernel/ids.js";
import type { CommandBus, CommandEnvelope } from "../../platform/bus/command-bus.js";
import { expireReservations } from "./change-reservation.js";
import { endSale } from "./end-sale.js";

/** Reservations that one command ends: a small step, so that nobody waits long behind its locks. */
export const sweepMax = 100;

const overSql = {
  name: "sweep_holds",
  text: `SELECT reservation_id AS id FROM (
           SELECT reservation_id, expires_at FROM hold_line WHERE expires_at <= (SELECT clock_timestamp()) ORDER BY expires_at LIMIT $1
         ) over GROUP BY reservation_id`,
};
const endedSql = { name: "sweep_sales", text: "SELECT id FROM sale WHERE NOT ended AND ends_at <= (SELECT clock_timestamp()) ORDER BY ends_at LIMIT $1" };

/**
 * Ends what is over: reservations, and sales. Nobody depends on its being quick, since what is over counts as free the
 * moment somebody needs it; it keeps the counters fresh for those who look. Any number of processes may sweep: what
 * another has ended says nothing new.
 * @returns whether there may be more
 */
export async function sweepOnce(bus: CommandBus, pool: Pool): Promise<boolean> {
  const [over, ended] = await Promise.all([pool.query<{ id: string }>({ ...overSql, values: [sweepMax] }), pool.query<{ id: string }>({ ...endedSql, values: [sweepMax] })]);
  const reservationIds = over.rows.map(({ id }) => id);
  if (reservationIds.length > 0) await expire(bus, reservationIds);
  for (const { id } of ended.rows) await bus.execute(endSale, { saleId: id, reason: "over" }, envelope());
  return over.rows.length === sweepMax || ended.rows.length === sweepMax;
}

/** All at once; where that fails each by itself, so that one that cannot be ended holds none of the others up. */
async function expire(bus: CommandBus, reservationIds: readonly string[]): Promise<void> {
  try {
    await bus.execute(expireReservations, { reservationIds }, envelope());
  } catch (error) {
    if (reservationIds.length === 1) throw error;
    const results = await Promise.allSettled(reservationIds.map((id) => bus.execute(expireReservations, { reservationIds: [id] }, envelope())));
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
  }
}

function envelope(): CommandEnvelope {
  return { actor: { role: "system", id: "inventory.sweep" }, idempotencyKey: newId() };
}
