import type { Stripe } from "stripe";
import { singleHeader, type WebhookHeaders } from "../../platform/http-client/webhook-source.js";

/** Seconds that a signature's time may be away from now, either way. */
export const stripeToleranceSeconds = 300;

/**
 * Checks a webhook by the package's own means, which look at its age only backwards: what is dated ahead is refused here.
 * @param secrets all that are valid now; two while one is being rotated
 * @returns null where the signature is wrong or too old, or the body has no event id
 */
export function verifyStripeWebhook(
  { webhooks }: Pick<Stripe, "webhooks">, rawBody: string, headers: WebhookHeaders, secrets: readonly string[], nowMs: number,
): { readonly eventId: string } | null {
  const header = singleHeader(headers, "stripe-signature");
  if (header === null || isAhead(header, nowMs)) return null;
  for (const secret of secrets) {
    try {
      const event: { readonly id?: unknown } = webhooks.constructEvent(rawBody, header, secret, stripeToleranceSeconds, undefined, nowMs);
      return typeof event.id === "string" && event.id !== "" ? { eventId: event.id } : null;
    } catch {
      // Another secret may fit.
    }
  }
  return null;
}

function isAhead(header: string, nowMs: number): boolean {
  return [...header.matchAll(/(?:^|,)t=([^,]*)/g)].some(([, seconds]) => !(Number(seconds) <= nowMs / 1_000 + stripeToleranceSeconds));
}
