import type { Pool } from "pg";
import type { Courier, TrackingScan } from "../../../gateways/couriers/courier-port.js";
import { fold } from "../../../kernel/decider.js";
import type { AlertPort } from "../../../platform/alerts/alert-port.js";
import type { CommandBus } from "../../../platform/bus/command-bus.js";
import { readState } from "../../../platform/jobs/event-reader.js";
import type { ParcelMarket } from "../market/parcel-market.js";
import { shipmentDecider, shipmentStream } from "../shipment/shipment.decider.js";
import type { Shipment } from "../shipment/shipment-state.js";
import type { NewsGaps } from "./news-gap.store.js";
import { recordNews } from "./record-news.js";
import type { StrangeCodes } from "./strange-code.store.js";

/** The couriers of the settings, and what is expected of a parcel that is with one. */
export interface TrackedCouriers {
  /** Undefined for one that the settings do not name (any more). */
  courier(id: string): Courier | undefined;
  readonly expectedDelivery?: ParcelMarket["expectedDelivery"];
}

/** What jobs work with that hear of parcels. */
export interface TrackingJobs {
  readonly bus: CommandBus;
  readonly pool: Pool;
  readonly alerts: AlertPort;
  readonly couriers: TrackedCouriers;
  readonly gaps: NewsGaps;
  readonly strangeCodes: StrangeCodes;
}

export interface News {
  readonly shipmentId: string;
  readonly orderId: string;
  readonly scans: readonly TrackingScan[];
  readonly receivedAtMs: number;
}

/** Who tells it: the name of a queue or round, and what makes the command one of a kind. */
export interface NewsCause {
  readonly actor: string;
  readonly key: string;
}

/** By how much a courier's clock may be ahead of ours. */
const clockAheadMs = 5 * 60_000;

/** Records what a courier told of a parcel. @returns how many scans were new */
export async function recordParcelNews(jobs: TrackingJobs, { shipmentId, orderId, scans, receivedAtMs }: News, { actor, key }: NewsCause): Promise<number> {
  const { bus, pool, gaps, couriers, strangeCodes } = jobs;
  const shipment = await readState(pool, shipmentStream, shipmentId);
  const step = { scans, aheadAfter: new Date(receivedAtMs + clockAheadMs).toISOString() };
  const said = shipmentDecider.decide({ type: "RecordScans", ...step }, shipment);
  // A repetition costs a reading, no transaction.
  if (said.length === 0) return 0;
  const { courierId, region } = shipment;
  const nowMs = Date.now();
  const expectedDelivery = await couriers.expectedDelivery?.(arriving(fold(shipmentDecider, said, shipment), nowMs));
  const lookAt = new Date(nowMs + gaps.silenceSeconds(courierId, region) * 1_000).toISOString();
  const { answer } = await bus.execute(recordNews, { orderId, shipmentId, ...step, lookAt, ...(expectedDelivery === undefined ? {} : { expectedDelivery }) }, {
    actor: { role: "system", id: actor }, idempotencyKey: key, causationId: key,
  });
  if (!answer || answer.heard === 0) return 0;
  if (answer.before !== null) gaps.note(courierId, region, (Date.parse(answer.now) - Date.parse(answer.before)) / 1_000);
  for (const { status, rawCode } of scans) {
    if (status === "unknown") await strangeCodes.told(courierId, rawCode, { orderId, shipmentId });
  }
  return answer.heard;
}

function arriving({ courierId, service, region, promisedDays, bookedAt, handOverBy, handedOverAt, leftAt, status }: Shipment, nowMs: number): Parameters<ParcelMarket["expectedDelivery"]>[0] {
  return {
    courierId, service, region, promisedDays, status, nowMs,
    bookedAtMs: Date.parse(bookedAt), handedOverAtMs: Date.parse(leftAt ?? handedOverAt ?? handOverBy),
  };
}
