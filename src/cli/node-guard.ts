import { Gauge } from "prom-client";
import type { AlertPort } from "../platform/alerts/alert-port.js";
import { checkNode, type NodeReport } from "../platform/replication/check-node.js";
import { LastingFindings } from "../platform/replication/lasting-findings.js";
import type { Deployment, Running } from "./deployment.js";

export interface NodeGuardOptions {
  readonly deployment: Pick<Deployment, "logger" | "registry" | "primaryUrl">;
  readonly node: Deployment["nodes"][number];
  readonly alerts: AlertPort;
  /** Default 10,000. */
  readonly lookEveryMs?: number;
  /** A clock that never goes back; default the process's own. */
  readonly nowMs?: () => number;
}

/**
 * Looks after a node's replication: refuses to begin on a copy that nothing may be folded from, and raises an alert
 * when replication stands still for longer than a short outage or the node follows another primary.
 * @throws Error naming what is wrong with the copy and what to do
 */
export async function guardNode({ deployment, node, alerts, lookEveryMs = 10_000, nowMs = () => performance.now() }: NodeGuardOptions): Promise<Running> {
  const { logger, registry, primaryUrl } = deployment;
  const look = (): Promise<NodeReport> => checkNode({ nodeUrl: node.appUrl, primaryUrl });
  const refused = (await look()).findings.filter(({ severity }) => severity === "refuse");
  if (refused.length > 0) throw new Error(`${node.name} cannot be used: ${refused.map(({ message }) => message).join(" ")}`);

  const gauge = lagGauge(registry);
  const lasting = new LastingFindings(nowMs);
  let timer: NodeJS.Timeout | null = null;
  let stopped = false;
  const lookAgain = async (): Promise<void> => {
    try {
      const report = await look();
      const { lagBytes } = report;
      if (lagBytes !== null) gauge.set({ node: node.name }, lagBytes);
      for (const { code, severity, message } of lasting.of(report)) {
        // An unreachable primary is told by everybody else already, and could not take the alert.
        if (code === "primary_unreachable") continue;
        await alerts.raise({ key: `replication_${code}:${node.name}`, severity: severity === "refuse" ? "critical" : "warning", message, details: { node: node.name } });
      }
    } catch (error) {
      lasting.forget(); // its server was away: apply begins anew
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
