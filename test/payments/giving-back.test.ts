import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { cancelOrderLines } from "../../src/commands/orders/cancel-order-lines.js";
import { cancelOrder } from "../../src/commands/orders/cancel-order.js";
import { chargeConsumer } from "../../src/commands/payments/charge.job.js";
import { giveBackConsumer } from "../../src/commands/payments/give-back.job.js";
import { refundConsumer } from "../../src/commands/payments/refund.job.js";
import { refundPayment } from "../../src/commands/payments/refund-payment.js";
import { refundedAtTaker } from "../../src/commands/payments/payment.decider.js";
import { by, customer, operator } from "../bus/shop.js";
import { openTill, type Till } from "./till.js";

describe("giving money back", () => {
  let till: Till;
  beforeAll(async () => { till = await openTill(); });
  afterAll(() => till.close());

  const paid = async (quantity = 1) => {
    const placed = await till.place({ quantity });
    await till.work();
    return placed;
  };
  const cancel = (orderId: string, cause?: "payment_deadline") => till.bus.execute(cancelOrder, { orderId, reason: "no longer wanted", ...(cause ? { cause } : {}) }, by(operator));
  const refund = (orderId: string, amountMinor: number | null) =>
    till.bus.execute(refundPayment, { orderId, amount: amountMinor === null ? null : { amountMinor, currency: "EUR" }, reason: "goodwill" }, by(operator));
  const gaveBack = (orderId: string): number => till.provider.taken(orderId).reduce((sum, { refundedMinor }) => sum + refundedMinor, 0);

  it("of an order that was called off gives all of it, once", async () => {
    const { orderId, totalMinor } = await paid();
    await cancel(orderId);
    const [job] = await till.waiting(giveBackConsumer.queue);
    expect(await till.work()).toEqual([]);
    await till.handle(giveBackConsumer.queue, job!, 2); // the job comes twice
    expect(await till.work()).toEqual([]);
    expect(gaveBack(orderId)).toBe(totalMinor);
    expect(await till.payment(orderId)).toMatchObject({ status: "REFUNDED", refundedMinor: totalMinor });
    expect(await till.story(orderId)).toEqual(["PaymentCaptured", "RefundRequested", "PaymentRefunded"]);
  });

  it("gives once where the answer was lost, and where its webhook comes first and again", async () => {
    const { orderId, totalMinor } = await paid();
    await cancel(orderId);
    till.provider.fates.push("lost");
    await till.work({ only: giveBackConsumer.queue });
    await till.work({ only: refundConsumer.queue, tries: 1 });
    const { reference, refundId, charge } = [...till.provider.refunds.values()].at(-1)!;
    const news = { ...till.provider.newsOf(charge, "captured", "evt_r"), kind: "refunded", refundReference: reference, refundId, amountMinor: totalMinor } as never;
    await Promise.all([till.webhook(news), till.webhook(news)]);
    expect(await till.work()).toEqual([]);
    expect(gaveBack(orderId)).toBe(totalMinor);
    expect(await till.story(orderId)).toEqual(["PaymentCaptured", "RefundRequested", "PaymentRefunded"]);
  });

  it("repeats a refund whose answer was lost with the same key", async () => {
    const { orderId } = await paid();
    await refund(orderId, 100);
    till.provider.fates.push("lost", "down", "lost", "done");
    expect(await till.work()).toEqual([]);
    expect(gaveBack(orderId)).toBe(100);
    expect(await till.payment(orderId)).toMatchObject({ status: "PARTIALLY_REFUNDED", refundedMinor: 100 });
  });

  it("never gives more than was taken, however many ask at once", async () => {
    const { orderId, totalMinor } = await paid(3);
    const part = Math.floor(totalMinor * 0.4);
    const outcomes = await Promise.all([...Array.from({ length: 6 }, () => refund(orderId, part)), refund(orderId, totalMinor), cancel(orderId)]);
    expect(outcomes.filter(({ refusal }) => refusal?.code === "REFUND_TOO_LARGE").length).toBeGreaterThanOrEqual(5);
    expect(await till.work()).toEqual([]);
    expect(await till.story(orderId)).not.toContain("RefundFailed"); // the provider had nothing to refuse
    expect(gaveBack(orderId)).toBe(totalMinor);
    expect(await till.payment(orderId)).toMatchObject({ status: "REFUNDED" });
  });

  it("refuses what makes no sense, and writes nothing", async () => {
    const { orderId, totalMinor } = await paid();
    const open = await till.place();
    const { events } = await till.shop.written();
    expect((await refund(orderId, totalMinor + 1)).refusal?.code).toBe("REFUND_TOO_LARGE");
    expect((await refund(orderId, 0)).refusal?.code).toBe("INVALID_AMOUNT");
    expect((await refund(open.orderId, 1)).refusal?.code).toBe("PAYMENT_NOT_CAPTURED");
    expect((await till.bus.execute(refundPayment, { orderId, amount: { amountMinor: 1, currency: "USD" }, reason: "x" }, by(operator))).refusal?.code).toBe("CURRENCY_MISMATCH");
    expect((await till.shop.written()).events).toBe(events);
    await till.work();
  });

  it("that the provider will not give is told, and may be wanted again", async () => {
    const { orderId } = await paid();
    till.provider.fates.push("refused:charge_disputed");
    await refund(orderId, 100);
    await till.work();
    expect(await till.story(orderId)).toEqual(["PaymentCaptured", "RefundRequested", "RefundFailed"]);
    expect(till.alerts.some(({ key, details }) => key.startsWith("refund_failed:") && details?.["orderId"] === orderId)).toBe(true);
    await refund(orderId, 100);
    await till.work();
    expect(gaveBack(orderId)).toBe(100);
  });

  it("that the provider will not give is paid by transfer, in our books and not in the provider's", async () => {
    const { orderId, totalMinor } = await paid();
    till.provider.fates.push("refused:charge_disputed");
    await cancel(orderId);
    await till.work();
    const pay = () => till.bus.execute(refundPayment, { orderId, amount: null, reason: "to the buyer's account", byTransfer: true }, by(operator, "by transfer"));
    expect((await pay()).refusal).toBeNull();
    await pay();
    expect(await till.work()).toEqual([]);
    expect(gaveBack(orderId)).toBe(0);
    const payment = await till.payment(orderId);
    expect(payment).toMatchObject({ status: "REFUNDED", refundedMinor: totalMinor });
    expect(refundedAtTaker(payment)).toBe(0);
    expect([...payment.refunds.values()].map(({ state, cause, provider }) => [state, cause, provider])).toEqual([
      ["failed", "ORDER_CANCELLED", till.provider.name], ["done", "ORDER_CANCELLED", "bank_transfer"],
    ]);
    expect((await refund(orderId, 1)).refusal?.code).toBe("REFUND_TOO_LARGE");
  });

  it("that was told as done and came back is told, owed again, and made again for the same cause", async () => {
    const { orderId, totalMinor } = await paid();
    await cancel(orderId);
    await till.work();
    const { reference, refundId, charge } = [...till.provider.refunds.values()].at(-1)!;
    till.provider.taken(orderId)[0]!.refundedMinor = 0; // the buyer's bank sent it back
    const news = { ...till.provider.newsOf(charge, "captured", "evt_f"), kind: "refund_failed", refundReference: reference, refundId, amountMinor: totalMinor, code: "lost_or_stolen_card" } as never;
    await Promise.all([till.webhook(news), till.webhook(news)]);
    expect((await till.story(orderId)).slice(-2)).toEqual(["PaymentRefunded", "RefundReversed"]);
    expect(await till.payment(orderId)).toMatchObject({ status: "CAPTURED", refundedMinor: 0 });
    expect(till.alerts.map(({ key }) => key)).toContain(`refund_failed:${refundId}`);
    expect((await refund(orderId, null)).refusal).toBeNull();
    expect(await till.work()).toEqual([]);
    expect(gaveBack(orderId)).toBe(totalMinor);
    expect([...(await till.payment(orderId)).refunds.values()].map(({ state, cause }) => [state, cause])).toEqual([["failed", "ORDER_CANCELLED"], ["done", "ORDER_CANCELLED"]]);
  });

  it("when the key is forgotten asks whether anything went back before it is repeated", async () => {
    const { orderId } = await paid();
    await refund(orderId, 100);
    till.provider.fates.push("lost");
    await till.work({ only: refundConsumer.queue, tries: 1 });
    till.provider.keyKeptSeconds = 3_600;
    expect(await till.work()).toEqual([expect.stringContaining("may have been made")]);
    expect(gaveBack(orderId)).toBe(100);
    till.provider.keyKeptSeconds = 86_400;
  });

  it("of money that comes for an order nobody wants any more", async () => {
    const { orderId, totalMinor } = await till.place();
    till.provider.fates.push("lost");
    await till.work({ only: chargeConsumer.queue, tries: 1 });
    await cancel(orderId);
    expect(await till.work()).toEqual([]);
    expect((await till.order(orderId)).status).toBe("CANCELLED");
    expect(gaveBack(orderId)).toBe(totalMinor);
  });

  it("asks after a payment in doubt as soon as its order is called off, and takes the units again where they are free", async () => {
    const { orderId, totalMinor } = await till.place();
    till.provider.fates.push("lost");
    await till.work({ only: chargeConsumer.queue, tries: 1 });
    await cancel(orderId, "payment_deadline");
    await till.work({ only: giveBackConsumer.queue });
    expect(await till.story(orderId)).toEqual(["PaymentUnknown", "PaymentCaptured"]);
    expect(await till.work()).toEqual([]);
    expect((await till.order(orderId)).status).toBe("PAID");
    expect([gaveBack(orderId), till.provider.taken(orderId)[0]?.capturedMinor]).toEqual([0, totalMinor]);
  });

  it("of a charge that came twice gives the second back", async () => {
    const { orderId, totalMinor } = await paid();
    const [first] = till.provider.taken(orderId);
    await till.provider.authorize({ ...first!.request, idempotencyKey: "a provider's mistake" });
    const second = till.provider.taken(orderId)[1];
    await till.webhook(till.provider.newsOf(second!.reference, "captured"));
    expect(await till.work()).toEqual([]);
    expect(till.provider.taken(orderId).map(({ refundedMinor }) => refundedMinor)).toEqual([0, totalMinor]);
    expect((await till.payment(orderId)).status).toBe("CAPTURED");
  });

  it("of a charge that came twice, which the provider will not give, is paid by transfer", async () => {
    const { orderId, totalMinor } = await paid();
    const [first] = till.provider.taken(orderId);
    await till.provider.authorize({ ...first!.request, idempotencyKey: "another mistake of the provider's" });
    const second = till.provider.taken(orderId)[1]!;
    till.provider.fates.push("refused:charge_disputed");
    await till.webhook(till.provider.newsOf(second.reference, "captured"));
    expect(await till.work()).toEqual([]);
    const pay = () => till.bus.execute(refundPayment, { orderId, amount: { amountMinor: totalMinor, currency: "EUR" }, reason: "to the buyer's account", byTransfer: true }, by(operator, `stray of ${orderId}`));
    expect(await pay()).toMatchObject({ refusal: null, answer: { amountMinor: totalMinor } });
    await pay();
    expect(await till.work()).toEqual([]);
    expect(gaveBack(orderId)).toBe(0);
    const payment = await till.payment(orderId);
    expect(payment).toMatchObject({ status: "CAPTURED", refundedMinor: 0 });
    expect([...payment.refunds.values()].map(({ state, cause, provider }) => [state, cause, provider])).toEqual([
      ["failed", "CAPTURED_TWICE", till.provider.name], ["done", "CAPTURED_TWICE", "bank_transfer"],
    ]);
    expect((await refund(orderId, null)).answer).toMatchObject({ amountMinor: totalMinor }); // what counts can still be given back
    expect(await till.work()).toEqual([]);
    expect(till.provider.taken(orderId).map(({ refundedMinor }) => refundedMinor)).toEqual([totalMinor, 0]);
  });

  it.each(["before the charge", "while the charge is in doubt", "after it"])("of single lines, called off %s, gives their part", async (when) => {
    const { orderId, totalMinor } = await till.place({ quantity: 3 });
    const cancelOne = () => till.bus.execute(cancelOrderLines, { orderId, lines: [{ sku: "TEA", quantity: 1 }], reason: "two will do" }, by(customer));
    if (when.startsWith("before")) {
      await cancelOne();
      await till.work({ only: giveBackConsumer.queue }); // finds nothing that could be given back
    }
    if (when.startsWith("while")) {
      till.provider.fates.push("lost");
      await till.work({ only: chargeConsumer.queue, tries: 1 });
      await cancelOne();
      await till.work({ only: giveBackConsumer.queue });
    }
    await till.work();
    if (when.startsWith("after")) await cancelOne();
    expect(await till.work()).toEqual([]);
    const { revertedMinor } = await till.order(orderId);
    expect(revertedMinor).toBeGreaterThan(0);
    expect([till.provider.taken(orderId)[0]?.capturedMinor, gaveBack(orderId)]).toEqual([totalMinor, revertedMinor]);
  });

  it("tells of a dispute that is older than the news of its capture as soon as that is known", async () => {
    const { orderId, totalMinor } = await till.place();
    till.provider.fates.push("lost");
    await till.work({ only: chargeConsumer.queue, tries: 1 });
    const [charge] = till.provider.taken(orderId);
    const { paymentId: _paymentId, orderId: _orderId, ...bare } = till.provider.newsOf(charge!.reference, "captured", "evt_d");
    const dispute = { ...bare, paymentId: null, orderId: null, kind: "disputed", disputeReference: "dp_1", reason: "fraudulent", amountMinor: totalMinor } as never;
    await expect(till.webhook(dispute)).rejects.toThrow();
    expect(await till.work()).toEqual([]);
    await till.webhook(dispute);
    expect(await till.work()).toEqual([]);
    expect((await till.order(orderId)).status).toBe("ON_HOLD");
    expect((await till.payment(orderId)).status).toBe("DISPUTED");
    expect(till.alerts.map(({ key }) => key)).toContain("dispute:dp_1");
    await till.webhook({ ...(dispute as object), eventId: "evt_w", kind: "dispute_closed", outcome: "won" } as never);
    await till.work();
    expect((await till.order(orderId)).status).toBe("PAID");
  });

  it("is open while the buyer's bank only asks: the order goes on, and is held when the bank takes the money", async () => {
    const { orderId, totalMinor } = await paid();
    const [charge] = till.provider.taken(orderId);
    const { paymentId: _paymentId, orderId: _orderId, ...bare } = till.provider.newsOf(charge!.reference, "captured", "evt_i");
    const inquiry = { ...bare, paymentId: null, orderId: null, kind: "inquired", isOver: false, disputeReference: "dp_2", reason: "fraudulent", amountMinor: totalMinor } as const;
    const tell = (changes: object) => till.webhook({ ...inquiry, ...changes });
    const alertsOf = (key: string) => till.alerts.filter((alert) => alert.key === key).map(({ severity }) => severity);
    await Promise.all([tell({}), tell({}), tell({ eventId: "evt_j" })]);
    expect(await till.work()).toEqual([]);
    expect([(await till.order(orderId)).status, (await till.payment(orderId)).status]).toEqual(["PAID", "CAPTURED"]);
    expect(new Set(alertsOf("inquiry:dp_2"))).toEqual(new Set(["warning"]));
    expect((await refund(orderId, 100)).refusal).toBeNull();
    const dispute = { kind: "disputed", amountMinor: totalMinor - 100 };
    for (const eventId of ["evt_updated", "evt_withdrawn"]) await tell({ ...dispute, eventId });
    await tell({ eventId: "evt_late" });
    expect(await till.work()).toEqual([]);
    expect([(await till.order(orderId)).status, (await till.payment(orderId)).status]).toEqual(["ON_HOLD", "DISPUTED"]);
    expect(alertsOf("dispute:dp_2")).toEqual(["critical"]);
    expect(await till.story(orderId)).toEqual(["PaymentCaptured", "PaymentInquired", "RefundRequested", "PaymentDisputed", "PaymentRefunded"]);
  });
});
