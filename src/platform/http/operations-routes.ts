import type { FastifyInstance } from "fastify";
import type { Registry } from "prom-client";
import type { Readiness } from "../health/health.js";

export interface OperationsParts {
  readonly registry: Registry;
  readonly readiness: () => Promise<Readiness>;
  readonly draining: () => boolean;
}

/** What orchestrators and monitoring ask: is the process there, should it get requests, how does it do. */
export function operationsRoutes(app: FastifyInstance, { registry, readiness, draining }: OperationsParts): void {
  app.get("/livez", (_request, reply) => reply.header("cache-control", "no-store").send({ ok: true }));

  app.get("/readyz", async (_request, reply) => {
    const { ok, parts } = await readiness();
    const all = draining() ? [...parts, { name: "drain", ok: false, essential: true, detail: "this process is about to stop" }] : parts;
    const ready = ok && !draining();
    return reply.code(ready ? 200 : 503).header("cache-control", "no-store").send({ ok: ready, parts: all });
  });

  app.get("/metrics", async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()));
}
