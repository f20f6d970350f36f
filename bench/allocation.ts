import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { kindTown, townSetup } from "../src/cli/simulated-town.js";
import { startWorker } from "../src/cli/worker-process.js";
import { confirmPayment } from "../src/commands/orders/follow-order.js";
import { paymentIdOf } from "../src/commands/payments/record-payment.js";
import { createMetrics } from "../src/platform/metrics/metrics.js";
import { startCourierSimulators, type CourierTown } from "../src/simulators/couriers/courier-town.js";
import { placeOrder } from "./bus.js";
import { percentile } from "./load.js";
import { compare, type BenchResult } from "./result.js";
import { customerId, openSurroundings, type Surroundings } from "./surroundings.js";

const perSecond = 20;
const phaseMs = 20_000;
const settleMs = 120_000;
const tickMs = 10;
const aimMs = 2_500;
const secrets = { apiKey: "bench", webhookSecret: "whsec_Y291cmllcnMgb2YgdGhlIGJlbmNo" };

/**
 * From the money to the label: paid orders go to five couriers over HTTP, first with all of them well, then while the one that was given most hangs at
 * every call. Its breaker is closed when that begins, so the first parcels wait for its time-outs.
 */
export async function benchAllocation(): Promise<BenchResult[]> {
  const surroundings = await openSurroundings();
  const { deployment, write } = surroundings;
  // No parcel moves during the run: a simulated day is a real one.
  const town = await startCourierSimulators(kindTown(deployment.settings.SHOP_CURRENCY), { ...secrets, speed: 1, logger: deployment.logger, seed: "bench" });
  const setup = townSetup(town, secrets.apiKey, secrets.webhookSecret);
  const worker = await startWorker({ ...deployment, registry: createMetrics(), couriers: () => setup }, write);
  try {
    await allocate(surroundings, 3_000); // the compiler's turn
    const well = await allocate(surroundings, phaseMs);
    const hanging = busiest(town);
    town.couriers.get(hanging)?.setQuirks({ hang: true });
    const hung = await allocate(surroundings, phaseMs);
    const [p50Ms, p99Ms, wellMs] = [percentile(hung, 0.5), percentile(hung, 0.99), percentile(well, 0.99)];
    return [compare("allocation-one-hangs", "ms", { value: p99Ms, p50Ms, p99Ms }, wellMs,
      `p99 from paid to label at ${String(perSecond)} orders/s while ${hanging} hangs, against all well; ${String(hung.length)} orders; aim < ${String(aimMs)} ms: ${p99Ms < aimMs ? "pass" : "MISS"}`)];
  } finally {
    await worker.stop();
    await town.stop();
    await surroundings.close();
  }
}

function busiest(town: CourierTown): string {
  const given = Object.entries(town.books().couriers).map(([id, { bookings }]) => [id, bookings] as const);
  return given.sort(([, one], [, other]) => other - one)[0]?.[0] ?? "";
}

/** Milliseconds from `OrderPaid` to the last parcel's `ShipmentBooked`, by the primary's clock, of orders that are paid at an even rate. */
async function allocate({ write: { bus, pool } }: Surroundings, forMs: number): Promise<number[]> {
  const paid: Promise<string>[] = [];
  const startedMs = performance.now();
  while (performance.now() - startedMs < forMs) {
    for (const due = ((performance.now() - startedMs) * perSecond) / 1_000; paid.length < due;) paid.push(payOne(bus));
    await delay(tickMs);
  }
  const orderIds = await Promise.all(paid);
  const deadline = performance.now() + settleMs;
  for (;;) {
    const { rows } = await pool.query<{ took: number }>({
      text: `SELECT extract(epoch FROM max(b.recorded_at) - min(p.recorded_at))::float8 * 1000 AS took
        FROM event_log p JOIN event_log b ON b.type = 'ShipmentBooked' AND b.data->>'orderId' = p.data->>'orderId'
        WHERE p.type = 'OrderPaid' AND p.data->>'orderId' = ANY($1::text[]) GROUP BY p.data->>'orderId'`,
      values: [orderIds],
    });
    if (rows.length === orderIds.length) return rows.map(({ took }) => took).sort((one, other) => one - other);
    if (performance.now() > deadline) throw new Error(`${String(orderIds.length - rows.length)} orders have no label after ${String(settleMs)} ms`);
    await delay(500);
  }
}

/** Paid by transfer, which calls nobody. */
async function payOne(bus: Surroundings["write"]["bus"]): Promise<string> {
  const { answer } = await bus.execute(placeOrder, {
    customerId, lines: [{ sku: "COLD-1", quantity: 1 }], payment: { method: "BANK_TRANSFER", token: null },
  }, { actor: { role: "customer", id: customerId }, idempotencyKey: randomUUID() });
  if (!answer) throw new Error("an order was refused");
  const { orderId } = answer;
  await bus.execute(confirmPayment, { orderId, paymentId: paymentIdOf(orderId) }, { actor: { role: "system", id: "bench" }, idempotencyKey: orderId });
  return orderId;
}
