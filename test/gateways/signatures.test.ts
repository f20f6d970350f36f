import { describe, expect, it } from "@jest/globals";
import { Webhook } from "standardwebhooks";
import { verifyStandardWebhook, webhookKey } from "../../src/gateways/couriers/standard-webhook-signature.js";
import { isStripeSignature, stripeSignature } from "../../src/gateways/payments/stripe-signature.js";

const nowMs = Date.now();
const nowSeconds = Math.floor(nowMs / 1_000);
const body = '{"id":"evt_1"}';

describe("Stripe's signature", () => {
  const secrets = ["whsec_new", "whsec_old"];
  const by = (secret: string, atSeconds = nowSeconds): string => stripeSignature(secret, body, atSeconds);

  it("accepts each of two secrets while one is rotated, and both signatures in one header", () => {
    expect(isStripeSignature(by("whsec_new"), body, secrets, nowMs)).toBe(true);
    expect(isStripeSignature(by("whsec_old"), body, secrets, nowMs)).toBe(true);
    expect(isStripeSignature(`${by("whsec_other")},${by("whsec_new").split(",")[1]!}`, body, secrets, nowMs)).toBe(true);
  });
  it("agrees with the vector computed by hand", () => {
    // printf '1700000000.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_new
    expect(stripeSignature("whsec_new", body, 1_700_000_000)).toBe("t=1700000000,v1=f3ac0c93c23f69e2e6046d7f0e2c82c93d0403de0f8651457189ab70fbbfcaae");
  });
  it("refuses another body, another secret, no secret, a changed time", () => {
    expect(isStripeSignature(by("whsec_new"), `${body} `, secrets, nowMs)).toBe(false);
    expect(isStripeSignature(by("whsec_other"), body, secrets, nowMs)).toBe(false);
    expect(isStripeSignature(by("whsec_new"), body, [], nowMs)).toBe(false);
    expect(isStripeSignature(by("whsec_new").replace(`t=${nowSeconds}`, `t=${nowSeconds - 1}`), body, secrets, nowMs)).toBe(false);
  });
  it("refuses what is older or younger than the tolerance", () => {
    expect(isStripeSignature(by("whsec_new", nowSeconds - 299), body, secrets, nowMs)).toBe(true);
    expect(isStripeSignature(by("whsec_new", nowSeconds - 301), body, secrets, nowMs)).toBe(false);
    expect(isStripeSignature(by("whsec_new", nowSeconds + 302), body, secrets, nowMs)).toBe(false);
  });
  it.each(["", "t=", "v1=", `t=${nowSeconds}`, `t=${nowSeconds},v1=`, `t=${nowSeconds},v1=zz`, `t=${nowSeconds},v0=00`, "t=NaN,v1=00"])(
    "refuses the malformed header %j", (header) => {
      expect(isStripeSignature(header, body, secrets, nowMs)).toBe(false);
    });
});

describe("the Standard Webhooks signature", () => {
  const secrets = [Buffer.from("a new secret of some length").toString("base64"), `whsec_${Buffer.from("an old secret of some length").toString("base64")}`];
  const keys = secrets.map(webhookKey);
  const headers = (secret: string, atSeconds = nowSeconds, id = "msg_1"): Record<string, string> => ({
    "webhook-id": id, "webhook-timestamp": String(atSeconds), "webhook-signature": new Webhook(secret).sign(id, new Date(atSeconds * 1_000), body),
  });

  it("accepts what the specification's own package signed, with either secret", () => {
    for (const secret of secrets) expect(verifyStandardWebhook(body, headers(secret), keys, nowMs)).toBe("msg_1");
  });
  it("accepts one right signature among several", () => {
    const right = headers(secrets[0]!);
    expect(verifyStandardWebhook(body, { ...right, "webhook-signature": `v1a,x v1,AAAA ${right["webhook-signature"]!}` }, keys, nowMs)).toBe("msg_1");
  });
  it("refuses another body, id or secret", () => {
    const right = headers(secrets[0]!);
    expect(verifyStandardWebhook(`${body} `, right, keys, nowMs)).toBeNull();
    expect(verifyStandardWebhook(body, { ...right, "webhook-id": "msg_2" }, keys, nowMs)).toBeNull();
    expect(verifyStandardWebhook(body, headers(Buffer.from("somebody else's").toString("base64")), keys, nowMs)).toBeNull();
  });
  it("refuses what is too old, from the future, or not signed", () => {
    expect(verifyStandardWebhook(body, headers(secrets[0]!, nowSeconds - 301), keys, nowMs)).toBeNull();
    expect(verifyStandardWebhook(body, headers(secrets[0]!, nowSeconds + 302), keys, nowMs)).toBeNull();
    expect(verifyStandardWebhook(body, {}, keys, nowMs)).toBeNull();
    expect(verifyStandardWebhook(body, { ...headers(secrets[0]!), "webhook-id": ["msg_1", "msg_1"] }, keys, nowMs)).toBeNull();
  });
  it("does not start with an empty secret", () => {
    expect(() => webhookKey("whsec_")).toThrow(RangeError);
  });
});
