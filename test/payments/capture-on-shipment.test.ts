import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { upsertProducts } from "../../src/commands/catalog/upsert-products.js";
import { receiveStock } from "../../src/commands/inventory/receive-stock.js";
import { cancelOrderLines } from "../../src/commands/orders/cancel-order-lines.js";
import { cancelOrder } from "../../src/commands/orders/cancel-order.js";
import { confirmParcelBooked } from "../../src/commands/orders/follow-order.js";
import { advanceParcel } from "../../src/commands/orders/follow-parcel.js";
import { placeOrderWith } from "../../src/commands/orders/place-order.js";
import { captureConsumer } from "../../src/commands/payments/capture.job.js";
import { giveBackConsumer } from "../../src/commands/payments/give-back.job.js";
import { by, customer, operator, productOf } from "../bus/shop.js";
import { openTill, type Till } from "./till.js";

const system = { role: "system", id: "test" } as const;

describe("a payment that is captured when the parcel leaves", () => {
  let till: Till;
  beforeAll(async () => { till = await openTill({ CAPTURE_ON: "shipment" }); });
  afterAll(() => till.close());

  const authorized = async (quantity = 1) => {
    const placed = await till.place({ quantity });
    await till.work();
    expect(await till.order(placed.orderId)).toMatchObject({ status: "PAID", money: "authorized" });
    return placed;
  };
  /** A tea, and a gift that costs nothing. */
  const withGift = async () => {
    await till.bus.execute(upsertProducts, { products: [{ ...productOf("GIFT"), priceMinor: 0 }] }, by(operator));
    await till.bus.execute(receiveStock, { lines: [{ sku: "GIFT", quantity: 1 }] }, by(operator));
    const { answer } = await till.bus.execute(placeOrderWith({ currency: "EUR", baseMinor: 0, perKilogramMinor: 0, taxBasisPoints: 0 }), {
      customerId: customer.id, lines: [{ sku: "TEA", quantity: 1 }, { sku: "GIFT", quantity: 1 }],
    }, by(customer));
    expect(await till.work()).toEqual([]);
    return { orderId: answer!.orderId, totalMinor: answer!.totals.totalMinor };
  };
  const ship = async (orderId: string): Promise<void> => {
    const { lines, cancelled, packing } = await till.order(orderId);
    const parcel = lines.map(({ sku, quantity }) => ({ sku, quantity: quantity - (cancelled.get(sku) ?? 0) }));
    await till.bus.execute(confirmParcelBooked, { orderId, shipmentId: `s-${orderId}`, lines: parcel, parcelCount: 1, packing }, by(system));
    await till.bus.execute(advanceParcel, { orderId, shipmentId: `s-${orderId}`, milestone: "left" }, by(system));
  };
  const cancel = (orderId: string) => till.bus.execute(cancelOrder, { orderId, reason: "no longer wanted" }, by(operator));
  const chargeOf = (orderId: string) => [...till.provider.charges.values()].find(({ request }) => request.orderId === orderId);

  it("is set aside with the order and taken once, when the first parcel has left", async () => {
    const { orderId, totalMinor } = await authorized();
    expect(chargeOf(orderId)).toMatchObject({ status: "authorized", capturedMinor: 0 });
    await ship(orderId);
    const [job] = await till.waiting(captureConsumer.queue);
    expect(await till.work()).toEqual([]);
    await till.handle(captureConsumer.queue, job!, 2);
    expect(chargeOf(orderId)).toMatchObject({ status: "captured", capturedMinor: totalMinor });
    expect(await till.story(orderId)).toEqual(["PaymentAuthorized", "PaymentCaptured"]);
    expect(await till.order(orderId)).toMatchObject({ status: "SHIPPED", money: "captured" });
    expect(await till.caseOf(orderId)).toBeNull();
  });

  it("takes less where lines were called off, and gives nothing back for them", async () => {
    const { orderId, totalMinor } = await authorized(3);
    await till.bus.execute(cancelOrderLines, { orderId, lines: [{ sku: "TEA", quantity: 1 }], reason: "two will do" }, by(customer));
    await ship(orderId);
    expect(await till.work()).toEqual([]);
    const { revertedMinor } = await till.order(orderId);
    expect(chargeOf(orderId)).toMatchObject({ capturedMinor: totalMinor - revertedMinor, refundedMinor: 0 });
    expect(revertedMinor).toBeGreaterThan(0);
  });

  it("asks before it is captured again where the answer was lost", async () => {
    const { orderId, totalMinor } = await authorized();
    await ship(orderId);
    till.provider.fates.push("lost");
    till.provider.calls.length = 0;
    expect(await till.work()).toEqual([]);
    expect(till.provider.calls).toEqual(["capture", "retrieve"]);
    expect(await till.payment(orderId)).toMatchObject({ status: "CAPTURED", capturedMinor: totalMinor });
  });

  it("lets go of it where the order is called off", async () => {
    const { orderId } = await authorized();
    await cancel(orderId);
    expect(await till.work()).toEqual([]);
    expect(chargeOf(orderId)).toMatchObject({ status: "voided", capturedMinor: 0 });
    expect(await till.story(orderId)).toEqual(["PaymentAuthorized", "PaymentVoided"]);
    expect(till.alerts.filter(({ key }) => key === `authorization_lost:${orderId}`)).toEqual([]);
  });

  it.each([["told by webhook", true], ["told by nobody", false]])("two cancellations that race a capture at the provider, %s, give back what was taken, once", async (_told, isTold) => {
    const { orderId, totalMinor } = await authorized();
    const charge = chargeOf(orderId)!;
    await Promise.all([cancel(orderId), cancel(orderId)]);
    const [job] = await till.waiting(giveBackConsumer.queue);
    // Somebody captured it at the provider in the same moment.
    await till.provider.capture({ providerReference: charge.reference, amountMinor: totalMinor, currency: "EUR", idempotencyKey: `beside us ${orderId}` });
    await Promise.allSettled([till.handle(giveBackConsumer.queue, job!), till.handle(giveBackConsumer.queue, job!, 2), ...(isTold ? [till.webhook(till.provider.newsOf(charge.reference, "captured"))] : [])]);
    expect(await till.work()).toEqual([]);
    expect(charge).toMatchObject({ capturedMinor: totalMinor, refundedMinor: totalMinor });
    expect(await till.payment(orderId)).toMatchObject({ status: "REFUNDED" });
  });

  it("whose authorization is gone stops its order and calls a person", async () => {
    const { orderId } = await authorized();
    await ship(orderId);
    till.provider.fates.push("refused:expired");
    await till.work();
    expect(await till.story(orderId)).toEqual(["PaymentAuthorized", "PaymentVoided"]);
    expect(till.alerts.map(({ key }) => key)).toContain(`authorization_lost:${orderId}`);
  });

  it.each([["with the parcel", false], ["with the parcel, told by webhook before the answer", true], ["by its bank before that", null]])("is let go %s where nothing is owed any more, and nobody is called", async (_when, isToldFirst) => {
    const { orderId } = await withGift();
    const charge = chargeOf(orderId)!;
    await till.bus.execute(cancelOrderLines, { orderId, lines: [{ sku: "TEA", quantity: 1 }], reason: "the gift will do" }, by(customer));
    if (isToldFirst === null) {
      charge.status = "voided";
      await till.askNow();
    }
    await ship(orderId);
    if (isToldFirst) till.provider.onVoid = () => till.webhook(till.provider.newsOf(charge.reference, "voided"));
    expect(await till.work()).toEqual([]);
    expect(charge).toMatchObject({ status: "voided", capturedMinor: 0 });
    expect(await till.story(orderId)).toEqual(["PaymentAuthorized", "PaymentVoided"]);
    expect(await till.order(orderId)).toMatchObject({ status: "SHIPPED" });
    expect(till.alerts.map(({ key }) => key)).not.toContain(`authorization_lost:${orderId}`);
    expect(await till.caseOf(orderId)).toBeNull();
  });

  it("gives back what somebody took all the same of an order that owes nothing", async () => {
    const { orderId, totalMinor } = await withGift();
    const charge = chargeOf(orderId)!;
    await till.bus.execute(cancelOrderLines, { orderId, lines: [{ sku: "TEA", quantity: 1 }], reason: "the gift will do" }, by(customer));
    await till.provider.capture({ providerReference: charge.reference, amountMinor: totalMinor, currency: "EUR", idempotencyKey: `beside us ${orderId}` });
    await ship(orderId);
    expect(await till.work()).toEqual([]);
    expect(charge).toMatchObject({ capturedMinor: totalMinor, refundedMinor: totalMinor });
    expect(await till.payment(orderId)).toMatchObject({ status: "REFUNDED" });
  });

  it("that expired is found by the daily look before the parcel is sent", async () => {
    const { orderId } = await authorized();
    await till.askNow();
    expect((await till.payment(orderId)).status).toBe("AUTHORIZED");
    chargeOf(orderId)!.status = "voided";
    await till.askNow();
    expect((await till.payment(orderId)).status).toBe("FAILED");
    expect((await till.order(orderId)).status).toBe("ON_HOLD");
    expect(await till.caseOf(orderId)).toBeNull();
  });

  it("beside another one is let go at once", async () => {
    const { orderId } = await authorized();
    const first = chargeOf(orderId)!;
    await till.provider.authorize({ ...first.request, idempotencyKey: "a provider's mistake" });
    const second = [...till.provider.charges.values()].at(-1)!;
    await till.webhook(till.provider.newsOf(second.reference, "authorized"));
    expect([first.status, second.status]).toEqual(["authorized", "voided"]);
    expect((await till.payment(orderId)).providerReference).toBe(first.reference);
  });
});
