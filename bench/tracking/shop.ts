import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { moveShipment, recordBooking } from "../../src/commands/shipping/shipment/record-shipment.js";
import { newId } from "../../src/kernel/ids.js";
import { freePort } from "../../src/platform/embedded/free-port.js";
import { trackingTokenOf } from "../../src/queries/shipping/public-tracking.link.js";
import { placeOrder } from "../bus.js";
import { startProcess, type MillraceProcess } from "../sale/millrace-process.js";
import { startRedis } from "../sale/redis.js";
import { customerId, openSurroundings, type Surroundings } from "../surroundings.js";
import { bookingOf, choiceOf } from "./parcel.js";

/** An order with one parcel on its way. */
export interface TrackedParcel {
  readonly orderId: string;
  readonly shipmentId: string;
  /** What opens its public tracking. */
  readonly token: string;
}

/** One API process and one projector, as in server mode; what is recorded is recorded in this process. */
export interface TrackingShop {
  readonly surroundings: Surroundings;
  readonly api: MillraceProcess;
  readonly parcels: readonly TrackedParcel[];
  close(): Promise<void>;
}

const atOnce = 100;
const visibleWithinMs = 60_000;

export async function openTrackingShop(orders: number, settings: Readonly<Record<string, string>>): Promise<TrackingShop> {
  const stops: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    const awake = setInterval(() => undefined, 1_000); // a server that ends does not keep Node alive
    for (let stop = stops.pop(); stop; stop = stops.pop()) await stop();
    clearInterval(awake);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void close().finally(() => process.exit(130)));
  try {
    const surroundings = await openSurroundings();
    stops.push(() => surroundings.close());
    const directory = await mkdtemp(join(tmpdir(), "millrace-tracking-"));
    stops.push(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
    const redis = await startRedis(directory);
    stops.push(() => redis.stop());
    const { servers: { primary, nodes, secrets } } = surroundings;
    const nowhere = "http://127.0.0.1:9";
    const all = {
      DATABASE_URL: primary.appUrl, READ_DATABASE_URLS: nodes.map(({ appUrl }) => appUrl).join(","), REDIS_URL: redis.url, JWT_SECRET: secrets.jwtSecret,
      PAYMENT_API_URL: nowhere, PAYMENT_API_KEY: "none", PAYMENT_WEBHOOK_SECRET: "whsec_bm90aGluZw==",
      COURIER_API_URL: nowhere, COURIER_API_KEY: "none", COURIER_WEBHOOK_SECRET: "whsec_bm90aGluZw==", ...settings,
    };
    const ports = new Set<number>();
    const start = async (name: "api" | "projector"): Promise<MillraceProcess> => {
      const port = await freePort(undefined, ports);
      ports.add(port);
      const started = await startProcess({ name, port, settings: all, logDirectory: directory });
      stops.push(() => started.stop());
      return started;
    };
    await start("projector");
    const api = await start("api");
    const parcels = await sendParcels(surroundings, orders);
    await untilVisible(`${api.url}/graphql`, parcels);
    return { surroundings, api, parcels, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function sendParcels(surroundings: Surroundings, orders: number): Promise<TrackedParcel[]> {
  const parcels: TrackedParcel[] = [];
  for (let first = 0; first < orders; first += atOnce) {
    parcels.push(...await Promise.all(Array.from({ length: Math.min(atOnce, orders - first) }, (_, index) => sendParcel(surroundings, first + index))));
  }
  return parcels;
}

async function sendParcel({ write: { bus }, servers: { secrets } }: Surroundings, number: number): Promise<TrackedParcel> {
  const { commandId: orderId } = await bus.execute(placeOrder, { customerId, lines: [{ sku: `COLD-${String(number % 200)}`, quantity: 1 }] }, {
    actor: { role: "customer", id: customerId }, idempotencyKey: newId(),
  });
  const shipmentId = newId();
  const system = { role: "system", id: "bench" } as const;
  await bus.execute(moveShipment, { orderId, shipmentId, step: choiceOf(orderId, shipmentId) }, { actor: system, idempotencyKey: newId() });
  const { answer } = await bus.execute(recordBooking, bookingOf(orderId, shipmentId), { actor: system, idempotencyKey: newId() });
  if (answer?.booking !== "booked") throw new Error("the parcel was not booked");
  return { orderId, shipmentId, token: trackingTokenOf({ JWT_SECRET: secrets.jwtSecret, TRACKING_LINK_SECRET: undefined }, orderId) };
}

/** Until the API shows them all. */
async function untilVisible(url: string, parcels: readonly TrackedParcel[]): Promise<void> {
  const giveUpAt = Date.now() + visibleWithinMs;
  const query = "query ($token: ID!) { publicTracking(token: $token) { parcels { status } } }";
  for (const { token } of parcels) {
    for (;;) {
      const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ query, variables: { token } }) });
      if ((await response.text()).includes("pre_transit")) break;
      if (Date.now() > giveUpAt) throw new Error("the read node does not show the parcels");
      await delay(50);
    }
  }
}
