import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { StripeGround } from "./stripe-ground.js";

let ground: StripeGround;
beforeEach(async () => { ground = await StripeGround.open(); });
afterEach(async () => { await ground.close(); });

describe("a refund", () => {
  it("comes in parts, never more than was captured, also when asked at once; the fee is gone", async () => {
    const { id } = await ground.charge();
    const { refunds, paymentIntents } = ground.stripe();
    const first = await refunds.create({ payment_intent: id, amount: 1_000, reason: "requested_by_customer", metadata: { refund_id: "r1" } });
    expect(first).toMatchObject({ status: "succeeded", amount: 1_000, payment_intent: id, metadata: { refund_id: "r1" } });
    const racing = await Promise.allSettled([1, 2, 3].map(() => refunds.create({ payment_intent: id, amount: 999 })));
    expect(racing.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    await expect(refunds.create({ payment_intent: id, amount: 1 })).rejects.toMatchObject({ code: "charge_already_refunded" });
    expect(ground.simulator.ledger()).toMatchObject({ refunds: 2, refundedMinor: { EUR: 1_999 }, feesMinor: { EUR: 53 }, cashMinor: { EUR: -53 } });
    expect(await paymentIntents.retrieve(id, { expand: ["latest_charge"] })).toMatchObject({ latest_charge: { amount_refunded: 1_999, refunded: true } });
    expect((await refunds.list({ payment_intent: id })).data.map(({ amount }) => amount)).toEqual([999, 1_000]);
    expect(await refunds.retrieve(first.id)).toMatchObject({ amount: 1_000 });
    expect(await ground.told(5)).toEqual(["charge.refunded", "charge.refunded", "payment_intent.succeeded", "refund.created", "refund.created"]);
  });

  it("refuses too much, a payment that took nothing, and one that is not there", async () => {
    const { id } = await ground.charge();
    const { refunds } = ground.stripe();
    await expect(refunds.create({ payment_intent: id, amount: 2_000 })).rejects.toMatchObject({ statusCode: 400, param: "amount" });
    await expect(refunds.create({ payment_intent: "pi_unknown" })).rejects.toMatchObject({ code: "resource_missing" });
    await expect(refunds.create({})).rejects.toMatchObject({ statusCode: 400 });
    const { id: held } = await ground.hold();
    await expect(refunds.create({ payment_intent: held })).rejects.toMatchObject({ statusCode: 400 });
    expect(ground.simulator.ledger().refunds).toBe(0);
  });

  it("to a card that is gone looks well and fails: the money is ours again, and may be given back again", async () => {
    const { id } = await ground.charge({ payment_method: "pm_card_refundFail" });
    const { refunds } = ground.stripe();
    const refund = await refunds.create({ payment_intent: id, amount: 500 });
    expect(refund.status).toBe("succeeded");
    expect(await refunds.retrieve(refund.id)).toMatchObject({ status: "failed", failure_reason: "expired_or_canceled_card" });
    expect(await ground.told(5)).toEqual(["charge.refunded", "payment_intent.succeeded", "refund.created", "refund.failed", "refund.updated"]);
    expect(ground.simulator.ledger()).toMatchObject({ refunds: 0, refundedMinor: { EUR: 0 }, cashMinor: { EUR: 1_946 } });
    expect(await refunds.create({ payment_intent: id, amount: 1_999 })).toMatchObject({ amount: 1_999 });
  });

  it("is pending at first where the card is slow, and fails on order", async () => {
    const { id } = await ground.charge({ payment_method: "pm_card_pendingRefund" });
    const refund = await ground.stripe().refunds.create({ payment_intent: id });
    expect(refund.status).toBe("pending");
    expect(await ground.stripe().refunds.retrieve(refund.id)).toMatchObject({ status: "succeeded" });
    ground.simulator.controls.failRefund(refund.id);
    expect(await ground.stripe().refunds.retrieve(refund.id)).toMatchObject({ status: "failed" });
    expect((await ground.control("POST", `/refunds/${refund.id}/fail`)).status).toBe(400);
  });
});

describe("a dispute", () => {
  it("takes the money, bars refunds, and gives it back when it is won", async () => {
    const { id } = await ground.charge();
    const { disputes, refunds, paymentIntents } = ground.stripe();
    const { body } = await ground.control("POST", "/disputes", { paymentIntent: id, reason: "product_not_received" });
    const disputeId = String(body["id"]);
    expect(await disputes.retrieve(disputeId)).toMatchObject({ status: "needs_response", amount: 1_999, payment_intent: id, reason: "product_not_received" });
    expect((await disputes.list({ payment_intent: id })).data).toHaveLength(1);
    expect((await disputes.list()).data).toHaveLength(1);
    expect(await paymentIntents.retrieve(id, { expand: ["latest_charge"] })).toMatchObject({ latest_charge: { disputed: true } });
    await expect(refunds.create({ payment_intent: id })).rejects.toMatchObject({ code: "charge_disputed" });
    expect(ground.simulator.ledger()).toMatchObject({ disputedMinor: { EUR: 1_999 }, cashMinor: { EUR: -53 } });
    ground.simulator.controls.closeDispute(disputeId, "won");
    expect(ground.simulator.ledger()).toMatchObject({ disputedMinor: { EUR: 0 }, cashMinor: { EUR: 1_946 } });
    expect(await refunds.create({ payment_intent: id, amount: 1 })).toMatchObject({ amount: 1 });
    expect(await ground.told(5)).toEqual(["charge.dispute.closed", "charge.dispute.created", "charge.refunded", "payment_intent.succeeded", "refund.created"]);
    expect(ground.events().find(({ type }) => type === "charge.dispute.closed")?.data.object).toMatchObject({ id: disputeId, status: "won" });
  });

  it("that is lost keeps the money; no other can be opened, and none for nothing", async () => {
    const { id } = await ground.charge({ payment_method: "pm_card_createDispute" });
    const [dispute] = (await ground.stripe().disputes.list({ payment_intent: id })).data;
    expect((await ground.control("POST", `/disputes/${dispute!.id}/lose`)).status).toBe(200);
    expect((await ground.control("POST", `/disputes/${dispute!.id}/win`)).status).toBe(400);
    expect((await ground.control("POST", "/disputes", { paymentIntent: id })).status).toBe(400);
    expect((await ground.control("POST", "/disputes", { paymentIntent: "pi_unknown" })).status).toBe(400);
    expect((await ground.control("POST", "/disputes", { paymentIntent: (await ground.hold()).id })).status).toBe(400);
    expect((await ground.control("POST", "/disputes", { paymentIntent: id, amountMinor: -1 })).status).toBe(400);
    expect(ground.simulator.ledger()).toMatchObject({ disputedMinor: { EUR: 1_999 }, cashMinor: { EUR: -53 } });
    expect(await ground.stripe().disputes.retrieve(dispute!.id)).toMatchObject({ status: "lost" });
  });
});

describe("the account", () => {
  it("holds what its movements come to, in each currency", async () => {
    const { id } = await ground.charge({ amount: 10_000 });
    await ground.charge({ amount: 5_000, currency: "jpy" });
    await ground.stripe().refunds.create({ payment_intent: id, amount: 3_000 });
    const { balance, balanceTransactions } = ground.stripe();
    const { available } = await balance.retrieve();
    expect(available.map(({ currency, amount }) => [currency, amount])).toEqual([["eur", 6_835], ["jpy", 4_905]]);
    const entries = await balanceTransactions.list({ limit: 10 });
    expect(entries.data.map(({ type, amount, fee, net }) => ({ type, amount, fee, net }))).toEqual([
      { type: "refund", amount: -3_000, fee: 0, net: -3_000 }, { type: "charge", amount: 5_000, fee: 95, net: 4_905 }, { type: "charge", amount: 10_000, fee: 165, net: 9_835 },
    ]);
    expect((await balanceTransactions.list({ currency: "eur", type: "charge" })).data).toHaveLength(1);
    expect(await balanceTransactions.retrieve(entries.data[0]!.id)).toMatchObject({ amount: -3_000 });
    expect(ground.simulator.ledger().cashMinor).toEqual({ EUR: 6_835, JPY: 4_905 });
  });

  it("shows a planted cent: on the payment, in its totals and in its cash", async () => {
    const { id } = await ground.charge();
    expect((await ground.control("POST", "/ledger/plant", { paymentIntent: id, amountMinor: 1 })).status).toBe(200);
    const asked = await ground.stripe().paymentIntents.retrieve(id, { expand: ["latest_charge.balance_transaction"] });
    expect(asked).toMatchObject({ amount_received: 2_000, latest_charge: { amount_captured: 2_000, balance_transaction: { amount: 2_000, fee: 53 } } });
    expect(ground.simulator.ledger()).toMatchObject({ chargedMinor: { EUR: 2_000 }, cashMinor: { EUR: 1_947 } });
    ground.simulator.controls.plant({ currency: "EUR", amountMinor: -1 });
    expect(ground.simulator.ledger()).toMatchObject({ chargedMinor: { EUR: 2_000 }, adjustedMinor: { EUR: -1 }, cashMinor: { EUR: 1_946 } });
    const before = ground.simulator.ledger();
    for (const wrong of [{ paymentIntent: id, amountMinor: 0 }, { paymentIntent: id, amountMinor: -2_000 }, { paymentIntent: id }, { amountMinor: 1 }, "no JSON"]) {
      expect((await ground.control("POST", "/ledger/plant", wrong)).status).toBe(400);
    }
    expect(ground.simulator.ledger()).toEqual(before);
  });

  it("lists its payments, newest first, by order, in pages", async () => {
    for (const order of ["a", "b", "b"]) await ground.charge({ metadata: { order_id: order, payment_id: `pay-${order}` } });
    const rows = async (query: string): Promise<{ orderId: string; paymentIntent: string }[]> => (await ground.control("GET", `/ledger/payments${query}`)).body["payments"] as never;
    const first = await rows("?limit=2");
    expect(first.map(({ orderId }) => orderId)).toEqual(["b", "b"]);
    expect((await rows(`?limit=2&after=${first[1]!.paymentIntent}`)).map(({ orderId }) => orderId)).toEqual(["a"]);
    expect((await rows("?orderId=a"))).toEqual([expect.objectContaining({ orderId: "a", paymentId: "pay-a", capturedMinor: 1_999, feeMinor: 53, cashMinor: 1_946, currency: "EUR" })]);
    expect(await rows("?paymentId=pay-b")).toHaveLength(2);
    expect((await ground.control("GET", "/ledger/payments?limit=5000")).status).toBe(400);
    expect((await ground.control("GET", "/ledger/payments?after=pi_unknown")).status).toBe(400);
  });
});
