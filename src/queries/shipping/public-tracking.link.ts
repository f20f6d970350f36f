import { createHmac, createSecretKey, hkdfSync, timingSafeEqual, type KeyObject } from "node:crypto";
import type { Settings } from "../../platform/config/config.js";
import { onceFor } from "../../platform/config/once-for.js";
import { defineId } from "../../platform/graphql/opaque-id.js";

export type LinkSettings = Pick<Settings, "TRACKING_LINK_SECRET" | "JWT_SECRET">;

/** An order's id is 16 bytes. With 20 of its signature that is 48 characters exactly: no token can be written in two ways. */
const idBytes = 16;
const macBytes = 20;
const keyBytes = 32;
/** Says what the key is for: the same secret may check sign-ins, and neither opens the other. */
const purpose = "millrace tracking link 1";

const trackingTokens = defineId("track", (raw) => /^[\w-]{48}$/.test(raw));

/** The first makes tokens; all open them. */
const keysOf = onceFor(({ TRACKING_LINK_SECRET, JWT_SECRET }: LinkSettings): readonly KeyObject[] => {
  const secrets = TRACKING_LINK_SECRET ?? (JWT_SECRET === undefined ? [] : [JWT_SECRET]);
  return secrets.map((secret) => createSecretKey(Buffer.from(hkdfSync("sha256", secret, "", purpose, keyBytes))));
});

/** What opens an order's public tracking to whoever has it: `track_…`. The same at every time, so that it need not be kept. */
export function trackingTokenOf(settings: LinkSettings, orderId: string): string {
  const [key] = keysOf(settings);
  if (!key) throw new Error("There is no secret to make tracking links with: set TRACKING_LINK_SECRET.");
  const id = Buffer.from(orderId.replaceAll("-", ""), "hex");
  return trackingTokens.encode(Buffer.concat([id, macOf(key, id)]).toString("base64url"));
}

/** The order that a token opens; null for whatever we did not make. Takes as long for a token that is nearly right. */
export function orderOfToken(settings: LinkSettings, token: string): string | null {
  const raw = trackingTokens.decode(token);
  if (raw === null) return null;
  const bytes = Buffer.from(raw, "base64url");
  const [id, mac] = [bytes.subarray(0, idBytes), bytes.subarray(idBytes)];
  const isOurs = keysOf(settings).map((key) => timingSafeEqual(macOf(key, id), mac)).includes(true);
  return isOurs ? id.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5") : null;
}

function macOf(key: KeyObject, id: Buffer): Buffer {
  return createHmac("sha256", key).update(id).digest().subarray(0, macBytes);
}
