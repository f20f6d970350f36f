import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { parseJson } from "../../platform/http-client/json-answer.js";
import { singleHeader, type WebhookHeaders } from "../../platform/http-client/webhook-source.js";

const anyEvent = z.object({ id: z.string().min(1).max(255) });

/** The key in a secret. @throws RangeError for an empty one, with which anybody could sign */
export function easyPostKey(secret: string): Buffer {
  if (secret === "") throw new RangeError("a webhook secret of EasyPost's must not be empty");
  return Buffer.from(secret.normalize("NFKD"), "utf8");
}

/**
 * Checks a webhook by EasyPost's `X-Hmac-Signature`: HMAC-SHA256 over the raw body. It signs no time, so age is not
 * looked at; a repeated event is known by its id.
 * @param keys from `easyPostKey`; two while one is being rotated
 * @returns null where the signature is wrong or the body has no event id
 */
export function verifyEasyPostWebhook(rawBody: string, headers: WebhookHeaders, keys: readonly Buffer[]): { readonly eventId: string } | null {
  const digest = /^hmac-sha256-hex=([0-9a-f]{64})$/i.exec(singleHeader(headers, "x-hmac-signature") ?? "")?.[1];
  if (digest === undefined) return null;
  const given = Buffer.from(digest, "hex");
  if (!keys.some((key) => timingSafeEqual(createHmac("sha256", key).update(rawBody).digest(), given))) return null;
  const parsed = anyEvent.safeParse(parseJson(rawBody));
  return parsed.success ? { eventId: parsed.data.id } : null;
}
