import { afterAll, describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { closeDispute, openDispute } from "../../../src/simulators/payments/disputes.js";
import { cancelIntent, captureIntent, confirmIntent, createIntent, type Action } from "../../../src/simulators/payments/intent-actions.js";
import { PaymentLedger } from "../../../src/simulators/payments/payment-ledger.js";
import { createRefund, settleRefund } from "../../../src/simulators/payments/refund-actions.js";
import { StripeProblem } from "../../../src/simulators/payments/stripe-errors.js";
import { StripeForm } from "../../../src/simulators/payments/stripe-form.js";
import { refundedOf } from "../../../src/simulators/payments/payment-records.js";

const amount = fc.integer({ min: 1, max: 300 });
const which = fc.nat({ max: 5 });
const card = fc.constantFrom("pm_card_visa", "pm_card_chargeDeclined", "pm_card_refundFail", "pm_card_pendingRefund", "pm_card_createDispute", "pm_card_authenticationRequired");

const step = fc.oneof(
  fc.record({ do: fc.constant("create" as const), amount, card, manual: fc.boolean(), confirm: fc.boolean(), currency: fc.constantFrom("eur", "jpy"), order: which }),
  fc.record({ do: fc.constant("confirm" as const), which, card }),
  fc.record({ do: fc.constant("capture" as const), which, amount: fc.option(amount) }),
  fc.record({ do: fc.constant("cancel" as const), which }),
  fc.record({ do: fc.constant("refund" as const), which, amount: fc.option(amount) }),
  fc.record({ do: fc.constant("failRefund" as const), which }),
  fc.record({ do: fc.constant("dispute" as const), which, amount: fc.option(amount) }),
  fc.record({ do: fc.constant("close" as const), which, won: fc.boolean() }),
);

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

function perform(ledger: PaymentLedger, given: Step): void {
  const act = (form: Record<string, string>): Action => ({
    ledger, form: new StripeForm(new URLSearchParams(form)), by: null, at: 1, fee: (of) => Math.round(of * 0.014) + 25, forced: null,
  });
  if (given.do === "create") {
    createIntent(act({
      amount: String(given.amount), currency: given.currency, payment_method: given.card, capture_method: given.manual ? "manual" : "automatic",
      confirm: String(given.confirm), "payment_method_types[]": "card", "metadata[order_id]": String(given.order),
    }));
    return;
  }
  const payment = ledger.payments.at(-1 - given.which);
  if (!payment) return;
  const { id } = payment.terms;
  switch (given.do) {
    case "confirm": confirmIntent(act({ payment_method: given.card }), id); return;
    case "capture": captureIntent(act(given.amount === null ? {} : { amount_to_capture: String(given.amount) }), id); return;
    case "cancel": cancelIntent(act({}), id); return;
    case "refund": createRefund(act({ payment_intent: id, ...(given.amount !== null && { amount: String(given.amount) }) })); return;
    case "failRefund": settleRefund(ledger, payment.refunds.at(-1)?.id ?? "", "declined", 1); return;
    case "dispute": openDispute(ledger, { paymentIntent: id, amount: given.amount, reason: "fraudulent" }, 1); return;
    case "close": closeDispute(ledger, payment.dispute?.id ?? "", given.won, 1);
  }
}

/** What is not possible is refused, and changes nothing. */
function attempt(ledger: PaymentLedger, given: Step): void {
  const before = JSON.stringify(ledger.totals());
  try {
    perform(ledger, given);
  } catch (error) {
    if (!(error instanceof StripeProblem)) throw error;
    expect(JSON.stringify(ledger.totals())).toBe(before);
  }
}

describe("the provider's books", () => {
  const directory = mkdtempSync(join(tmpdir(), "millrace-books-"));
  let runs = 0;
  // Also where a run fails.
  afterAll(() => { rmSync(directory, { recursive: true }); });

  it("add up after whatever happens, and are the same after a restart", () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const file = join(directory, `${String(runs++)}.jsonl`);
      const ledger = new PaymentLedger(file);
      for (const each of steps) attempt(ledger, each);
      const totals = ledger.totals();
      for (const currency of ["EUR", "JPY"]) {
        const of = (sums: Readonly<Record<string, number>>): number => sums[currency] ?? 0;
        expect(of(totals.cashMinor)).toBe(of(totals.chargedMinor) - of(totals.refundedMinor) - of(totals.feesMinor) - of(totals.disputedMinor) + of(totals.adjustedMinor));
        const captured = ledger.payments.filter(({ terms }) => terms.currency === currency.toLowerCase()).reduce((sum, payment) => sum + payment.captured, 0);
        expect(of(totals.chargedMinor)).toBe(captured);
      }
      for (const payment of ledger.payments) {
        expect(payment.captured).toBeLessThanOrEqual(payment.terms.amount);
        expect(refundedOf(payment)).toBeLessThanOrEqual(payment.captured);
      }
      ledger.close();
      const again = new PaymentLedger(file);
      expect(again.totals()).toEqual(totals);
      expect(again.payments).toEqual(ledger.payments);
      expect(again.balance.entries).toEqual(ledger.balance.entries);
      again.close();
    }), { numRuns: 150 });
  });
});
