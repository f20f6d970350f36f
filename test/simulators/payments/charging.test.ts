import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { StripeGround, webhookSecret } from "./stripe-ground.js";

let ground: StripeGround;
beforeEach(async () => { ground = await StripeGround.open(); });
afterEach(async () => { await ground.close(); });

const ofOrder = { metadata: { order_id: "order-1", payment_id: "pay-1" } };

describe("a charge", () => {
  it("takes the money, keeps its fee, tells by webhook, and can be asked for", async () => {
    const stripe = ground.stripe();
    const made = await ground.charge(ofOrder);
    expect(made).toMatchObject({ status: "succeeded", amount: 1_999, amount_received: 1_999, amount_capturable: 0, currency: "eur", metadata: ofOrder.metadata, last_payment_error: null });
    const asked = await stripe.paymentIntents.retrieve(made.id, { expand: ["latest_charge.balance_transaction"] });
    // 1.4 % of 1,999 is 27.986, and 25 besides.
    expect(asked.latest_charge).toMatchObject({ captured: true, paid: true, amount_captured: 1_999, amount_refunded: 0, balance_transaction: { amount: 1_999, fee: 53, net: 1_946 } });
    expect(await ground.told(1)).toEqual(["payment_intent.succeeded"]);
    expect(ground.events()[0]?.data.object).toMatchObject({ id: made.id, amount_received: 1_999, metadata: ofOrder.metadata });
    expect(ground.simulator.ledger()).toMatchObject({ charges: 1, chargedMinor: { EUR: 1_999 }, feesMinor: { EUR: 53 }, cashMinor: { EUR: 1_946 }, ordersChargedTwice: [] });
  });

  it("tells by webhooks that Stripe's own check accepts, and nothing that was altered or is old", async () => {
    await ground.charge();
    await ground.told(1);
    const { webhooks } = ground.stripe();
    const { body, headers } = ground.receiver.received[0]!;
    const signature = String(headers["stripe-signature"]);
    expect(webhooks.constructEvent(body, signature, webhookSecret, 300)).toMatchObject({ type: "payment_intent.succeeded" });
    expect(() => webhooks.constructEvent(body.replace("1999", "1998"), signature, webhookSecret, 300)).toThrow();
    expect(() => webhooks.constructEvent(body, signature, webhookSecret, 300, undefined, Date.now() + 400_000)).toThrow();
    expect(() => webhooks.constructEvent(body, signature, "whsec_other", 300)).toThrow();
  });

  it("is signed with every secret that is valid", async () => {
    ground.simulator.setWebhookSecrets(["whsec_new", webhookSecret]);
    await ground.charge();
    await ground.told(1);
    const { body, headers } = ground.receiver.received[0]!;
    const { webhooks } = ground.stripe();
    for (const secret of ["whsec_new", webhookSecret]) expect(webhooks.constructEvent(body, String(headers["stripe-signature"]), secret)).toBeTruthy();
  });

  it.each([
    ["pm_card_chargeDeclined", "card_declined", "generic_decline"],
    ["pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"],
    ["pm_card_visa_chargeDeclinedFraudulent", "card_declined", "fraudulent"],
    ["pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"],
    ["pm_card_chargeDeclinedExpiredCard", "expired_card", undefined],
    ["pm_card_authenticationRequired", "authentication_required", "authentication_required"],
  ])("with %s is declined, kept, and told", async (paymentMethod, code, declineCode) => {
    await expect(ground.charge({ payment_method: paymentMethod })).rejects.toMatchObject({
      type: "StripeCardError", statusCode: 402, code, ...(declineCode !== undefined && { decline_code: declineCode }),
      payment_intent: { status: "requires_payment_method", amount_received: 0, payment_method: null, last_payment_error: { code } },
    });
    expect(await ground.told(1)).toEqual(["payment_intent.payment_failed"]);
    expect(ground.simulator.ledger()).toMatchObject({ charges: 0, chargedMinor: {}, declined: 1, cashMinor: {} });
  });

  it("can be tried again with another card, and both attempts remain known", async () => {
    const stripe = ground.stripe();
    const failed = await ground.charge({ ...ofOrder, payment_method: "pm_card_chargeDeclined" }).catch((error: unknown) => (error as { payment_intent: { id: string; latest_charge: string } }).payment_intent);
    const again = await stripe.paymentIntents.confirm(failed.id, { payment_method: "pm_card_visa" });
    expect(again).toMatchObject({ status: "succeeded", last_payment_error: null, amount_received: 1_999 });
    expect(await stripe.charges.retrieve(failed.latest_charge as string)).toMatchObject({ status: "failed", failure_code: "card_declined" });
    expect(await stripe.charges.retrieve(again.latest_charge as string)).toMatchObject({ status: "succeeded", captured: true });
    await expect(stripe.paymentIntents.confirm(failed.id, { payment_method: "pm_card_visa" })).rejects.toMatchObject({ code: "payment_intent_unexpected_state" });
    expect(ground.simulator.ledger()).toMatchObject({ charges: 1, declined: 1, ordersChargedTwice: [] });
  });

  it("waits for the buyer where nobody said that nobody is there", async () => {
    const stripe = ground.stripe();
    const waiting = await stripe.paymentIntents.create({ amount: 100, currency: "eur", confirm: true, payment_method: "pm_card_authenticationRequired", allowed_payment_method_types: ["card"] });
    expect(waiting).toMatchObject({ status: "requires_action", latest_charge: null, next_action: { type: "use_stripe_sdk" } });
    expect(await stripe.paymentIntents.cancel(waiting.id)).toMatchObject({ status: "canceled" });
    expect(ground.simulator.ledger()).toMatchObject({ charges: 0, heldMinor: {}, releasedMinor: {} });
  });

  it("of one order by two payments is found", async () => {
    await ground.charge(ofOrder);
    expect(ground.simulator.ledger().ordersChargedTwice).toEqual([]);
    await ground.charge(ofOrder);
    expect(ground.simulator.ledger()).toMatchObject({ charges: 2, ordersChargedTwice: ["order-1"] });
  });
});

describe("what Stripe would refuse", () => {
  const good = { amount: "100", currency: "eur", confirm: "true", payment_method: "pm_card_visa", "payment_method_types[0]": "card" };

  it.each([
    ["no amount", { amount: "" }, "amount"],
    ["half a cent", { amount: "1.5" }, "amount"],
    ["nothing", { amount: "0" }, "amount"],
    ["too much", { amount: "100000000" }, "amount"],
    ["a tenth of a fils that no bank moves", { currency: "kwd", amount: "1001" }, "amount"],
    ["a hundredth of a krona", { currency: "isk", amount: "150" }, "amount"],
    ["no currency", { currency: "euro" }, "currency"],
    ["no payment method", { payment_method: "card" }, "payment_method"],
    ["another way to capture", { capture_method: "later" }, "capture_method"],
    ["what it does not know", { captured: "true" }, "captured"],
    ["an expansion that there is not", { "expand[0]": "customers" }, "expand"],
    ["a key too long", { [`metadata[${"k".repeat(41)}]`]: "v" }, "metadata"],
    ["a value too long", { "metadata[k]": "v".repeat(501) }, "metadata"],
  ])("%s", async (_what, change, param) => {
    const { status, body } = await ground.call("/v1/payment_intents", { ...good, ...change });
    expect({ status, body }).toMatchObject({ status: 400, body: { error: { type: "invalid_request_error", param } } });
    expect(ground.simulator.ledger()).toMatchObject({ charges: 0, declined: 0 });
  });

  it("a card's number, without repeating it", async () => {
    const { status, body } = await ground.call("/v1/payment_intents", { ...good, payment_method: "4242424242424242" });
    expect(status).toBe(400);
    expect(JSON.stringify(body)).not.toContain("4242");
  });

  it("methods that could send the buyer away, unless that is ruled out", async () => {
    const { "payment_method_types[0]": _types, ...open } = good;
    expect((await ground.call("/v1/payment_intents", open)).body).toMatchObject({ error: { param: "return_url" } });
    const closed = { ...open, "automatic_payment_methods[enabled]": "true", "automatic_payment_methods[allow_redirects]": "never" };
    expect((await ground.call("/v1/payment_intents", closed)).body).toMatchObject({ status: "succeeded", automatic_payment_methods: { enabled: true } });
    expect((await ground.call("/v1/payment_intents", { ...closed, ...good })).status).toBe(400);
  });

  it("a wrong key, an unknown address, an unknown payment", async () => {
    await expect(ground.charge({}, undefined, ground.stripe({ key: "sk_wrong" }))).rejects.toMatchObject({ type: "StripeAuthenticationError", statusCode: 401 });
    expect((await ground.call("/v1/customers")).status).toBe(404);
    await expect(ground.stripe().paymentIntents.retrieve("pi_unknown")).rejects.toMatchObject({ statusCode: 404, code: "resource_missing" });
    await expect(ground.stripe().charges.retrieve("ch_unknown")).rejects.toMatchObject({ statusCode: 404, code: "resource_missing" });
  });
});
