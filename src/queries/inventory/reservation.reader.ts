import { requireActor } from "../../platform/auth/access.js";
import { guestOf } from "../../platform/auth/guest.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { readRows } from "../../platform/projector/read-rows.js";
import type { ReservationCardRow } from "../../projections/inventory/reservation-card.projection.js";
import { reservationCardTable } from "../../projections/inventory/reservation-card.table.js";

/** Says whether somebody may see a reservation. */
export type MaySee = (row: Pick<ReservationCardRow, "buyer">) => boolean;

/**
 * A reservation is seen by its customer, by whoever has the guest's secret that made it, and by operators.
 * @throws SystemError UNAUTHENTICATED with neither token nor secret, BAD_USER_INPUT
 */
export function viewerOf(context: RequestContext, guestSecret: string | null | undefined): MaySee {
  const guest = guestOf(guestSecret, "guestSecret");
  if (context.actor === null && guest !== null) return ({ buyer }) => buyer === guest;
  const { role, id } = requireActor(context);
  return ({ buyer }) => role === "operator" || buyer === `customer:${id}` || buyer === guest;
}

/** Null where it is somebody else's: like one that is not there. Past the request's memory, since live updates read it again and again. */
export async function readReservation(context: Pick<RequestContext, "readNode">, reservationId: string, maySee: MaySee): Promise<ReservationCardRow | null> {
  const [row] = await readRows<ReservationCardRow>(context.readNode(), reservationCardTable, "reservation_by_id", "WHERE reservation_id = $1", [reservationId]);
  return row && maySee(row) ? row : null;
}
