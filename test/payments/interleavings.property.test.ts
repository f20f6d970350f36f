import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { cancelOrderLines } from "../../src/commands/orders/cancel-order-lines.js";
import { cancelOrder } from "../../src/commands/orders/cancel-order.js";
import { confirmParcelBooked } from "../../src/commands/orders/follow-order.js";
import { advanceParcel } from "../../src/commands/orders/follow-parcel.js";
import { refundPayment } from "../../src/commands/payments/refund-payment.js";
import { retryPayment } from "../../src/commands/payments/retry-payment.js";
import { by, customer, operator } from "../bus/shop.js";
import type { Fate } from "./scripted-provider.js";
import { openTill, type Till } from "./till.js";

type Step =
  | { readonly kind: "job"; readonly pick: number; readonly fate: Fate }
  | { readonly kind: "webhook"; readonly pick: number }
  | { readonly kind: "ask" | "cancel" | "deadline" | "retry" | "lines" | "ship" | "lag" }
  | { readonly kind: "refund"; readonly amountMinor: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("job" as const), pick: fc.nat(20), fate: fc.constantFrom<Fate>("done", "done", "lost", "down", "declined:card_declined") }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("webhook" as const), pick: fc.nat(5) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom("ask" as const, "cancel" as const, "deadline" as const, "retry" as const, "lines" as const, "ship" as const, "lag" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("refund" as const), amountMinor: fc.constantFrom(100, 1_000, 3_000) }) },
);

const system = { role: "system", id: "test" } as const;

describe.each([["order"], ["shipment"]])("an order that is captured on %s, whatever happens in whatever order", (captureOn) => {
  let till: Till;
  beforeAll(async () => { till = await openTill({ CAPTURE_ON: captureOn, PAYMENT_RETRY_SECONDS: "0", PAYMENT_ASK_SECONDS: "1,1,1" }); });
  afterAll(() => till.close());

  const chargesOf = (orderId: string) => [...till.provider.charges.values()].filter(({ request }) => request.orderId === orderId);

  /** What a webhook says of a charge as it stands. One that comes too early, comes again. */
  async function tell(orderId: string, pick: number): Promise<void> {
    const charges = chargesOf(orderId);
    const charge = charges[pick % Math.max(1, charges.length)];
    if (!charge || charge.status === "pending") return;
    const { reference, status } = charge;
    await till.webhook(till.provider.newsOf(reference, status)).catch(() => undefined);
    for (const refund of till.provider.refunds.values()) {
      if (refund.charge !== reference) continue;
      const news = { ...till.provider.newsOf(reference, "captured", `evt_${refund.reference}`), kind: "refunded", refundReference: refund.reference, refundId: refund.refundId, amountMinor: refund.amountMinor };
      await till.webhook(news as never).catch(() => undefined);
    }
  }

  async function ship(orderId: string): Promise<void> {
    const { status, lines, cancelled, packing } = await till.order(orderId);
    if (status !== "PAID") return;
    const parcel = lines.map(({ sku, quantity }) => ({ sku, quantity: quantity - (cancelled.get(sku) ?? 0) }));
    await till.bus.execute(confirmParcelBooked, { orderId, shipmentId: `s-${orderId}`, lines: parcel, parcelCount: 1, packing }, by(system));
    await till.bus.execute(advanceParcel, { orderId, shipmentId: `s-${orderId}`, milestone: "left" }, by(system));
  }

  async function act(one: Step, orderId: string): Promise<void> {
    switch (one.kind) {
      case "job":
        till.provider.fates.push(one.fate);
        await till.step(one.pick);
        till.provider.fates.length = 0;
        return;
      case "webhook": return tell(orderId, one.pick);
      case "ask": return till.askNow().catch(() => undefined);
      case "cancel": await till.bus.execute(cancelOrder, { orderId, reason: "x" }, by(customer)); return;
      case "deadline": await till.bus.execute(cancelOrder, { orderId, reason: "x", cause: "payment_deadline", onlyWhileUnpaid: true }, by(system)); return;
      case "retry": await till.bus.execute(retryPayment, { orderId, payment: { method: "CARD", token: "pm_2" } }, by(customer)); return;
      case "lines": await till.bus.execute(cancelOrderLines, { orderId, lines: [{ sku: "TEA", quantity: 1 }], reason: "x" }, by(customer)); return;
      case "ship": return ship(orderId);
      case "lag": till.provider.asking = till.provider.asking === "lags" ? "answers" : "lags"; return;
      case "refund": await till.bus.execute(refundPayment, { orderId, amount: { amountMinor: one.amountMinor, currency: "EUR" }, reason: "x" }, by(operator)); return;
    }
  }

  /** The provider is well again, every webhook comes, every window ends. */
  async function settle(orderId: string): Promise<void> {
    till.provider.asking = "answers";
    for (let round = 0; round < 5; round += 1) {
      await till.work({ late: true, tries: 500 });
      await till.askNow();
      for (let pick = 0; pick < chargesOf(orderId).length; pick += 1) await tell(orderId, pick);
    }
    expect(await till.work({ late: true, tries: 500 })).toEqual([]);
  }

  it("ends paid or called off, charged once, with what is not owed given back once", async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 30, size: "max" }), async (steps) => {
      till.provider.asking = "answers";
      const { orderId } = await till.place({ quantity: 3 });
      for (const one of steps) await act(one, orderId);
      await settle(orderId);
      const [order, payment, charges] = [await till.order(orderId), await till.payment(orderId), chargesOf(orderId)];
      expect(["PAID", "SHIPPED", "CANCELLED"]).toContain(order.status);
      expect(await till.caseOf(orderId)).toEqual(payment.status === "AUTHORIZED" ? expect.anything() : null);

      const counts = charges.find(({ reference, status }) => reference === payment.providerReference && status !== "voided");
      for (const charge of charges) {
        if (charge === counts) continue;
        expect(charge.status).not.toBe("authorized");
        expect(charge.refundedMinor).toBe(charge.capturedMinor); // a charge that does not count went back, whole
      }
      const goodwill = [...payment.refunds.values()].filter(({ cause }) => cause === "GOODWILL").reduce((sum, { amountMinor }) => sum + amountMinor, 0);
      const owed = order.status === "CANCELLED" ? 0 : order.totals.totalMinor - order.revertedMinor;
      if (order.status === "CANCELLED") expect(counts ? counts.capturedMinor - counts.refundedMinor : 0).toBe(0);
      else if (payment.status === "AUTHORIZED") expect(counts).toMatchObject({ status: "authorized", capturedMinor: 0 });
      else expect(counts!.capturedMinor - counts!.refundedMinor).toBe(Math.max(0, owed - goodwill));
      expect([payment.capturedMinor, payment.refundedMinor]).toEqual([counts?.capturedMinor ?? 0, counts?.refundedMinor ?? 0]);
      expect([...payment.refunds.values()].every(({ state }) => state === "done")).toBe(true);
    }), { numRuns: 30, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: false });
  }, 120_000);
});
