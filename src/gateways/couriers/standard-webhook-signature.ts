import { createHmac, timingSafeEqual } from "node:crypto";
import { singleHeader, type WebhookHeaders } from "../../platform/http-client/webhook-source.js";

/** Seconds that a webhook's time may be away from now, either way. */
export const standardWebhookToleranceSeconds = 300;

/** More signatures than that are not looked at: nobody makes us compare without end. */
const signaturesMax = 10;

/**
 * Checks a webhook by the Standard Webhooks specification: HMAC-SHA256 of `<id>.<timestamp>.<body>`, base64.
 * The package of that name reads the machine's clock itself and hashes in JavaScript; here the time comes in,
 * and Node hashes. The tests hold the two together.
 * @param keys from `webhookKey`; two while one is being rotated
 * @returns the message's id, null where the signature is wrong or its time too far away
 */
export function verifyStandardWebhook(rawBody: string, headers: WebhookHeaders, keys: readonly Buffer[], nowMs: number): string | null {
  const id = singleHeader(headers, "webhook-id");
  const time = singleHeader(headers, "webhook-timestamp");
  const given = singleHeader(headers, "webhook-signature");
  if (!id || !time || !given) return null;
  if (!/^\d{1,12}$/.test(time) || Math.abs(nowMs / 1_000 - Number(time)) > standardWebhookToleranceSeconds) return null;
  const signatures = given.split(" ").slice(0, signaturesMax)
    .filter((part) => part.startsWith("v1,"))
    .map((part) => Buffer.from(part.slice(3), "base64"));
  const matches = keys.some((key) => {
    const expected = createHmac("sha256", key).update(`${id}.${time}.${rawBody}`).digest();
    return signatures.some((signature) => signature.length === expected.length && timingSafeEqual(signature, expected));
  });
  return matches ? id : null;
}

/** The key in a secret: base64, with or without `whsec_` before it. @throws RangeError where it holds nothing */
export function webhookKey(secret: string): Buffer {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  if (key.length === 0) throw new RangeError("a webhook secret must be base64, with or without whsec_ before it");
  return key;
}
