import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { cancelOrderLines } from "../../src/commands/orders/cancel-order-lines.js";
import { confirmParcelBooked } from "../../src/commands/orders/follow-order.js";
import { advanceParcel } from "../../src/commands/orders/follow-parcel.js";
import { inspectReturn, requestReturn } from "../../src/commands/orders/return-order.js";
import { recordManualPayment } from "../../src/commands/payments/record-manual-payment.js";
import { by, customer, operator } from "../bus/shop.js";
import { openTill, type Till } from "./till.js";

describe("money that comes by hand", () => {
  let till: Till;
  beforeAll(async () => { till = await openTill(); });
  afterAll(() => till.close());

  const place = async (method: "BANK_TRANSFER" | "CASH_ON_DELIVERY", quantity = 1) => {
    const placed = await till.place({ payment: { method, token: null }, quantity });
    expect(await till.work()).toEqual([]);
    return placed;
  };
  const record = (orderId: string, amountMinor: number, currency = "EUR") => till.bus.execute(recordManualPayment, { orderId, amount: { amountMinor, currency } }, by(operator));

  it("is awaited with its reference, and pays the order when somebody saw it", async () => {
    const { orderId, totalMinor } = await place("BANK_TRANSFER");
    expect(await till.payment(orderId)).toMatchObject({ status: "PENDING", provider: "bank_transfer", providerReference: expect.stringMatching(/^\w{4}-\w{5}-\w$/) });
    expect((await till.order(orderId)).status).toBe("PLACED");
    expect((await record(orderId, totalMinor - 1)).refusal?.code).toBe("AMOUNT_DIFFERS");
    expect((await record(orderId, totalMinor, "USD")).refusal?.code).toBe("AMOUNT_DIFFERS");
    expect((await record(orderId, totalMinor)).refusal).toBeNull();
    expect((await record(orderId, totalMinor)).refusal).toBeNull(); // another person saw it too
    expect(await till.work()).toEqual([]);
    expect(await till.story(orderId)).toEqual(["PaymentAwaited", "PaymentCaptured"]);
    expect((await till.order(orderId)).status).toBe("PAID");
    expect(till.provider.charges.size).toBe(0);
  });

  it("that does not come calls the order off, and takes its units again when it comes late", async () => {
    const { orderId, totalMinor } = await place("BANK_TRANSFER");
    await till.work({ late: true });
    expect(await till.order(orderId)).toMatchObject({ status: "CANCELLED", cause: "payment_deadline" });
    await record(orderId, totalMinor);
    expect(await till.work()).toEqual([]);
    expect((await till.order(orderId)).status).toBe("PAID");
  });

  it("is too much where lines were called off: the rest goes back", async () => {
    const { orderId, totalMinor } = await place("BANK_TRANSFER", 3);
    await till.bus.execute(cancelOrderLines, { orderId, lines: [{ sku: "TEA", quantity: 1 }], reason: "two will do" }, by(customer));
    await till.work();
    await record(orderId, totalMinor);
    expect(await till.work()).toEqual([]);
    const { revertedMinor } = await till.order(orderId);
    expect(await till.payment(orderId)).toMatchObject({ capturedMinor: totalMinor, refundedMinor: revertedMinor, status: "PARTIALLY_REFUNDED" });
    expect((await record(orderId, totalMinor - revertedMinor)).refusal?.code).toBe("AMOUNT_DIFFERS"); // another sum than was seen before
  });

  it("in cash lets the parcel go, and is recorded when it was collected", async () => {
    const { orderId, totalMinor } = await place("CASH_ON_DELIVERY");
    expect(await till.order(orderId)).toMatchObject({ status: "PAID", money: "authorized" });
    const system = { role: "system", id: "test" } as const;
    await till.bus.execute(confirmParcelBooked, { orderId, shipmentId: "s1", lines: [{ sku: "TEA", quantity: 1 }], parcelCount: 1, packing: 1 }, by(system));
    await till.bus.execute(advanceParcel, { orderId, shipmentId: "s1", milestone: "delivered" }, by(system));
    expect(await till.work()).toEqual([]);
    expect((await till.payment(orderId)).status).toBe("AUTHORIZED");
    await record(orderId, totalMinor);
    await till.work();
    expect(await till.story(orderId)).toEqual(["PaymentAuthorized", "PaymentCaptured"]);
  });

  it("in cash that was never handed over needs not go back when the goods do", async () => {
    const { orderId } = await place("CASH_ON_DELIVERY");
    const system = { role: "system", id: "test" } as const;
    const lines = [{ sku: "TEA", quantity: 1 }];
    await till.bus.execute(confirmParcelBooked, { orderId, shipmentId: "s2", lines, parcelCount: 1, packing: 1 }, by(system));
    await till.bus.execute(advanceParcel, { orderId, shipmentId: "s2", milestone: "left" }, by(system));
    const { answer } = await till.bus.execute(requestReturn, { orderId, lines, reason: "refused at the door" }, by(operator));
    await till.bus.execute(inspectReturn, { orderId, returnId: answer!.returnId, lines: [{ sku: "TEA", restocked: 1, scrapped: 0, refused: 0 }] }, by(operator));
    expect(await till.work()).toEqual([]);
    expect(await till.story(orderId)).toEqual(["PaymentAuthorized"]);
    expect((await till.order(orderId)).status).toBe("RETURNED");
  });

  it("is not recorded for an order that is paid by card", async () => {
    const { orderId, totalMinor } = await till.place();
    await till.work();
    expect((await record(orderId, totalMinor)).refusal?.code).toBe("PAYMENT_UNKNOWN");
  });
});
