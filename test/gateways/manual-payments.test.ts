import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { BankTransferPayments, CashOnDeliveryPayments } from "../../src/gateways/payments/manual-payments.js";
import { readTransferReference, transferReference } from "../../src/gateways/payments/transfer-reference.js";

const request = { paymentId: "pay-1", orderId: "order-1", attempt: 1, amountMinor: 1_999, currency: "EUR", token: null, capture: true, idempotencyKey: "k" };
const ofReference = { providerReference: "x", idempotencyKey: "k" };

describe("a bank transfer", () => {
  const transfer = new BankTransferPayments({ waitSeconds: 7 * 86_400 });
  it("is awaited under a reference that belongs to its attempt", async () => {
    expect(await transfer.authorize(request)).toEqual({ kind: "awaited", providerReference: transferReference("pay-1", 1), waitSeconds: 604_800 });
    expect(await transfer.authorize(request)).toEqual(await transfer.authorize({ ...request, idempotencyKey: "other" }));
    expect(await transfer.authorize({ ...request, attempt: 2 })).not.toEqual(await transfer.authorize(request));
  });
  it("has nobody to ask", async () => {
    expect([await transfer.retrieve(), await transfer.find(), await transfer.list()]).toEqual([null, [], { payments: [], cursor: null }]);
  });
});

describe("cash on delivery", () => {
  const cash = new CashOnDeliveryPayments();
  it("lets the order go at once, is taken as told, let go as told", async () => {
    expect(await cash.authorize(request)).toEqual({ kind: "authorized", providerReference: transferReference("pay-1", 1), amountMinor: 1_999, currency: "EUR" });
    expect(await cash.capture({ ...ofReference, amountMinor: 1_500, currency: "EUR" })).toEqual({ kind: "captured", amountMinor: 1_500, currency: "EUR" });
    expect(await cash.void()).toEqual({ kind: "voided" });
  });
  it("is given back by a person, once a refund", async () => {
    const refund = { ...ofReference, refundId: "r1", paymentId: "pay-1", orderId: "order-1", amountMinor: 5, currency: "EUR", reason: "why" };
    expect(await cash.refund(refund)).toEqual({ kind: "refunded", refundReference: "by-hand:r1", amountMinor: 5, currency: "EUR" });
  });
});

describe("a transfer's reference", () => {
  const references = fc.tuple(fc.uuid(), fc.integer({ min: 1, max: 20 })).map(([paymentId, attempt]) => transferReference(paymentId, attempt));
  const signs = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

  it("is short, has no signs that look alike, and is read however it was typed", () => {
    fc.assert(fc.property(references, (reference) => {
      expect(reference).toMatch(/^[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{5}-[2-9A-HJ-NP-Z]$/);
      for (const typed of [reference, reference.toLowerCase(), reference.replaceAll("-", ""), ` ${reference.replaceAll("-", " ")} `]) expect(readTransferReference(typed)).toBe(reference);
    }));
  });
  it("is not taken for another when one sign is wrong", () => {
    fc.assert(fc.property(references, fc.nat({ max: 9 }), fc.nat({ max: 31 }), (reference, place, sign) => {
      const plain = reference.replaceAll("-", "");
      const other = plain.slice(0, place) + signs[sign]! + plain.slice(place + 1);
      expect(readTransferReference(other)).toBe(other === plain ? reference : null);
    }));
  });
  it("finds most signs that changed places", () => {
    const all = Array.from({ length: 500 }, (_, payment) => transferReference(`pay-${String(payment)}`, 1).replaceAll("-", ""));
    const swapped = all.flatMap((reference) => Array.from({ length: 9 }, (_, place) => reference.slice(0, place) + reference[place + 1]! + reference[place]! + reference.slice(place + 2)).filter((other) => other !== reference));
    const unnoticed = swapped.filter((other) => readTransferReference(other) !== null);
    expect(unnoticed.length / swapped.length).toBeLessThan(0.01);
  });
  it("of 50,000 payments none is another's", () => {
    const seen = new Set(Array.from({ length: 50_000 }, (_, payment) => transferReference(`pay-${String(payment)}`, 1)));
    expect(seen.size).toBe(50_000);
  });
});
