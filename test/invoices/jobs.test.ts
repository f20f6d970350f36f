import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { issueConsumer } from "../../src/commands/invoices/invoices.job.js";
import type { InvoiceIssued } from "../../src/events/invoices.js";
import { toDecimalString } from "../../src/kernel/money.js";
import { examineInvoices } from "../../src/cli/doctor/check-invoices.js";
import { withClient } from "../../src/platform/postgres/connection.js";
import { openShop, type Shop } from "../bus/shop.js";
import { Books, paymentOf, placedOrder, shippingRate } from "./paid-orders.js";

describe("the jobs of invoices", () => {
  let shop: Shop;
  let books: Books;
  let otherBooks: Books;
  beforeAll(async () => {
    shop = await openShop();
    const terms = { yearAt: () => 2026, shippingTaxBasisPoints: shippingRate };
    [books, otherBooks] = [shop.process(), shop.process()].map((bus) => new Books({ bus, pool: shop.pool, terms })) as [Books, Books];
  });
  afterAll(() => shop.close());

  const invoiceOf = async (orderId: string): Promise<InvoiceIssued> => (await books.documents(orderId))[0] as InvoiceIssued;

  it("bill what was ordered once the order has taken the money, with tax as the order was charged", async () => {
    const { orderId, lines, totals } = await books.paid(placedOrder([{ quantity: 3, priceMinor: 333 }, { sku: "BOOK", name: "Book", priceMinor: 1_299, taxBasisPoints: 700 }]));
    await books.work(orderId);
    expect(await books.documents(orderId)).toEqual([{
      type: "InvoiceIssued", number: expect.stringMatching(/^INV-2026-\d{6}$/), year: 2026, sequence: expect.any(Number), issuedAt: expect.stringMatching(/Z$/),
      orderId, customerId: "ann", paymentId: paymentOf(orderId), currency: "EUR", adjustmentMinor: 0, totalMinor: totals.totalMinor, orderTotals: totals, calledOff: [],
      lines: lines.map(({ sku, name, quantity, unitPriceMinor, netMinor, taxBasisPoints, taxMinor }) => ({ sku, name, quantity, unitPriceMinor, netMinor, taxBasisPoints, taxMinor })),
      shipping: { netMinor: 490, taxBasisPoints: 700, taxMinor: 34 },
      taxTotals: [{ taxBasisPoints: 1_900, netMinor: 999, taxMinor: 190 }, { taxBasisPoints: 700, netMinor: 1_789, taxMinor: 125 }],
    }]);
  });

  it("say nothing new when they run again, also in two processes at once", async () => {
    const placed = await books.paid();
    await books.refunded(placed, 100);
    await Promise.all([books.work(placed.orderId), otherBooks.work(placed.orderId)]);
    await otherBooks.work(placed.orderId);
    expect((await books.documents(placed.orderId)).map(({ type }) => type)).toEqual(["InvoiceIssued", "CreditNoteIssued"]);
  });

  it("credit once what came back to the provider and was made again", async () => {
    const placed = await books.paid(), { orderId, totals: { currency } } = placed;
    await books.refunded(placed, 100, { refundId: "r1", cause: "LINES_CANCELLED" });
    const of = { paymentId: paymentOf(orderId), orderId, amountMinor: 100, currency, provider: "stripe", cause: "LINES_CANCELLED" } as const;
    await books.payment(orderId, [
      { type: "RefundReversed", ...of, refundId: "r1", refundReference: "re_1", code: "lost_card" },
      { type: "RefundRequested", ...of, refundId: "r2", repeats: "r1", providerReference: "pi", reason: "again" },
      { type: "PaymentRefunded", ...of, refundId: "r2", refundReference: "re_2", reason: "again" },
    ]);
    await books.work(orderId);
    expect((await books.documents(orderId)).map((document) => (document.type === "CreditNoteIssued" ? [document.refundId, document.amountMinor] : document.type))).toEqual(["InvoiceIssued", ["r1", 100]]);
    expect(await withClient({ url: shop.primary.appUrl }, examineInvoices)).toMatchObject([{ problems: [] }, { problems: [] }]);
  });

  it("bill what was captured at last, less what had been called off since it was authorized", async () => {
    const placed = placedOrder([{ quantity: 4, priceMinor: 999 }, { sku: "SHADE", priceMinor: 500 }]);
    const { orderId, customerId, totals } = placed;
    const paymentId = paymentOf(orderId);
    await books.order(orderId, placed, { type: "OrderPaid", orderId, customerId, paymentId, authorized: true, lines: [] });
    await books.work(orderId);
    expect(await books.documents(orderId)).toEqual([]);
    // A quarter of the line: 999 and a quarter of its tax of 759, rounded.
    const cancelled = { type: "OrderLinesCancelled", orderId, customerId, reason: "", cancelled: [{ sku: "LAMP", quantity: 1 }], revertedMinor: 999 + 190, refundPaymentId: null, shipmentIds: [], packing: 2, stock: [] } as const;
    await books.order(orderId, cancelled);
    await books.captured(placed, totals.totalMinor - cancelled.revertedMinor);
    await books.order(orderId, { type: "OrderPaymentCaptured", orderId, paymentId });
    await books.work(orderId);
    expect(await invoiceOf(orderId)).toMatchObject({
      totalMinor: totals.totalMinor - 1_189, adjustmentMinor: 0, orderTotals: totals, calledOff: [{ sku: "LAMP", quantity: 1 }],
      lines: [{ sku: "LAMP", quantity: 3, netMinor: 2_997, taxMinor: 569 }, { sku: "SHADE", quantity: 1 }],
    });
  });

  it("bill an order that was called off for want of money and taken up again", async () => {
    const placed = placedOrder();
    const { orderId, customerId } = placed;
    await books.order(orderId, placed, { type: "OrderCancelled", orderId, reason: "", cause: "payment_deadline", revertedMinor: placed.totals.totalMinor, refundPaymentId: null, shipmentIds: [], stock: [] });
    await books.captured(placed);
    await books.order(orderId, { type: "OrderReinstated", orderId, customerId, paymentId: paymentOf(orderId), lines: [], owedMinor: placed.totals.totalMinor, stock: [] });
    await books.work(orderId);
    expect(await invoiceOf(orderId)).toMatchObject({ totalMinor: placed.totals.totalMinor });
  });

  it("bill neither what costs nothing nor money that was never wanted, and credit nothing for it", async () => {
    const free = placedOrder([{ priceMinor: 0 }]);
    await books.paid({ ...free, totals: { ...free.totals, shippingMinor: 0, taxMinor: 0, totalMinor: 0 } });
    await books.work(free.orderId);
    expect(await books.documents(free.orderId)).toEqual([]);

    const late = placedOrder();
    const { orderId } = late;
    await books.order(orderId, late, { type: "OrderCancelled", orderId, reason: "", cause: "request", revertedMinor: 0, refundPaymentId: null, shipmentIds: [], stock: [] });
    await books.captured(late);
    await books.order(orderId, { type: "OrderPaymentUnwanted", orderId, paymentId: paymentOf(orderId) });
    await books.refunded(late, late.totals.totalMinor, { cause: "UNWANTED" });
    await books.refunded(late, 1, { cause: "ORDER_CANCELLED" });
    await books.work(orderId);
    expect(await books.documents(orderId)).toEqual([]);
  });

  it("issue the invoice first for a refund that overtakes it; one of which the order has not heard waits", async () => {
    const placed = placedOrder();
    const { orderId, customerId, totals } = placed;
    await books.order(orderId, placed);
    await books.captured(placed);
    await books.refunded(placed, totals.totalMinor, { cause: "ORDER_CANCELLED", refundId: null });
    await expect(books.work(orderId)).rejects.toMatchObject({ reason: "TOO_EARLY" });
    expect(await books.documents(orderId)).toEqual([]);
    await books.order(orderId, { type: "OrderPaid", orderId, customerId, paymentId: paymentOf(orderId), lines: [] });
    await shop.pool.query("DELETE FROM pgboss.job WHERE name = $1 AND data->>'correlationId' = $2", [issueConsumer.queue, orderId]);
    await books.work(orderId);
    expect(await books.documents(orderId)).toMatchObject([
      { type: "InvoiceIssued", totalMinor: totals.totalMinor },
      { type: "CreditNoteIssued", refundId: expect.stringMatching(/^re_/), amountMinor: totals.totalMinor, lines: [{ sku: "LAMP", name: "Lamp", quantity: 1 }], adjustmentMinor: 0 },
    ]);
  });

  it("credit the lines that a refund is for, with their own tax", async () => {
    const placed = await books.paid(placedOrder([{ quantity: 2 }, { sku: "BOOK", name: "Book", priceMinor: 1_299, taxBasisPoints: 700 }]));
    const { orderId, customerId } = placed;
    await books.order(orderId, {
      type: "OrderLinesCancelled", orderId, customerId, reason: "", cancelled: [{ sku: "BOOK", quantity: 1 }], revertedMinor: 1_390, refundPaymentId: paymentOf(orderId), shipmentIds: [], packing: 2, stock: [],
    });
    await books.refunded(placed, 1_390, { cause: "LINES_CANCELLED", causationId: await books.eventId(orderId, "OrderLinesCancelled") });
    await books.order(orderId, {
      type: "OrderReturnInspected", orderId, returnId: "ret", inspected: [{ sku: "LAMP", restocked: 1, scrapped: 0, refused: 1 }], revertedMinor: 1_190, refundPaymentId: paymentOf(orderId), complete: false, stock: [],
    });
    await books.refunded(placed, 1_190, { cause: "RETURNED", causationId: await books.eventId(orderId, "OrderReturnInspected") });
    await books.work(orderId);
    const [invoice, ...notes] = await books.documents(orderId);
    const ofAll = { customerId, invoiceNumber: invoice!.number, currency: "EUR", reason: "as agreed", adjustmentMinor: 0 };
    expect(notes.sort((a, b) => a.sequence - b.sequence).reverse()).toMatchObject([
      { ...ofAll, cause: "LINES_CANCELLED", amountMinor: 1_390, lines: [{ sku: "BOOK", name: "Book", quantity: 1 }], taxTotals: [{ taxBasisPoints: 700, netMinor: 1_299, taxMinor: 91 }] },
      { ...ofAll, cause: "RETURNED", amountMinor: 1_190, lines: [{ sku: "LAMP", name: "Lamp", quantity: 1 }], taxTotals: [{ taxBasisPoints: 1_900, netMinor: 1_000, taxMinor: 190 }] },
    ]);
  });

  it("credit of each rate in proportion where nobody said for what", async () => {
    const placed = await books.paid();
    await books.refunded(placed, 571);
    await books.work(placed.orderId);
    // 1,190 of the lamp and 524 for sending: 1,714 in all, of which 571 are a third.
    expect((await books.documents(placed.orderId))[1]).toMatchObject({
      amountMinor: 571, lines: [], adjustmentMinor: 0,
      taxTotals: [{ taxBasisPoints: 1_900, netMinor: 333, taxMinor: 63 }, { taxBasisPoints: 700, netMinor: 164, taxMinor: 11 }],
    });
  });

  it.each([["JPY", "1714"], ["KWD", "1.714"], ["EUR", "17.14"]])("bill in %s", async (currency, total) => {
    const { orderId } = await books.paid(placedOrder([{}], { currency }));
    await books.work(orderId);
    const invoice = await invoiceOf(orderId);
    expect(toDecimalString({ amountMinor: invoice.totalMinor, currency: invoice.currency })).toBe(total);
  });

  it("are written for the events that they are for and no others", async () => {
    const placed = await books.paid();
    await books.refunded(placed, 1, { cause: "CAPTURED_TWICE" });
    const { rows } = await shop.pool.query("SELECT name FROM pgboss.job WHERE name LIKE 'invoices.%' AND data->>'correlationId' = $1", [placed.orderId]);
    expect(rows).toEqual([{ name: "invoices.issue" }]);
  });
});
