import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createLogger } from "../../../platform/log/logger.js";
import { startCourierSimulators, type CourierTown, type TownTotals } from "../../../simulators/couriers/courier-town.js";
import { couriersOfTheTown } from "../../../simulators/couriers/personalities.js";
import type { CourierPersonality } from "../../../simulators/couriers/personality.js";
import { startPaymentSimulator } from "../../../simulators/payments/payment-simulator.js";
import { ShopApi } from "../../replay/shop-api.js";
import { townSetup } from "../../simulated-town.js";
import { onDrillGround, type DrillGround, type GroundOptions } from "../drill-ground.js";
import { Buyers, planOrders } from "./buyers.js";
import { countAttempts, countShop, type AttemptCount, type ShopCount } from "./count-parcels.js";
import { ShopProcesses } from "./shop-processes.js";
import { planTrouble, troubles, undoing, type Blow } from "./trouble.js";

export interface CourierDrillOptions extends GroundOptions {
  /** How long orders are placed and things go wrong. */
  readonly seconds: number;
  /** All orders together come to that many parcels. */
  readonly parcels: number;
  readonly seed: number;
  /** How many times faster than the clock couriers live. */
  readonly speed: number;
  /** Those of the town by default. */
  readonly couriers?: readonly CourierPersonality[];
  /** Nobody kills a worker: what it was at is taken up by others only after half a minute. */
  readonly sparesWorkers?: boolean;
}

export interface CourierDrillResult {
  readonly blows: readonly Blow[];
  readonly acknowledged: number;
  readonly shop: ShopCount;
  readonly attempts: AttemptCount;
  readonly town: TownTotals;
  /** What is in no end, and needs a reason. */
  readonly stuck: readonly string[];
  readonly doctorExitCode: number | null;
  readonly ok: boolean;
}

const workers = 2;
const calls = 64;
const lookMs = 1_000;
const patienceMs = 60_000;
/** What is left to do when every order has arrived: an alert, the last acknowledgement of a queue. */
const quietSeconds = 60;
const daySeconds = 86_400;
/** The last orders are allocated later than they were placed, where the machine has much to do. */
const bookingLateShare = 0.25;
/** What servers and processes take until the first order. */
const startSeconds = 30;
const secrets = { key: "DRILL_COURIER_KEY", webhook: "DRILL_COURIER_SECRET" };

/** Longer than any parcel is silent that is not lost: a weekend, the longest delay, and a time of trouble with its courier. */
function lostSecondsOf({ speed }: CourierDrillOptions): number {
  return Math.round(30 + (9 * daySeconds) / speed);
}

/**
 * Orders at a steady pace while couriers fail in every way and workers are killed; then the couriers' own books are compared with ours.
 * @throws Error where the drill itself could not be carried out in time
 */
export function courierDrill(options: CourierDrillOptions): Promise<CourierDrillResult> {
  return onDrillGround(options, (ground) => drill(options, ground));
}

async function drill(options: CourierDrillOptions, ground: DrillGround): Promise<CourierDrillResult> {
  const { seconds, seed, say } = options;
  const lostSeconds = lostSecondsOf(options);
  const cutoff = cutoffAfter(seconds);
  const town = await openTown(options, ground);
  const shop = await openShop(ground, town, { cutoff, lostSeconds });
  const orders = planOrders(options.parcels, seed);
  const blows = planTrouble({ couriers: [...town.couriers.keys()], workers: options.sparesWorkers === true ? 0 : workers, forMs: seconds * 1_000, seed });
  const api = new ShopApi({ url: shop.apiUrl, token: shop.token, concurrency: calls, onRepeat: () => undefined });
  const buyers = new Buyers(api, patienceMs, ground.ended);
  try {
    await buyers.furnish();
    say(`Placing ${orders.length} orders in ${seconds} s while couriers fail ${blows.filter(({ kind }) => kind !== "worker").length} times and workers are killed; seed ${seed}.`);
    const striking = strikeAll(blows, town, shop, { say, ended: ground.ended });
    striking.catch(() => undefined); // heard below
    await buyers.place(orders, seconds * 1_000);
    await striking;
  } finally {
    api.close();
  }
  say("All couriers are back. Waiting for every order to come to its end.");
  const count = await untilSettled(() => countShop(shop, buyers.acknowledged), { notBeforeMs: cutoff.getTime(), lostSeconds, ended: ground.ended });
  return judge(options, shop, { town, blows, count, acknowledged: buyers.acknowledged.size });
}

async function openTown({ speed, seed, couriers = couriersOfTheTown }: CourierDrillOptions, ground: DrillGround): Promise<CourierTown & { readonly apiKey: string; readonly webhookSecret: string }> {
  const given = { apiKey: randomBytes(12).toString("hex"), webhookSecret: `whsec_${randomBytes(24).toString("base64")}` };
  // In the drill's own process: the couriers go on while workers are killed.
  const town = await startCourierSimulators(couriers, {
    ...given, speed, seed: String(seed), logger: createLogger("error"), awaitsLabel: true,
  });
  ground.onLeave(() => town.stop());
  return { ...town, ...given };
}

interface Missing { readonly cutoff: Date; readonly lostSeconds: number }

async function openShop(ground: DrillGround, town: Awaited<ReturnType<typeof openTown>>, { cutoff, lostSeconds }: Missing): Promise<ShopProcesses> {
  const payment = { apiKey: `sk_test_${randomBytes(12).toString("hex")}`, webhookSecret: `whsec_${randomBytes(24).toString("hex")}` };
  const provider = await startPaymentSimulator({ ...payment, logger: createLogger("error") });
  ground.onLeave(() => provider.stop());
  const couriersFile = join(ground.directory, "couriers.json");
  const { file } = townSetup(town, town.apiKey, town.webhookSecret);
  await writeFile(couriersFile, JSON.stringify({
    ...file, couriers: file.couriers.map((courier) => ({ ...courier, apiKeyEnv: secrets.key, webhookSecretsEnv: secrets.webhook, pickupCutoff: cutoff.toISOString().slice(11, 16) })),
  }));
  return ShopProcesses.start(ground, workers, (apiUrl) => {
    town.setWebhookUrls((id) => `${apiUrl}/webhooks/couriers/${id}`);
    provider.setWebhookUrl(`${apiUrl}/webhooks/payments`);
    return {
      COURIERS_FILE: couriersFile, [secrets.key]: town.apiKey, [secrets.webhook]: town.webhookSecret,
      PAYMENT_API_URL: provider.url, PAYMENT_API_KEY: payment.apiKey, PAYMENT_WEBHOOK_SECRET: payment.webhookSecret, PAYMENT_METHOD_DEFAULT: "pm_card_visa",
      TRACKING_SILENCE_SECONDS: "5", TRACKING_SILENCE_MAX_SECONDS: "10", TRACKING_POLL_MAX_SECONDS: "10", UNKNOWN_PARCEL_SECONDS: "20",
      LOST_AFTER_DAYS: String(lostSeconds / daySeconds),
    };
  });
}

/** The day's pick-up, after the last booking. Only from then on is anybody missed whom no scanner has seen; a parcel booked later would be missed tomorrow. */
function cutoffAfter(seconds: number): Date {
  return new Date(Date.now() + (startSeconds + seconds * (1 + bookingLateShare) + 60) * 1_000);
}

async function strikeAll(blows: readonly Blow[], town: CourierTown, shop: ShopProcesses, { say, ended }: Pick<GroundOptions, "say"> & { readonly ended: AbortSignal }): Promise<void> {
  const beganMs = performance.now();
  let lastKill = Promise.resolve();
  await Promise.all(blows.map(async (blow) => {
    await delay(Math.max(0, blow.atMs - (performance.now() - beganMs)), undefined, { signal: ended });
    if (blow.kind === "worker") {
      // One after the other: a worker that is still starting is not there to be killed.
      lastKill = lastKill.then(() => shop.replaceWorker(blow.worker));
      await lastKill;
      say(`${seconds(beganMs)}  worker ${blow.worker + 1} was killed, and another one runs`);
      return;
    }
    const [couriers, trouble] = blow.kind === "all down" ? [[...town.couriers.keys()], "is down" as const] : [[blow.courier], blow.trouble];
    say(`${seconds(beganMs)}  ${blow.kind === "all down" ? "every courier" : blow.courier} ${trouble} for ${(blow.forMs / 1_000).toFixed(1)} s`);
    for (const courier of couriers) town.couriers.get(courier)?.setQuirks(troubles[trouble]);
    await delay(blow.forMs, undefined, { signal: ended });
    for (const courier of couriers) town.couriers.get(courier)?.setQuirks(undoing(troubles[trouble], couriersOfTheTown.find(({ id }) => id === courier)?.quirks ?? {}));
  }));
}

function seconds(beganMs: number): string {
  return `${((performance.now() - beganMs) / 1_000).toFixed(1).padStart(6)} s`;
}

/** Until nothing is open, or nothing has moved for longer than the slowest parcel takes, counted from the pick-up at the earliest. */
async function untilSettled(look: () => Promise<ShopCount>, { notBeforeMs, lostSeconds, ended }: { readonly notBeforeMs: number; readonly lostSeconds: number; readonly ended: AbortSignal }): Promise<ShopCount> {
  let [before, movedMs] = ["", Date.now()];
  for (;;) {
    const count = await look();
    const now = JSON.stringify(count);
    if (now !== before) [before, movedMs] = [now, Date.now()];
    const untilMs = Math.max(movedMs, notBeforeMs) + lostSeconds * 1_000 + patienceMs;
    if ((count.openOrders.length === 0 && count.openAttempts === 0) || Date.now() > untilMs) return count;
    await delay(lookMs, undefined, { signal: ended });
  }
}

interface Aftermath { readonly town: CourierTown; readonly blows: readonly Blow[]; readonly count: ShopCount; readonly acknowledged: number }

async function judge({ say }: CourierDrillOptions, shop: ShopProcesses, { town, blows, count, acknowledged }: Aftermath): Promise<CourierDrillResult> {
  say("Asking the doctor, then comparing the couriers' own books.");
  const doctorExitCode = await shop.run("doctor", ["doctor", "--wait", String(quietSeconds)]);
  const attempts = await countAttempts(shop);
  const books = town.books();
  const stuck = [
    ...count.openOrders.map((id) => `order ${id}`), ...(count.openAttempts === 0 ? [] : [`${count.openAttempts} attempts in doubt`]),
    ...Object.entries(books.couriers).flatMap(([id, { webhooksWaiting }]) => (webhooksWaiting === 0 ? [] : [`${webhooksWaiting} webhooks of ${id}`])),
  ];
  const ok = stuck.length === 0 && books.shipmentsLabelledTwice.length === 0 && doctorExitCode === 0;
  return { blows, acknowledged, shop: count, attempts, town: books, stuck, doctorExitCode, ok };
}
