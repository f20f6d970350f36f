import { createHmac, timingSafeEqual } from "node:crypto";

/** Seconds that a signature's time may be away from now, either way. */
export const stripeToleranceSeconds = 300;

/** More signatures than that are not looked at: nobody makes us hash without end. */
const signaturesMax = 10;

/** The value of `Stripe-Signature` for a body sent at that time (seconds since 1970). */
export function stripeSignature(secret: string, body: string, atSeconds: number): string {
  return `t=${atSeconds},v1=${digest(secret, body, String(atSeconds)).toString("hex")}`;
}

/**
 * Stripe's webhook signature: HMAC-SHA256 of `<t>.<body>`, `t` within the tolerance.
 * @param secrets all that are valid now; two while one is being rotated
 */
export function isStripeSignature(header: string, body: string, secrets: readonly string[], nowMs: number): boolean {
  const pairs = header.split(",").map((part) => part.trim().split("=", 2));
  const time = pairs.find(([name]) => name === "t")?.[1] ?? "";
  if (!/^\d{1,12}$/.test(time) || Math.abs(nowMs / 1_000 - Number(time)) > stripeToleranceSeconds) return false;
  const given = pairs.filter(([name]) => name === "v1").slice(0, signaturesMax).map(([, value]) => Buffer.from(value ?? "", "hex"));
  return secrets.some((secret) => {
    const expected = digest(secret, body, time);
    return given.some((signature) => signature.length === expected.length && timingSafeEqual(signature, expected));
  });
}

function digest(secret: string, body: string, time: string): Buffer {
  return createHmac("sha256", secret).update(`${time}.${body}`).digest();
}
