import { fastify } from "fastify";
import { createReadiness } from "../platform/health/health.js";
import { ListenError } from "../platform/http/listen-error.js";
import { operationsRoutes } from "../platform/http/operations-routes.js";
import type { Deployment, Running } from "./deployment.js";
import type { WriteSide } from "./write-side.js";

/** `/livez`, `/readyz` and `/metrics` of a process that serves nothing else, at OPERATIONS_PORT. @throws ListenError */
export async function startOperationsServer({ settings, registry, logger }: Deployment, { pool }: WriteSide): Promise<Running> {
  const { HOST: host, OPERATIONS_PORT: port } = settings;
  const app = fastify({ logger: false });
  let stopping = false;
  operationsRoutes(app, {
    registry,
    readiness: createReadiness([{ name: "primary", check: async () => { await pool.query("SELECT 1"); return "answers"; } }]),
    draining: () => stopping,
  });
  const url = await app.listen({ host, port }).catch((error: unknown) => { throw new ListenError(host, port, error, "OPERATIONS_PORT"); });
  logger.info({ url }, "health and metrics");
  return {
    async stop() {
      stopping = true;
      await app.close();
    },
  };
}
