import { createHmac } from "node:crypto";
import type { Logger } from "../../platform/log/logger.js";
import { FaultSwitch, happens } from "../faults.js";
import { startSimulatorServer } from "../simulator-server.js";
import { WebhookOutbox } from "../webhook-outbox.js";
import { noPaymentFaults, paymentFaultsSchema, type PaymentFaults } from "./payment-faults.js";
import { PaymentLedger, type PaymentTotals } from "./payment-ledger.js";
import type { PaymentEvent } from "./payment-records.js";
import { paymentRoutes } from "./payment-routes.js";
import { eventObject } from "./stripe-objects.js";

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
  /** 0 up to 1; `Math.random` by default. */
  readonly random?: () => number;
}

export interface PaymentSimulator {
  readonly url: string;
  readonly port: number;
  ledger(): PaymentTotals;
  /** Changes what is named, leaves the rest. */
  setFaults(change: Partial<PaymentFaults>): void;
  setWebhookUrl(url: string | undefined): void;
  stop(): Promise<void>;
}

/** A payment provider on the loopback interface: the part of Stripe's API that our adapter uses. */
export async function startPaymentSimulator(options: PaymentSimulatorOptions): Promise<PaymentSimulator> {
  const { webhookSecret, logger, random = Math.random } = options;
  const faults = new FaultSwitch<PaymentFaults>(paymentFaultsSchema, noPaymentFaults);
  faults.set(options.faults ?? {});
  const ledger = new PaymentLedger(options.dataFile);
  const outbox = new WebhookOutbox({
    url: options.webhookUrl,
    logger,
    sign: (_eventId, body, atSeconds) => ({ "stripe-signature": sign(webhookSecret, body, atSeconds) }),
    onSettled: (eventId) => { ledger.settle(eventId); },
  });
  const post = (event: PaymentEvent, delayMs: number): void =>
    outbox.post({ eventId: event.id, body: () => JSON.stringify(eventObject(event)) }, delayMs);
  const tell = (event: PaymentEvent): void => {
    const { lostWebhookRate, duplicateWebhookRate, lateWebhookMs } = faults.current;
    if (happens(lostWebhookRate, random)) return ledger.settle(event.id);
    post(event, lateWebhookMs);
    if (happens(duplicateWebhookRate, random)) post(event, lateWebhookMs);
  };

  const server = await startSimulatorServer(
    options.port ?? 0,
    paymentRoutes({ apiKey: options.apiKey, ledger, faults, tell, random }),
    logger,
  ).catch((error: unknown) => {
    ledger.close();
    throw error;
  });
  // What was charged before a kill and not told yet.
  for (const event of ledger.unsettled()) post(event, 0);
  return {
    url: server.url,
    port: server.port,
    ledger: () => ledger.totals(),
    setFaults: (change) => { faults.set(change); },
    setWebhookUrl: (url) => { outbox.setUrl(url); },
    async stop() {
      outbox.stop();
      await server.stop();
      ledger.close();
    },
  };
}

/** Written here once more, apart from the adapter's, so that neither can hide the other's mistake. */
function sign(secret: string, body: string, atSeconds: number): string {
  return `t=${atSeconds},v1=${createHmac("sha256", secret).update(`${atSeconds}.${body}`).digest("hex")}`;
}
