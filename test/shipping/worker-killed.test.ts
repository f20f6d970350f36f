import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { confirmPayment } from "../../src/commands/orders/follow-order.js";
import { shipmentIdOf } from "../../src/commands/shipping/book.job.js";
import { shipmentStream } from "../../src/commands/shipping/shipment/shipment.decider.js";
import { releaseActiveJobs } from "../../src/platform/jobs/release-jobs.js";
import { startCourierSimulator, type CourierSimulator } from "../../src/simulators/couriers/courier-simulator.js";
import { by, openShop, order, quiet, type Shop, type TestBus } from "../bus/shop.js";
import { secret } from "../http/sample-api.js";
import { until } from "../replication/until.js";
import { apiKey, calm, mondayMs, standing, webhookSecret } from "../simulators/couriers-ground.js";
import { startMillrace, type MillraceProcess } from "../support/processes.js";

const nowhere = "http://127.0.0.1:9";
const withinMs = 40_000;

let shop: Shop;
let bus: TestBus;
let courier: CourierSimulator;
const workers: MillraceProcess[] = [];

async function startWorker(bookTimeoutMs: number): Promise<void> {
  workers.push(await startMillrace(["worker"], {
    DATABASE_URL: shop.primary.appUrl, READ_DATABASE_URLS: shop.nodes[0]?.appUrl ?? "", REDIS_URL: "redis://127.0.0.1:9", JWT_SECRET: secret, LOG_LEVEL: "warn",
    PAYMENT_API_URL: nowhere, PAYMENT_API_KEY: "none", PAYMENT_WEBHOOK_SECRET: "whsec_none",
    COURIER_API_URL: courier.url, COURIER_API_KEY: apiKey, COURIER_WEBHOOK_SECRET: webhookSecret, BOOK_TIMEOUT_MS: String(bookTimeoutMs),
  }));
}

beforeAll(async () => {
  shop = await openShop({ nodes: 1 });
  bus = shop.process();
  await shop.stock({ TEA: 10 });
  courier = await startCourierSimulator({
    id: calm.id, personality: calm, apiKey, webhookSecret, logger: quiet, speed: standing, beginsAtMs: mondayMs + 11 * 3_600_000,
  });
  await startWorker(5_000);
});
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.end("SIGKILL")));
  await (courier as CourierSimulator | undefined)?.stop();
  await (shop as Shop | undefined)?.close();
});

/** Nobody tells by webhook here: what the courier did is known to nobody but itself when the worker dies. */
it("a worker that is killed after the courier made the label and before it could write leaves one label, and the order has it after the restart", async () => {
  const { commandId: orderId } = await order(bus, { TEA: 1 });
  const streamId = shipmentStream.streamId(shipmentIdOf(orderId, 1, 0));
  const story = async (): Promise<readonly string[]> => (
    await shop.pool.query<{ type: string }>("SELECT type FROM event_log WHERE stream_id = $1 ORDER BY version", [streamId])).rows.map(({ type }) => type);
  courier.orderFault({ kind: "book", fault: "hang_after" });
  await bus.execute(confirmPayment, { orderId, paymentId: "p1" }, by({ role: "system", id: "test" }));
  await until("the courier has made the label", async () => courier.books().bookings === 1, withinMs);
  expect(await workers.pop()?.end("SIGKILL")).toEqual({ code: null, signal: "SIGKILL" });
  expect(await story()).toEqual(["ShipmentDecided", "ShipmentAttempted"]);
  // As if the job's heartbeat had been missed for long enough.
  await releaseActiveJobs(shop.pool);
  await startWorker(500);
  await until("the order is allocated", async () => (
    await shop.pool.query("SELECT FROM event_log WHERE stream_id = $1 AND type = 'OrderAllocated'", [`order-${orderId}`])).rowCount === 1, withinMs);
  expect((await story()).slice(0, 4)).toEqual(["ShipmentDecided", "ShipmentAttempted", "ShipmentAttemptFailed", "ShipmentBooked"]);
  expect(courier.books()).toMatchObject({ bookings: 1, cancelled: 0, shipmentsLabelledTwice: [] });
}, 2 * withinMs);
