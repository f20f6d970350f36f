import Fastify, { type FastifyInstance } from "fastify";
import { trackingOf } from "../../src/cli/tracking.js";
import { webhookQueueOf } from "../../src/cli/consumers.js";
import { webhookRoutes } from "../../src/cli/webhook-routes.js";
import { moveShipment, recordBooking } from "../../src/commands/shipping/shipment/record-shipment.js";
import { shipmentStream } from "../../src/commands/shipping/shipment/shipment.decider.js";
import type { Shipment } from "../../src/commands/shipping/shipment/shipment-state.js";
import { NewsGaps } from "../../src/commands/shipping/tracking/news-gap.store.js";
import type { TrackingJobs } from "../../src/commands/shipping/tracking/parcel-news.job.js";
import { silenceRounds } from "../../src/commands/shipping/tracking/silence.job.js";
import { StrangeCodes } from "../../src/commands/shipping/tracking/strange-code.store.js";
import type { ShipmentTracked } from "../../src/events/shipping.js";
import { HttpCourier } from "../../src/gateways/couriers/http-courier.js";
import { newId } from "../../src/kernel/ids.js";
import type { AlertRequest } from "../../src/platform/alerts/alert-port.js";
import { readSettings } from "../../src/platform/config/config.js";
import { readEvents, readState, referenceKey, type EventReference } from "../../src/platform/jobs/event-reader.js";
import type { DataJobHandler, JobAttemptInfo, JobHandler } from "../../src/platform/jobs/job-handler.js";
import { WebhookInbox } from "../../src/platform/webhooks/inbox.js";
import { startCourierSimulator, type CourierSimulator } from "../../src/simulators/couriers/courier-simulator.js";
import { by, openShop, operator, quiet, type Shop, type TestBus } from "../bus/shop.js";
import { bookingOf, calm } from "../simulators/couriers-ground.js";
import { asking, bookingFacts } from "../support/booked-parcel.js";

export const secret = (word: string): string => `whsec_${Buffer.from(`the secret ${word}`).toString("base64")}`;

export interface Parcel {
  readonly shipmentId: string;
  readonly orderId: string;
  readonly bookingReference: string;
  readonly trackingCode: string;
}

interface Job {
  readonly id: string;
  readonly name: string;
  readonly data: EventReference & { readonly inboxId?: string };
}

/** A primary, a courier of our contract and one of its first version, the webhooks' door, and the worker's jobs done by hand. */
export class TrackingDesk {
  readonly alerts: AlertRequest[] = [];
  readonly jobs: TrackingJobs;
  readonly gone = new Set<string>();
  readonly #couriers: ReadonlyMap<string, HttpCourier>;
  readonly #handlers: ReadonlyMap<string, { readonly kind: string; readonly handle: unknown }>;

  private constructor(readonly shop: Shop, readonly bus: TestBus, readonly simulators: Readonly<Record<"calm" | "old", CourierSimulator>>, readonly door: FastifyInstance, couriers: readonly HttpCourier[]) {
    this.#couriers = new Map(couriers.map((courier) => [courier.id, courier]));
    const { pool } = shop;
    const alerts = { raise: async (alert: AlertRequest) => { this.alerts.push(alert); } };
    const courierOf = { courier: (id: string) => (this.gone.has(id) ? undefined : this.#couriers.get(id)) };
    const gaps = new NewsGaps(pool, { silenceMinSeconds: 60, silenceMaxSeconds: 120 });
    this.jobs = { bus, pool, alerts, couriers: courierOf, gaps, strangeCodes: new StrangeCodes(pool, alerts) };
    const settings = readSettings({ NODE_ENV: "test", UNKNOWN_PARCEL_SECONDS: "600" });
    const { workers } = trackingOf(settings, { bus, pool, alerts }, courierOf, quiet);
    this.#handlers = new Map((workers as readonly { queue: { name: string }; kind: string; handle: unknown }[]).map((worker) => [worker.queue.name, worker]));
  }

  static async open(): Promise<TrackingDesk> {
    const shop = await openShop();
    const simulator = (id: "calm" | "old") => startCourierSimulator({
      id, apiKey: id, webhookSecret: secret(id), speed: 1, logger: quiet, ...(id === "calm" ? { personality: calm } : {}),
    });
    const simulators = { calm: await simulator("calm"), old: await simulator("old") };
    const couriers = Object.values(simulators).map(({ id, url }) => new HttpCourier({ id, baseUrl: url, apiKey: id, webhookSecrets: [secret("next"), secret(id)], timeoutMs: 2_000 }));
    const inbox = new WebhookInbox(shop.pool, webhookQueueOf);
    const door = Fastify();
    await door.register(async (scope) => { webhookRoutes(inbox, { provider: "stripe", verify: () => null }, couriers)(scope); });
    const desk = new TrackingDesk(shop, shop.process(), simulators, door, couriers);
    for (const [id, one] of Object.entries(simulators)) one.setWebhookUrl(`${await desk.#url()}/webhooks/couriers/${id}`);
    return desk;
  }

  async #url(): Promise<string> {
    return this.door.server.listening ? this.door.listeningOrigin : this.door.listen({ port: 0, host: "127.0.0.1" });
  }

  /** A parcel with a label, at the courier and here. */
  async booked(courierId: "calm" | "old" = "calm", change: { readonly handOverBy?: string; readonly recorded?: boolean } = {}): Promise<Parcel> {
    const ids = { shipmentId: newId(), orderId: newId() };
    const booking = await this.#couriers.get(courierId)!.book(bookingOf(ids.shipmentId, { orderId: ids.orderId }));
    const parcel = { ...ids, bookingReference: booking.bookingReference, trackingCode: booking.trackingCode };
    if (change.recorded !== false) await this.record(parcel, courierId, { ...change, ...(booking.labelUrl === undefined ? {} : { labelUrl: booking.labelUrl }) });
    return parcel;
  }

  async record({ shipmentId, orderId, bookingReference, trackingCode }: Parcel, courierId = "calm", more: { readonly handOverBy?: string; readonly labelUrl?: string } = {}): Promise<void> {
    const ids = { shipmentId, orderId };
    await this.bus.execute(moveShipment, { ...ids, step: asking(ids, courierId) }, by(operator));
    const { handOverBy = bookingFacts.handOverBy, labelUrl } = more;
    await this.bus.execute(recordBooking, {
      ...ids, ...bookingFacts, handOverBy, courierId, bookingReference, trackingCode, lines: [{ sku: "TEA", quantity: 1 }], weightGrams: 120, parcelCount: 1,
      ...(labelUrl === undefined ? {} : { labelUrl }),
    }, by(operator));
  }

  /** The courier scans it, and tells of it as it does. */
  seen({ bookingReference }: Parcel, code: string, courierId: "calm" | "old" = "calm"): void {
    const answer = this.simulators[courierId].control({
      method: "POST", path: `/_simulator/bookings/${bookingReference}/seen`, query: new URLSearchParams(), headers: {}, body: JSON.stringify({ code, city: "Leeds" }),
    });
    if (answer.status !== 200) throw new Error(`the simulator answered ${JSON.stringify(answer)}`);
  }

  /** Does the jobs of a queue once each; what fails waits for another turn. @returns their errors */
  async work(...queues: readonly string[]): Promise<string[]> {
    const { rows } = await this.shop.pool.query<Job>("SELECT id, name, data FROM pgboss.job WHERE name = ANY($1) AND state = 'created' ORDER BY id", [queues]);
    const errors: string[] = [];
    for (const job of rows) {
      try {
        await this.#try(job);
        await this.shop.pool.query("UPDATE pgboss.job SET state = 'completed' WHERE name = $1 AND id = $2", [job.name, job.id]);
      } catch (error) {
        errors.push(String(error));
      }
    }
    return errors;
  }

  async #try({ id, name, data }: Job): Promise<void> {
    const worker = this.#handlers.get(name);
    if (!worker) throw new Error(`nobody works off ${name}`);
    const info: JobAttemptInfo = { jobId: id, attempt: 1, last: false, correlate: () => undefined, signal: new AbortController().signal };
    if (worker.kind === "data") return (worker.handle as DataJobHandler<object>)(data, info);
    const event = (await readEvents(this.shop.pool, [data])).get(referenceKey(data));
    await (worker.handle as JobHandler<NonNullable<typeof event>["event"]>)(event!, info);
  }

  /** Looks after silent parcels, as if this one were due, and the courier silent for so long; so many at once do. */
  async lookAfter({ shipmentId }: Parcel, { silentSeconds = 300, lostAfterSeconds = 1_000, rounds = 1 } = {}): Promise<void> {
    await this.shop.pool.query(
      `UPDATE parcel_watch SET look_at = now() + CASE WHEN shipment_id = $1 THEN -interval '1 day' ELSE interval '1 day' END,
         hand_over_by = CASE WHEN shipment_id = $1 THEN now() - $2 * interval '1 second' ELSE hand_over_by END,
         last_news_at = CASE WHEN shipment_id = $1 AND last_news_at IS NOT NULL THEN now() - $2 * interval '1 second' ELSE last_news_at END`, [shipmentId, silentSeconds]);
    await Promise.all(Array.from({ length: rounds }, () => silenceRounds({ ...this.jobs, lostAfterSeconds, pollMaxSeconds: 3_600 })()));
  }

  async watch({ shipmentId }: Parcel): Promise<{ readonly polls: number; readonly seen: boolean; readonly inSeconds: number } | null> {
    const { rows } = await this.shop.pool.query<{ polls: number; seen: boolean; inSeconds: number }>(
      `SELECT polls, seen, extract(epoch FROM look_at - now())::float8 AS "inSeconds" FROM parcel_watch WHERE shipment_id = $1`, [shipmentId]);
    return rows[0] ?? null;
  }

  state({ shipmentId }: Parcel): Promise<Shipment> {
    return readState(this.shop.pool, shipmentStream, shipmentId);
  }

  /** What was said of a parcel since its label, scans by their codes. */
  async story({ shipmentId }: Parcel): Promise<string[]> {
    const { rows } = await this.shop.pool.query<{ type: string; data: ShipmentTracked }>("SELECT type, data FROM event_log WHERE stream_id = $1 AND version > 3 ORDER BY version", [shipmentStream.streamId(shipmentId)]);
    return rows.map(({ type, data }) => (type === "ShipmentTracked" ? data.rawCode : type));
  }

  told(key: string): number {
    return this.alerts.filter((alert) => alert.key.startsWith(key)).length;
  }

  async close(): Promise<void> {
    await this.door.close();
    for (const courier of this.#couriers.values()) courier.close();
    await Promise.all(Object.values(this.simulators).map((one) => one.stop()));
    await this.shop.close();
  }
}
