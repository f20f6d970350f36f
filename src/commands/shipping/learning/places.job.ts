import type { Pool } from "pg";

/**
 * Gives back places of the day that were taken for an attempt that was never begun, since the worker died between the two. By ten minutes
 * every attempt is in the log. Returns whether there may be more: never, all are looked at.
 */
export async function giveBackAbandonedPlaces(pool: Pool): Promise<false> {
  await pool.query({
    name: "courier_place_sweep",
    text: `WITH gone AS (
             DELETE FROM courier_place p
             WHERE p.claimed_at < now() - interval '10 minutes' AND p.claimed_at > now() - interval '2 hours' AND NOT EXISTS (
               SELECT FROM event_log e
               WHERE e.stream_id = 'shipment-' || p.shipment_id::text AND e.type = 'ShipmentAttempted' AND e.data->>'courierId' = p.courier_id
             ) RETURNING p.courier_id, p.day
           ) UPDATE courier_volume v SET claimed = greatest(0, v.claimed - n.places)
             FROM (SELECT courier_id, day, count(*)::int AS places FROM gone GROUP BY courier_id, day) AS n
             WHERE v.courier_id = n.courier_id AND v.day = n.day`,
  });
  return false;
}
