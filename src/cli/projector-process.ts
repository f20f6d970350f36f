import type { LivePort } from "../platform/live/live-port.js";
import { startProjector } from "../platform/projector/projector.js";
import type { Deployment, Running } from "./deployment.js";
import { readTables, views } from "./projections.js";
import type { WriteSide } from "./write-side.js";

/** Folds the log of one node. Any number may run on a node; one is enough. */
export async function startProjectorProcess(
  { logger, registry }: Deployment, { alerts }: Pick<WriteSide, "alerts">, live: LivePort, node: Deployment["nodes"][number],
): Promise<Running> {
  return startProjector({ node, projections: readTables, views, alerts, live, logger, metrics: registry });
}
