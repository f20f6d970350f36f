import { setPriority } from "node:os";
import { ConfigurationError, type Settings } from "../platform/config/config.js";
import type { Logger } from "../platform/log/logger.js";
import { createMetrics } from "../platform/metrics/metrics.js";
import { startApiProcess } from "./api-process.js";
import { serverDeployment, type Deployment, type Running } from "./deployment.js";
import { openLive } from "./live.js";
import { startOperationsServer } from "./operations-server.js";
import { startProjectorProcess } from "./projector-process.js";
import { schema } from "./schema-of-all.js";
import { stopAll, untilSignal } from "./shutdown.js";
import { startWorker } from "./worker-process.js";
import { createWriteSide, type WriteSide } from "./write-side.js";

export type ProcessName = "api" | "worker" | "projector";

/** One process of server mode, until a signal comes. @throws ConfigurationError, ListenError, and the driver's error where a server that the start needs is away */
export async function runProcess(name: ProcessName, { settings, logger }: { settings: Settings; logger: Logger }, onlyNode?: string): Promise<void> {
  // Orders first, also on a machine that they share.
  if (name !== "api") setPriority(settings.BACKGROUND_NICE);
  const deployment = serverDeployment(settings, logger.child({ process: name }), createMetrics({ process: name }));
  const parts: Running[] = [];
  try {
    const live = openLive(deployment);
    parts.push({ stop: () => live.close() });
    const write = createWriteSide(deployment, name);
    parts.push(write);
    await startPart(name, deployment, write, live, parts, onlyNode);
  } catch (error) {
    await stopAll(parts, logger);
    throw error;
  }
  logger.info({ process: name }, "running");
  await untilSignal(parts, logger, settings.DRAIN_TIMEOUT_MS + 5_000);
}

async function startPart(
  name: ProcessName, deployment: Deployment, write: WriteSide, live: ReturnType<typeof openLive>, parts: Running[], onlyNode: string | undefined,
): Promise<void> {
  const { nodes, logger } = deployment;
  switch (name) {
    case "api": {
      const process = await startApiProcess(deployment, write, live, schema());
      parts.push(process);
      logger.info({ url: process.api.url }, "serving");
      return;
    }
    case "worker":
      parts.push(await startOperationsServer(deployment, write));
      parts.push(await startWorker(deployment, write, { yields: deployment.settings.BACKGROUND_NICE > 0 }));
      return;
    case "projector": {
      const chosen = nodes.filter(({ name: node }) => onlyNode === undefined || node === onlyNode);
      if (chosen.length === 0) throw new ConfigurationError([`--node: there is no read node ${String(onlyNode)}; there are: ${nodes.map(({ name: node }) => node).join(", ")}`]);
      parts.push(await startOperationsServer(deployment, write));
      for (const node of chosen) parts.push(await startProjectorProcess(deployment, write, live, node));
    }
  }
}
