import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { cancelOrder } from "../../src/commands/orders/cancel-order.js";
import { cancelOrderLines } from "../../src/commands/orders/cancel-order-lines.js";
import { recordManualPayment } from "../../src/commands/payments/record-manual-payment.js";
import { retryPayment } from "../../src/commands/payments/retry-payment.js";
import { cashOnDeliveryReader } from "../../src/commands/shipping/cash-on-delivery.reader.js";
import { by, customer, operator } from "../bus/shop.js";
import { openTill, type Till } from "../payments/till.js";

describe("what a courier has to collect at the door", () => {
  let till: Till;
  let owedAtTheDoor: (orderId: string) => Promise<number>;
  beforeAll(async () => {
    // Money of a card is set aside as well then, and not collected at the door.
    till = await openTill({ CAPTURE_ON: "shipment" });
    owedAtTheDoor = cashOnDeliveryReader(till.shop.pool);
  });
  afterAll(() => till.close());

  const place = async (method: "CARD" | "BANK_TRANSFER" | "CASH_ON_DELIVERY", quantity = 1) => {
    const placed = await till.place({ payment: { method, token: null }, quantity });
    expect(await till.work()).toEqual([]);
    return placed;
  };

  it("is the whole order where it is paid in cash, and nothing where it is not; asked at once", async () => {
    const [cash, card, transfer] = [await place("CASH_ON_DELIVERY"), await place("CARD"), await place("BANK_TRANSFER")];
    expect(cash.totalMinor).toBeGreaterThan(0);
    expect(await Promise.all([cash.orderId, card.orderId, transfer.orderId, "00000000-0000-7000-8000-000000000000"].map(owedAtTheDoor)))
      .toEqual([cash.totalMinor, 0, 0, 0]);
  });

  it("becomes less when lines are called off, and nothing with the order", async () => {
    const { orderId, totalMinor } = await place("CASH_ON_DELIVERY", 3);
    await till.bus.execute(cancelOrderLines, { orderId, lines: [{ sku: "TEA", quantity: 1 }], reason: "two will do" }, by(customer));
    expect(await till.work()).toEqual([]);
    const { revertedMinor } = await till.order(orderId);
    expect(revertedMinor).toBeGreaterThan(0);
    expect(await owedAtTheDoor(orderId)).toBe(totalMinor - revertedMinor);
    await till.bus.execute(cancelOrder, { orderId, reason: "none at all" }, by(customer));
    await till.work();
    expect(await owedAtTheDoor(orderId)).toBe(0);
  });

  it("is nothing once somebody has seen the cash", async () => {
    const { orderId, totalMinor } = await place("CASH_ON_DELIVERY");
    await till.bus.execute(recordManualPayment, { orderId, amount: { amountMinor: totalMinor, currency: "EUR" } }, by(operator));
    expect(await owedAtTheDoor(orderId)).toBe(0);
  });

  it("is the whole order for a buyer whose card was refused and who changed to cash", async () => {
    till.provider.fates.push("declined:card_declined");
    const { orderId, totalMinor } = await place("CARD");
    expect((await till.payment(orderId)).status).toBe("FAILED");
    expect(await owedAtTheDoor(orderId)).toBe(0);
    await till.bus.execute(retryPayment, { orderId, payment: { method: "CASH_ON_DELIVERY", token: null } }, by(customer));
    expect(await till.work()).toEqual([]);
    expect(await owedAtTheDoor(orderId)).toBe(totalMinor);
  });
});
