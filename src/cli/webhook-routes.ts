import type { FastifyInstance } from "fastify";
import type { WebhookSource } from "../platform/http-client/webhook-source.js";
import type { WebhookInbox } from "../platform/webhooks/inbox.js";

/**
 * `POST /webhooks/payments` and `/webhooks/courier`: the signature is made over the raw body, so nothing parses it here.
 * 200 once it is kept, also for a repetition; 401 for a wrong or old signature; 503 where it could not be kept.
 */
export function webhookRoutes(inbox: WebhookInbox, sources: Readonly<Record<string, WebhookSource>>): (app: FastifyInstance) => void {
  return (app) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => { done(null, body); });
    for (const [path, source] of Object.entries(sources)) {
      app.post(`/webhooks/${path}`, async (request, reply) => {
        const body = typeof request.body === "string" ? request.body : "";
        const receipt = await inbox.receive(source, body, request.headers, Date.now());
        if (receipt === "refused") return reply.code(401).send({ error: "The signature is wrong or too old." });
        return reply.code(200).send({ received: true });
      });
    }
  };
}
