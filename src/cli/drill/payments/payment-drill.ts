import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "../../../platform/embedded/free-port.js";
import { readSettings } from "../../../platform/config/config.js";
import { createLogger } from "../../../platform/log/logger.js";
import type { PaymentFaults } from "../../../simulators/payments/payment-faults.js";
import type { PaymentTotals } from "../../../simulators/payments/payment-totals.js";
import { startPaymentSimulator, type PaymentSimulator } from "../../../simulators/payments/payment-simulator.js";
import { targetsFor } from "../../embedded-targets.js";
import { mintOperatorToken } from "../../replay/run-replay.js";
import { ShopApi } from "../../replay/shop-api.js";
import { onDrillGround, type DrillGround, type GroundOptions } from "../drill-ground.js";
import { strike } from "../kill-drill.js";
import { planKills, type PlannedKill } from "../kill-plan.js";
import type { ServerChild } from "../server-child.js";
import { differences, ourBooks, type OurBooks } from "./compare-books.js";
import { Storm, type StormResult } from "./storm.js";

export interface PaymentDrillOptions extends GroundOptions {
  readonly orders: number;
  readonly kills: number;
  readonly seed: number;
  readonly captureOn: "order" | "shipment";
}

export interface PaymentDrillResult {
  readonly kills: readonly PlannedKill[];
  readonly outages: number;
  readonly storm: StormResult;
  readonly ours: OurBooks;
  readonly theirs: PaymentTotals;
  readonly differences: readonly string[];
  readonly reconcileExitCode: number | null;
  readonly doctorExitCode: number | null;
  readonly stopExitCode: number | null;
  readonly ok: boolean;
}

/** Half of all calls fail, one way or another, and a fifth of the webhooks is never sent. */
const stormFaults: Partial<PaymentFaults> = {
  failBeforeRate: 0.3, timeoutAfterRate: 0.1, failAfterRate: 0.1, declineRate: 0.08,
  lostWebhookRate: 0.2, duplicateWebhookRate: 0.2, reorderWindowMs: 500, webhookFirstRate: 0.1,
};
const calm: Partial<PaymentFaults> = {
  failBeforeRate: 0, timeoutAfterRate: 0, failAfterRate: 0, declineRate: 0, lostWebhookRate: 0, duplicateWebhookRate: 0, reorderWindowMs: 0, webhookFirstRate: 0,
};

/** Hours are seconds here: what a janitor does in days and a buyer in minutes fits into the drill. */
const hurried = {
  PAYMENT_TIMEOUT_MS: "1000", PAYMENT_ASK_SECONDS: "2,4,8,16,30,30,30", PAYMENT_RETRY_SECONDS: "8", PAYMENT_DEADLINE_SECONDS: "120",
};
const secondsPerKill = 9;
const outageEveryKills = 2;
const outageMs = 4_000;
const stillMs = 120_000;
const quietSeconds = 120;
const calls = 64;

/**
 * Two thousand orders while the provider fails and the server is killed; then the provider's own books are compared
 * with ours, order by order and to the cent.
 * @throws Error where the drill itself could not be carried out in time
 */
export async function paymentDrill(options: PaymentDrillOptions): Promise<PaymentDrillResult> {
  const secrets = { apiKey: `sk_test_${randomBytes(12).toString("hex")}`, webhookSecret: `whsec_${randomBytes(24).toString("hex")}` };
  // In the drill's own process: the provider goes on while the shop is killed.
  const simulator = await startPaymentSimulator({ ...secrets, logger: createLogger("error"), faults: stormFaults });
  const settings = {
    ...hurried, CAPTURE_ON: options.captureOn, PAYMENT_API_URL: simulator.url, PAYMENT_API_KEY: secrets.apiKey,
    PAYMENT_WEBHOOK_SECRET: secrets.webhookSecret, PAYMENT_METHOD_DEFAULT: "pm_card_visa",
  };
  try {
    return await onDrillGround({ ...options, settings }, (ground) => drill(options, ground, simulator));
  } finally {
    await simulator.stop();
  }
}

async function drill(options: PaymentDrillOptions, ground: DrillGround, simulator: PaymentSimulator): Promise<PaymentDrillResult> {
  const { orders, kills, seed, say } = options;
  const port = await freePort(undefined, new Set());
  simulator.setWebhookUrl(`http://127.0.0.1:${port}/webhooks/payments`);
  say(`Placing ${orders} orders while the provider fails half of the calls and the server is killed ${kills} times; seed ${seed}.`);
  let server = await ground.startServer(port);
  const token = await mintOperatorToken(readSettings({ MILLRACE_DATA_DIR: ground.dataDir }), "drill");
  const api = new ShopApi({ url: server.url, token, concurrency: calls, onRepeat: () => undefined });
  let acknowledged = 0;
  const storm = new Storm({
    api, orders, seed, rate: Math.max(10, orders / Math.max(1, kills * secondsPerKill)), stillMs, stop: ground.ended,
    onAcknowledged: (count) => { acknowledged = count; },
  });
  const running = storm.run();
  running.catch(() => undefined); // heard below, after the kills
  let outages = 0;
  const plan = planKills(kills, seed);
  try {
    for (const [place, planned] of plan.entries()) {
      await delay(planned.afterMs, undefined, { signal: ground.ended });
      if (!server.child.running) throw new Error("The server ended without being killed.");
      if (place % outageEveryKills === 1) outages += await providerOutage(simulator, ground.ended);
      await strike(planned, server.child, ground.dataDir);
      server = await ground.startServer(port);
      say(`Kill ${place + 1} of ${kills}: ${planned.target}, after ${acknowledged} acknowledgements.`);
    }
    const result = await running;
    simulator.setFaults(calm);
    return await judge(options, ground, { simulator, server, result, plan, outages });
  } finally {
    api.close();
  }
}

async function providerOutage(simulator: PaymentSimulator, ended: AbortSignal): Promise<number> {
  simulator.setFaults({ down: true });
  await delay(outageMs, undefined, { signal: ended });
  simulator.setFaults({ down: false });
  return 1;
}

interface Aftermath {
  readonly simulator: PaymentSimulator;
  readonly server: ServerChild;
  readonly result: StormResult;
  readonly plan: readonly PlannedKill[];
  readonly outages: number;
}

async function judge({ say }: PaymentDrillOptions, ground: DrillGround, { simulator, server, result, plan, outages }: Aftermath): Promise<PaymentDrillResult> {
  say("Reconciling with the provider, then asking the doctor.");
  const reconcileExitCode = await reconcile(ground, say);
  const doctorExitCode = await ground.run("doctor", ["doctor", "--provider", "--wait", String(quietSeconds)]);
  const { primary } = await targetsFor(readSettings({ MILLRACE_DATA_DIR: ground.dataDir }));
  const [ours, theirs] = [await ourBooks(primary.adminUrl), simulator.ledger()];
  const stopExitCode = await server.child.end("SIGTERM");
  const differ = differences(ours, theirs);
  const isKept = result.open.length === 0 && result.doubled.length === 0 && ours.chargedTwice.length === 0 && theirs.ordersChargedTwice.length === 0;
  return {
    kills: plan, outages, storm: result, ours, theirs, differences: differ, reconcileExitCode, doctorExitCode, stopExitCode,
    ok: isKept && differ.length === 0 && reconcileExitCode === 0 && doctorExitCode === 0 && stopExitCode === 0,
  };
}

/**
 * Today, and yesterday where the drill ran over midnight. Twice: the first run mends what it may, e.g. fees that no webhook tells;
 * the second finds nothing. @returns the first exit code that is not 0
 */
async function reconcile(ground: DrillGround, say: (line: string) => void): Promise<number | null> {
  const days = new Set([new Date(Date.now() - 3_600_000), new Date()].map((time) => time.toISOString().slice(0, 10)));
  for (const day of days) {
    for (const run of ["first", "again"]) {
      let summary = "";
      const exitCode = await ground.run(`reconcile-${day}-${run}`, ["reconcile", "--day", day], (line) => { if (line !== "") summary = line; });
      say(`Reconciled, ${run}: ${summary}`);
      if (exitCode !== 0) return exitCode;
    }
  }
  return 0;
}
