import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { WebhookSource } from "../platform/http-client/webhook-source.js";
import type { WebhookInbox } from "../platform/webhooks/inbox.js";

/**
 * `POST /webhooks/payments` and `/webhooks/couriers/<id>`: the signature is made over the raw body, so nothing parses it here.
 * 200 once it is kept, also for a repetition; 401 for a wrong or old signature; 404 for somebody whom the settings do not name;
 * 503 where it could not be kept.
 */
export function webhookRoutes(inbox: WebhookInbox, payments: WebhookSource, couriers: readonly (WebhookSource & { readonly id: string })[]): (app: FastifyInstance) => void {
  const courierOf = new Map(couriers.map((courier) => [courier.id, courier]));
  return (app) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => { done(null, body); });
    const receive = async (source: WebhookSource, { body, headers }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      const receipt = await inbox.receive(source, typeof body === "string" ? body : "", headers, Date.now());
      if (receipt === "refused") return reply.code(401).send({ error: "The signature is wrong or too old." });
      return reply.code(200).send({ received: true });
    };
    app.post("/webhooks/payments", (request, reply) => receive(payments, request, reply));
    app.post<{ Params: { id: string } }>("/webhooks/couriers/:id", async (request, reply) => {
      const courier = courierOf.get(request.params.id);
      if (!courier) return reply.code(404).send({ error: "There is no such courier here." });
      return receive(courier, request, reply);
    });
  };
}
