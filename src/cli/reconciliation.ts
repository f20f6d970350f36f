import { Counter, Gauge, type Registry } from "prom-client";
import { movedPayments, type MovedPayments } from "../commands/reconciliation/moved-payments.reader.js";
import type { Progress } from "../commands/reconciliation/reconcile-day.job.js";
import { reconciliationHandler, reconciliationQueue, type ReconciliationJob } from "../commands/reconciliation/reconciliation.job.js";
import type { PaymentProvider } from "../gateways/payments/payment-port.js";
import type { DataWorker } from "../platform/jobs/job-worker.js";
import type { Logger } from "../platform/log/logger.js";
import type { NodeAddress } from "../platform/projector/node-address.js";
import { openReadNode } from "../platform/projector/open-read-node.js";
import type { Deployment } from "./deployment.js";
import type { WriteSide } from "./write-side.js";

/** The read nodes, for the time of a step: a reconciliation runs once a night. */
export async function openMoved(nodes: readonly NodeAddress[], logger: Logger): Promise<MovedPayments & { close(): Promise<void> }> {
  const opened = await Promise.all(nodes.map(({ name, appUrl }) => openReadNode({ name, appUrl, logger, poolSize: 1 })));
  return { ...movedPayments(opened), close: async () => { await Promise.all(opened.map((node) => node.close())); } };
}

const idleMs = 2_000;

/** Opened by the first step of a night, and closed when none has followed for a while: to connect for each of a hundred takes longer than the steps. */
function keptOpen(openNodes: () => ReturnType<typeof openMoved>) {
  let opened: ReturnType<typeof openMoved> | null = null;
  let idle: NodeJS.Timeout | undefined;
  const close = async (): Promise<void> => {
    clearTimeout(idle);
    const closing = opened;
    opened = null;
    await (await closing)?.close();
  };
  const open = async (): ReturnType<typeof openMoved> => {
    clearTimeout(idle);
    try {
      const moved = await (opened ??= openNodes());
      return { ...moved, close: () => { idle = setTimeout(() => void close(), idleMs); return Promise.resolve(); } };
    } catch (error) {
      opened = null;
      throw error;
    }
  };
  return { open, close };
}

/** Compares the provider's books with ours, one span of a day a job. `close` lets go of the read nodes, once no job is at work. */
export function reconciliationWorker(
  { settings, logger, registry, nodes }: Deployment, { bus, pool, alerts }: WriteSide, provider: PaymentProvider,
): DataWorker<ReconciliationJob> & { close(): Promise<void> } {
  const nodesOfNight = keptOpen(() => openMoved(nodes, logger));
  return {
    close: nodesOfNight.close,
    kind: "data", queue: reconciliationQueue, batchSize: 1, batches: 1,
    handle: reconciliationHandler({
      bus, pool, alerts, provider, logger, timeZone: settings.SHOP_TIME_ZONE,
      openMoved: nodesOfNight.open, onFinished: reconciliationMetrics(registry, provider.name),
    }),
  };
}

function reconciliationMetrics(registry: Registry, provider: string): (progress: Progress) => void {
  const [registers, labelNames] = [[registry], ["provider"]];
  const payments = new Counter({
    name: "millrace_reconciliation_payments_total", help: "Payments that were compared with the provider's books.", registers, labelNames,
  });
  const mismatches = new Counter({
    name: "millrace_reconciliation_mismatches_total", help: "What differed from the provider's books, by outcome: repaired or open.",
    registers, labelNames: [...labelNames, "outcome"],
  });
  const open = new Gauge({ name: "millrace_reconciliation_open", help: "What the last run that this process finished left open.", registers, labelNames });
  return ({ compared, found, repaired }) => {
    payments.inc({ provider }, compared);
    mismatches.inc({ provider, outcome: "repaired" }, repaired);
    mismatches.inc({ provider, outcome: "open" }, found - repaired);
    open.set({ provider }, found - repaired);
  };
}
