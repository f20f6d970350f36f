import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { StripeGround } from "./stripe-ground.js";

let ground: StripeGround;
beforeEach(async () => { ground = await StripeGround.open(); });
afterEach(async () => { await ground.close(); });

describe("money that is held", () => {
  it("is captured later, whole", async () => {
    const held = await ground.hold();
    expect(held).toMatchObject({ status: "requires_capture", amount_capturable: 1_999, amount_received: 0 });
    expect(await ground.told(1)).toEqual(["payment_intent.amount_capturable_updated"]);
    expect(ground.simulator.ledger()).toMatchObject({ charges: 0, heldMinor: { EUR: 1_999 }, cashMinor: {} });
    const taken = await ground.stripe().paymentIntents.capture(held.id, { expand: ["latest_charge.balance_transaction"] });
    expect(taken).toMatchObject({ status: "succeeded", amount_capturable: 0, amount_received: 1_999, latest_charge: { captured: true, amount_refunded: 0, balance_transaction: { fee: 53 } } });
    expect(await ground.told(2)).toEqual(["payment_intent.amount_capturable_updated", "payment_intent.succeeded"]);
    expect(ground.simulator.ledger()).toMatchObject({ charges: 1, chargedMinor: { EUR: 1_999 }, heldMinor: { EUR: 0 }, releasedMinor: {}, cashMinor: { EUR: 1_946 } });
  });

  it("is captured in part, and the rest let go, which Stripe counts as refunded", async () => {
    const { id } = await ground.hold();
    const taken = await ground.stripe().paymentIntents.capture(id, { amount_to_capture: 1_000, expand: ["latest_charge"] });
    expect(taken).toMatchObject({ amount: 1_999, amount_received: 1_000, latest_charge: { amount_captured: 1_000, amount_refunded: 999, refunded: false, refunds: { data: [] } } });
    expect(ground.simulator.ledger()).toMatchObject({ chargedMinor: { EUR: 1_000 }, releasedMinor: { EUR: 999 }, refundedMinor: {}, feesMinor: { EUR: 39 }, cashMinor: { EUR: 961 } });
    await expect(ground.stripe().refunds.create({ payment_intent: id, amount: 1_001 })).rejects.toMatchObject({ param: "amount" });
    expect(await ground.stripe().refunds.create({ payment_intent: id })).toMatchObject({ amount: 1_000 });
  });

  it("is never captured twice, or for more than was held", async () => {
    const { id } = await ground.hold();
    const { paymentIntents } = ground.stripe();
    await expect(paymentIntents.capture(id, { amount_to_capture: 2_000 })).rejects.toMatchObject({ statusCode: 400, code: "amount_too_large" });
    const racing = await Promise.allSettled([paymentIntents.capture(id), paymentIntents.capture(id), paymentIntents.cancel(id)]);
    expect(racing.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(racing.find(({ status }) => status === "rejected")).toMatchObject({ reason: { code: "payment_intent_unexpected_state", payment_intent: { id } } });
    const { chargedMinor, releasedMinor } = ground.simulator.ledger();
    expect((chargedMinor["EUR"] ?? 0) + (releasedMinor["EUR"] ?? 0)).toBe(1_999);
  });

  it("is let go, and cannot be captured then", async () => {
    const { id } = await ground.hold();
    const { paymentIntents } = ground.stripe();
    expect(await paymentIntents.cancel(id, { cancellation_reason: "requested_by_customer" })).toMatchObject({
      status: "canceled", cancellation_reason: "requested_by_customer", canceled_at: expect.any(Number), amount_capturable: 0, amount_received: 0,
    });
    expect(await ground.told(3)).toEqual(["charge.refunded", "payment_intent.amount_capturable_updated", "payment_intent.canceled"]);
    await expect(paymentIntents.capture(id)).rejects.toMatchObject({ code: "payment_intent_unexpected_state" });
    await expect(paymentIntents.cancel(id)).rejects.toMatchObject({ code: "payment_intent_unexpected_state" });
    await expect(ground.stripe().refunds.create({ payment_intent: id })).rejects.toMatchObject({ param: "payment_intent" });
    expect(ground.simulator.ledger()).toMatchObject({ charges: 0, heldMinor: { EUR: 0 }, releasedMinor: { EUR: 1_999 }, refunds: 0, cashMinor: {} });
  });

  it("expires on order", async () => {
    const { id } = await ground.hold();
    ground.simulator.controls.expire(id);
    expect(await ground.stripe().paymentIntents.retrieve(id)).toMatchObject({ status: "canceled", cancellation_reason: "automatic" });
    expect(await ground.told(3)).toContain("payment_intent.canceled");
    expect((await ground.control("POST", `/payments/${id}/expire`)).status).toBe(400);
    expect((await ground.control("POST", "/payments/pi_unknown/expire")).status).toBe(404);
  });

  it("makes an order charged twice only while both hold or took something", async () => {
    const metadata = { order_id: "order-1" };
    const first = await ground.hold({ metadata });
    await ground.hold({ metadata });
    expect(ground.simulator.ledger().ordersChargedTwice).toEqual(["order-1"]);
    await ground.stripe().paymentIntents.cancel(first.id);
    expect(ground.simulator.ledger().ordersChargedTwice).toEqual([]);
  });
});
