import { describe, expect, it } from "@jest/globals";
import { createHmac } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { verifyStandardWebhook, webhookKey } from "../../src/gateways/couriers/standard-webhook-signature.js";
import { StripePayments } from "../../src/gateways/payments/stripe-payments.js";

const nowMs = Date.now();
const nowSeconds = Math.floor(nowMs / 1_000);
const body = '{"id":"evt_1"}';

describe("Stripe's signature", () => {
  const secrets = ["whsec_new", "whsec_old"];
  // Made here by hand, apart from the package that checks it.
  const by = (secret: string, atSeconds = nowSeconds): string =>
    `t=${atSeconds},v1=${createHmac("sha256", secret).update(`${atSeconds}.${body}`).digest("hex")}`;
  const verified = (header: string | string[], payload = body, valid: readonly string[] = secrets, atMs = nowMs): string | null => {
    const stripe = new StripePayments({ baseUrl: "http://127.0.0.1:9", apiKey: "sk_test_1", webhookSecrets: valid });
    stripe.close();
    return stripe.verify(payload, { "stripe-signature": header }, atMs)?.eventId ?? null;
  };

  it("accepts each of two secrets while one is rotated, and both signatures in one header", () => {
    expect(verified(by("whsec_new"))).toBe("evt_1");
    expect(verified(by("whsec_old"))).toBe("evt_1");
    expect(verified(`${by("whsec_other")},${by("whsec_new").split(",")[1]!}`)).toBe("evt_1");
  });
  it("agrees with the vector computed by hand", () => {
    // printf '1700000000.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_new
    const header = "t=1700000000,v1=f3ac0c93c23f69e2e6046d7f0e2c82c93d0403de0f8651457189ab70fbbfcaae";
    expect(verified(header, body, secrets, 1_700_000_000_000)).toBe("evt_1");
    expect(verified(header.replace(/e$/, "f"), body, secrets, 1_700_000_000_000)).toBeNull();
  });
  it("refuses another body, another secret, no secret, an empty one, a changed time, a repeated header", () => {
    expect(verified(by("whsec_new"), `${body} `)).toBeNull();
    expect(verified(by("whsec_other"))).toBeNull();
    expect(verified(by("whsec_new"), body, [])).toBeNull();
    expect(verified(by(""), body, [""])).toBeNull();
    expect(verified(by("whsec_new").replace(`t=${nowSeconds}`, `t=${nowSeconds - 1}`))).toBeNull();
    expect(verified([by("whsec_new"), by("whsec_new")])).toBeNull();
  });
  it("refuses what is older or younger than the tolerance", () => {
    expect(verified(by("whsec_new", nowSeconds - 299))).toBe("evt_1");
    expect(verified(by("whsec_new", nowSeconds - 301))).toBeNull();
    expect(verified(by("whsec_new", nowSeconds + 302))).toBeNull();
  });
  it("refuses a signed body that is no event", () => {
    const signed = (text: string): string => `t=${nowSeconds},v1=${createHmac("sha256", "whsec_new").update(`${nowSeconds}.${text}`).digest("hex")}`;
    for (const text of ["{}", "[]", "null", "no JSON", '{"id":7}', '{"id":""}']) expect(verified(signed(text), text)).toBeNull();
  });
  it.each(["", "t=", "v1=", `t=${nowSeconds}`, `t=${nowSeconds},v1=`, `t=${nowSeconds},v1=zz`, `t=${nowSeconds},v0=00`, "t=NaN,v1=00"])(
    "refuses the malformed header %j", (header) => {
      expect(verified(header)).toBeNull();
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
