import type { Logger } from "../../platform/log/logger.js";
import { FaultSwitch } from "../faults.js";
import { startSimulatorServer } from "../simulator-server.js";
import { CallLimit, type CallCounts } from "./call-limit.js";
import { controlRoutes } from "./control-routes.js";
import { FaultOrders, type FaultOrder } from "./fault-orders.js";
import { PaymentControls } from "./payment-controls.js";
import { noPaymentFaults, paymentFaultsSchema, type PaymentFaults } from "./payment-faults.js";
import { PaymentLedger } from "./payment-ledger.js";
import { paymentRoutes } from "./payment-routes.js";
import type { PaymentTotals } from "./payment-totals.js";
import { TroubleMaker } from "./trouble-maker.js";
import { troubleByChance } from "./trouble.js";
import { WebhookTeller } from "./webhook-teller.js";

export interface PaymentSimulatorOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Where it remembers, over kill and restart, what it charged; without a file it forgets. */
  readonly dataFile?: string;
  /** Without an address webhooks wait for one. */
  readonly webhookUrl?: string;
  readonly webhookSecret: string;
  readonly apiKey: string;
  readonly logger: Logger;
  readonly faults?: Partial<PaymentFaults>;
  /** What it keeps of a payment, in hundredths of a percent of what was captured. Default 140. */
  readonly feeBasisPoints?: number;
  /** What it keeps besides, in minor units. Default 25. */
  readonly feeFixedMinor?: number;
  /** Milliseconds since 1970; `Date.now` by default. */
  readonly nowMs?: () => number;
  /** 0 up to 1; `Math.random` by default. */
  readonly random?: () => number;
}

export interface PaymentSimulator {
  readonly url: string;
  readonly port: number;
  ledger(): PaymentTotals;
  calls(): CallCounts;
  /** What happens at a provider without a call of ours: expiry, disputes, failing refunds, planted differences. */
  readonly controls: PaymentControls;
  /** Changes what is named, leaves the rest. */
  setFaults(change: Partial<PaymentFaults>): void;
  /** A fault for the next requests of a kind. @throws RangeError */
  orderFault(order: FaultOrder): void;
  setWebhookUrl(url: string | undefined): void;
  /** All of them sign; two while one is being rotated. */
  setWebhookSecrets(secrets: readonly string[]): void;
  stop(): Promise<void>;
}

/** A payment provider on the loopback interface: the part of Stripe's API that our adapter uses. */
export async function startPaymentSimulator(options: PaymentSimulatorOptions): Promise<PaymentSimulator> {
  const { apiKey, logger, random = Math.random, nowMs = Date.now, feeBasisPoints = 140, feeFixedMinor = 25 } = options;
  const faults = new FaultSwitch<PaymentFaults>(paymentFaultsSchema, noPaymentFaults);
  faults.set(options.faults ?? {});
  const ledger = new PaymentLedger(options.dataFile);
  const orders = new FaultOrders(), calls = new CallLimit();
  const teller = new WebhookTeller({ url: options.webhookUrl, secrets: [options.webhookSecret], ledger, logger });
  const controls = new PaymentControls({
    ledger, nowMs, tell: (events) => { void teller.tell(events, { ...troubleByChance(faults.current, "POST", random).webhook, first: false }); },
  });
  const control = controlRoutes({ ledger, faults, orders, calls, controls });
  const stripe = paymentRoutes({
    apiKey, ledger, faults, calls, nowMs, troubles: new TroubleMaker(faults, orders, random),
    tell: (events, trouble) => teller.tell(events, trouble),
    fee: (amount) => Math.round(amount * feeBasisPoints / 10_000) + feeFixedMinor,
  });

  const server = await startSimulatorServer(
    options.port ?? 0,
    async (request) => (request.path.startsWith("/_simulator/") ? control(request) : stripe(request)),
    logger,
  ).catch((error: unknown) => {
    teller.stop();
    ledger.close();
    throw error;
  });
  teller.resume();
  return {
    url: server.url,
    port: server.port,
    ledger: () => ledger.totals(),
    calls: () => calls.counts(),
    controls,
    setFaults: (change) => { faults.set(change); },
    orderFault: (order) => { orders.add(order); },
    setWebhookUrl: (url) => { teller.setUrl(url); },
    setWebhookSecrets: (secrets) => { teller.setSecrets(secrets); },
    async stop() {
      teller.stop();
      await server.stop();
      ledger.close();
    },
  };
}
