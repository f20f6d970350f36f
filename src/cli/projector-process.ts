import type { LivePort } from "../platform/live/live-port.js";
import { startProjector } from "../platform/projector/projector.js";
import type { Deployment, Running } from "./deployment.js";
import { guardNode } from "./node-guard.js";
import { readTables, views } from "./projections.js";
import type { WriteSide } from "./write-side.js";

/** Folds the log of one node. Any number may run on a node; one is enough. @throws Error where its copy cannot be used */
export async function startProjectorProcess(
  deployment: Deployment, { alerts }: Pick<WriteSide, "alerts">, live: LivePort, node: Deployment["nodes"][number],
): Promise<Running> {
  const { logger, registry } = deployment;
  const guard = await guardNode({ deployment, node, alerts });
  const projector = await startProjector({ node, projections: readTables, views, alerts, live, logger, metrics: registry });
  return {
    async stop() {
      await guard.stop();
      await projector.stop();
    },
  };
}
