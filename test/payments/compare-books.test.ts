import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { differences, ourBooks } from "../../src/cli/drill/payments/compare-books.js";
import { cancelOrder } from "../../src/commands/orders/cancel-order.js";
import { refundPayment } from "../../src/commands/payments/refund-payment.js";
import { by, operator } from "../bus/shop.js";
import { openTill, type Till } from "./till.js";

let till: Till;
beforeAll(async () => { till = await openTill(); });
afterAll(() => till.close());

it("our books are the provider's, with a refund that came back and was made again; a cent is seen", async () => {
  const { orderId, totalMinor } = await till.place();
  await till.work();
  await till.bus.execute(cancelOrder, { orderId, reason: "x" }, by(operator));
  await till.work();
  const theirs = () => ({ chargedMinor: { EUR: totalMinor }, refundedMinor: { EUR: till.provider.taken(orderId)[0]!.refundedMinor } });
  const compare = async () => differences(await ourBooks(till.shop.primary.appUrl), theirs());
  expect(await compare()).toEqual([]);
  const { reference, refundId, charge } = [...till.provider.refunds.values()][0]!;
  till.provider.taken(orderId)[0]!.refundedMinor = 0;
  expect(await compare()).toEqual([`refunded EUR: ${String(totalMinor)} here, 0 there`]);
  await till.webhook({ ...till.provider.newsOf(charge, "captured", "evt"), kind: "refund_failed", refundReference: reference, refundId, amountMinor: totalMinor, code: "lost_card" } as never);
  expect(await compare()).toEqual([]);
  await till.bus.execute(refundPayment, { orderId, amount: null, reason: "again" }, by(operator));
  await till.work();
  expect(await compare()).toEqual([]);
  expect(await ourBooks(till.shop.primary.appUrl)).toMatchObject({ captures: 1, refunds: 2, refundedMinor: { EUR: totalMinor }, refundsOpen: 0 });
});
