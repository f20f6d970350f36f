import { describe, expect, it } from "@jest/globals";
import { Registry } from "prom-client";
import { paymentPartyOf, realPaymentParty, simulatedPaymentParty } from "../../src/cli/payment-party.js";
import { guarded } from "../../src/gateways/payments/guarded-payments.js";
import type { PaymentProvider } from "../../src/gateways/payments/payment-port.js";
import { StripePayments } from "../../src/gateways/payments/stripe-payments.js";
import { readSettings } from "../../src/platform/config/config.js";
import { createLogger } from "../../src/platform/log/logger.js";
import { Outside } from "../../src/platform/outside/outside.js";

const account = { PAYMENT_API_KEY: "sk_live_1", PAYMENT_WEBHOOK_SECRET: "whsec_new, whsec_old" };

describe("who takes the money", () => {
  it("is Stripe with two settings, and charges nothing there that no buyer handed in", () => {
    expect(realPaymentParty(readSettings(account))).toEqual({
      baseUrl: "https://api.stripe.com", apiKey: "sk_live_1", webhookSecrets: ["whsec_new", "whsec_old"], paymentMethodDefault: undefined,
    });
    expect(paymentPartyOf(readSettings({ ...account, PAYMENT_METHOD_DEFAULT: "pm_card_visa" }))).toMatchObject({ paymentMethodDefault: "pm_card_visa" });
  });
  it("is whoever speaks its API elsewhere, paid with a test card", () => {
    expect(paymentPartyOf(readSettings({ ...account, PAYMENT_API_URL: "http://127.0.0.1:9/" }))).toMatchObject({ baseUrl: "http://127.0.0.1:9", paymentMethodDefault: "pm_card_visa" });
  });
  it("is a simulator without a key; a key alone is a mistake", () => {
    expect(realPaymentParty(readSettings({}))).toBeNull();
    expect(simulatedPaymentParty("http://127.0.0.1:9", "k", "s", readSettings({}))).toMatchObject({ webhookSecrets: ["s"], paymentMethodDefault: "pm_card_visa" });
    expect(() => realPaymentParty(readSettings({ PAYMENT_API_KEY: "sk_live_1" }))).toThrow("PAYMENT_WEBHOOK_SECRET");
  });
});

describe("a guarded provider", () => {
  it("lets no call out while its way is closed, and still reads webhooks", async () => {
    const outside = new Outside({ party: "stripe", registry: new Registry(), logger: createLogger("silent"), callsMax: 1, callsPerSecond: 0, breaker: { slowMs: 1_000 } });
    const provider = guarded(new StripePayments({ baseUrl: "http://127.0.0.1:9", apiKey: "k", webhookSecrets: [] }), outside);
    outside.hold();
    const asked = {} as never;
    const calls: readonly ((of: PaymentProvider) => Promise<unknown>)[] = [
      (of) => of.authorize(asked), (of) => of.capture(asked), (of) => of.void(asked), (of) => of.refund(asked), (of) => of.retrieve("pi_1"), (of) => of.find("p"), (of) => of.list(asked),
    ];
    for (const call of calls) await expect(call(provider)).rejects.toMatchObject({ name: "GatewayError", heldBack: true, inDoubt: false });
    expect([provider.name, provider.provider, provider.keyKeptSeconds]).toEqual(["stripe", "stripe", 86_400]);
    expect(provider.verify("{}", {}, Date.now())).toBeNull();
    expect(provider.parseWebhook("{}", {}, Date.now())).toBeNull();
    provider.close();
  });
});
