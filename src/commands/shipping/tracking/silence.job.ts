import { GatewayError } from "../../../platform/http-client/gateway-error.js";
import { readState } from "../../../platform/jobs/event-reader.js";
import { moveShipment } from "../shipment/record-shipment.js";
import type { Shipment } from "../shipment/shipment-state.js";
import { shipmentStream } from "../shipment/shipment.decider.js";
import { recordParcelNews, type TrackingJobs } from "./parcel-news.job.js";
import type { ParcelWatch } from "./parcel-watch.write-state.js";
import { isAwaited } from "./record-news.js";

export interface SilenceJob extends TrackingJobs {
  /** Nobody has said anything for so long: the parcel is taken for lost. */
  readonly lostAfterSeconds: number;
  /** A courier that goes on being silent is asked less and less, but this often. */
  readonly pollMaxSeconds: number;
}

/** Parcels that one round looks at. */
const roundMax = 20;
/** For that long nobody else takes a parcel that is looked at; after that it is tried again where the looking failed. */
const leaseSeconds = 60;
/** Until a courier is asked again whom nobody could be let through to. */
const heldBackSeconds = 5;
/** Doubled so often the wait is longer than any bound. */
const doublingsMax = 20;

const time = (column: string): string => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
// The clock of a row moves without a fact: nothing happened, and when a courier is asked is no part of the parcel's history.
const takeSql = {
  name: "tracking_watch_take",
  text: `WITH due AS (SELECT shipment_id FROM parcel_watch WHERE look_at <= clock_timestamp() ORDER BY look_at LIMIT $1 FOR UPDATE SKIP LOCKED)
         UPDATE parcel_watch w SET look_at = clock_timestamp() + $2 * interval '1 second' FROM due WHERE w.shipment_id = due.shipment_id
         RETURNING w.shipment_id AS "shipmentId", w.order_id AS "orderId", w.courier_id AS "courierId", w.tracking_code AS "trackingCode", w.region, w.seen, w.polls,
           ${time("w.hand_over_by")} AS "handOverBy", ${time("w.last_news_at")} AS "lastNewsAt", ${time("w.look_at")} AS "lookAt"`,
};
// Whoever heard something meanwhile has set the clock himself.
const againSql = {
  name: "tracking_watch_again",
  text: `UPDATE parcel_watch SET polls = $3, look_at = clock_timestamp() + $4 * interval '1 second'
         WHERE shipment_id = $1 AND date_trunc('milliseconds', last_news_at) IS NOT DISTINCT FROM $2::timestamptz`,
};
const forgetSql = { name: "tracking_watch_forget", text: "DELETE FROM parcel_watch WHERE shipment_id = $1 AND date_trunc('milliseconds', last_news_at) IS NOT DISTINCT FROM $2::timestamptz" };

/**
 * Asks couriers after parcels that nothing was heard of for longer than usual, and declares lost what stays silent. Any number of processes may:
 * each takes rows that no other has at that time, and what is recorded twice says nothing new.
 * @returns a round, which returns whether there may be more
 */
export function silenceRounds(job: SilenceJob): () => Promise<boolean> {
  return async () => {
    const { rows } = await job.pool.query<ParcelWatch>({ ...takeSql, values: [roundMax, leaseSeconds] });
    const results = await Promise.allSettled(rows.map((row) => lookAfter(job, row)));
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
    return rows.length === roundMax;
  };
}

async function lookAfter(job: SilenceJob, row: ParcelWatch): Promise<void> {
  const { shipmentId, courierId, region } = row;
  const nowMs = Date.now();
  const silenceSeconds = job.gaps.silenceSeconds(courierId, region);
  const silentSeconds = (nowMs - silentSinceMs(row)) / 1_000;
  // A label is no sign of life, and before its pick-up nobody speaks of a parcel.
  if (silentSeconds < silenceSeconds) return again(job, row, 0, silenceSeconds - silentSeconds);
  const shipment = await readState(job.pool, shipmentStream, shipmentId);
  if (!isAwaited(shipment)) return forget(job, row);
  const asked = await askCourier(job, row);
  if (asked === "news") return;
  // Who could not be asked has not said that it knows nothing: only where that goes on for as long again it counts as silence.
  const lostAfterSeconds = job.lostAfterSeconds * (typeof asked === "number" ? 2 : 1);
  if (silentSeconds >= lostAfterSeconds) return giveUp(job, row, shipment);
  if (typeof asked === "number") return again(job, row, row.polls, asked);
  return again(job, row, row.polls + 1, Math.min(job.pollMaxSeconds, silenceSeconds * 2 ** Math.min(row.polls, doublingsMax)));
}

/** @returns whether it had something to tell, or in how many seconds it may be asked where it could not */
async function askCourier(job: SilenceJob, { shipmentId, orderId, courierId, trackingCode, lastNewsAt, polls }: ParcelWatch): Promise<"news" | "silence" | number> {
  const courier = job.couriers.courier(courierId);
  if (!courier) return "silence";
  try {
    const scans = await courier.track(trackingCode);
    const key = `poll:${shipmentId}:${lastNewsAt ?? "first"}:${String(polls)}`;
    return await recordParcelNews(job, { shipmentId, orderId, scans, receivedAtMs: Date.now() }, { actor: "shipping.silence", key }) > 0 ? "news" : "silence";
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    // It does not know the parcel: that is silence too.
    if (error.kind === "rejected") return "silence";
    // What our own gate held back was never asked; while a breaker is half open, it lets one of many through at a time.
    return Math.max(error.heldBack ? heldBackSeconds : leaseSeconds, error.retryAfterSeconds ?? 0);
  }
}

async function giveUp(job: SilenceJob, row: ParcelWatch, { returning }: Shipment): Promise<void> {
  const { shipmentId, orderId, courierId } = row;
  const lastNewsAt = new Date(silentSinceMs(row)).toISOString();
  const details = { orderId, shipmentId, courierId, lastNewsAt };
  if (returning) {
    await job.alerts.raise({
      key: `return_overdue:${shipmentId}`, severity: "warning", details,
      message: "A parcel is on its way back, and nothing was heard of it for long; look whether it has come, or ask the courier.",
    });
  } else {
    await job.bus.execute(moveShipment, { orderId, shipmentId, step: { type: "DeclareLost", lastNewsAt, lostAt: new Date().toISOString() } }, {
      actor: { role: "system", id: "shipping.silence" }, idempotencyKey: `lost:${shipmentId}:${lastNewsAt}`, causationId: `lost:${shipmentId}`,
    });
    await job.alerts.raise({
      key: `parcel_lost:${shipmentId}`, severity: "warning", details,
      message: "Nothing was heard of a parcel for so long that it is taken for lost; claim it from the courier.",
    });
  }
  await forget(job, row);
}

function silentSinceMs({ lastNewsAt, handOverBy, seen }: ParcelWatch): number {
  if (lastNewsAt === null) return Date.parse(handOverBy);
  return seen ? Date.parse(lastNewsAt) : Math.max(Date.parse(handOverBy), Date.parse(lastNewsAt));
}

async function again({ pool }: SilenceJob, { shipmentId, lastNewsAt }: ParcelWatch, polls: number, seconds: number): Promise<void> {
  await pool.query({ ...againSql, values: [shipmentId, lastNewsAt, polls, seconds] });
}

async function forget({ pool }: SilenceJob, { shipmentId, lastNewsAt }: ParcelWatch): Promise<void> {
  await pool.query({ ...forgetSql, values: [shipmentId, lastNewsAt] });
}
