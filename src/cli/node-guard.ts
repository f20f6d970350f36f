import { Gauge } from "prom-client";
import type { AlertPort } from "../platform/alerts/alert-port.js";
import { checkNode, type NodeReport } from "../platform/replication/check-node.js";
import type { Deployment, Running } from "./deployment.js";

export interface NodeGuardOptions {
  readonly deployment: Deployment;
  readonly node: Deployment["nodes"][number];
  readonly alerts: AlertPort;
}

const lookEveryMs = 10_000;

/**
 * Looks after a node's replication: refuses to begin on a copy that nothing may be folded from, and raises an alert
 * when replication stands still or the node follows another primary.
 * @throws Error naming what is wrong with the copy and what to do
 */
export async function guardNode({ deployment, node, alerts }: NodeGuardOptions): Promise<Running> {
  const { logger, registry, primaryUrl } = deployment;
  const look = (): Promise<NodeReport> => checkNode({ nodeUrl: node.appUrl, primaryUrl });
  const refused = (await look()).findings.filter(({ severity }) => severity === "refuse");
  if (refused.length > 0) throw new Error(`${node.name} cannot be used: ${refused.map(({ message }) => message).join(" ")}`);

  const gauge = lagGauge(registry);
  let timer: NodeJS.Timeout | null = null;
  let stopped = false;
  const lookAgain = async (): Promise<void> => {
    try {
      const { findings, lagBytes } = await look();
      if (lagBytes !== null) gauge.set({ node: node.name }, lagBytes);
      for (const { code, severity, message } of findings) {
        // An unreachable primary is told by everybody else already, and could not take the alert.
        if (code === "primary_unreachable") continue;
        await alerts.raise({ key: `replication_${code}:${node.name}`, severity: severity === "refuse" ? "critical" : "warning", message, details: { node: node.name } });
      }
    } catch (error) {
      logger.debug({ err: error, node: node.name }, "the node does not answer its guard");
    }
    if (!stopped) timer = setTimeout(() => void lookAgain(), lookEveryMs);
  };
  timer = setTimeout(() => void lookAgain(), lookEveryMs);
  return {
    async stop() {
      stopped = true;
      if (timer) clearTimeout(timer);
      return Promise.resolve();
    },
  };
}

function lagGauge(registry: Deployment["registry"]): Gauge<"node"> {
  const name = "millrace_replication_lag_bytes";
  const made = registry.getSingleMetric(name);
  if (made) return made as Gauge<"node">;
  return new Gauge({ name, help: "WAL on the primary that a node has not confirmed, in bytes.", registers: [registry], labelNames: ["node"] });
}
