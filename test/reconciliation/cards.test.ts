import { describe, expect, it } from "@jest/globals";
import type { MismatchEvent, ReconciliationFinished } from "../../src/events/reconciliation.js";
import { mismatchCard } from "../../src/projections/reconciliation/mismatch-card.projection.js";
import { reconciliationCard } from "../../src/projections/reconciliation/reconciliation-card.projection.js";
import { foldBothWays, minute, recorded } from "../projections/in-memory.js";

const day = "2026-01-31";
const found: MismatchEvent = {
  type: "ReconciliationMismatchFound", mismatchId: "m1", day, provider: "stripe", run: "one", kind: "MISSING_HERE", providerReference: "pi_1", paymentId: "p1", orderId: "o1",
  ours: null, theirs: { state: "captured", capturedMinor: 1_000, refundedMinor: 0, feeMinor: null, currency: "EUR" },
};
const settled: MismatchEvent = { type: "ReconciliationMismatchSettled", mismatchId: "m1", day, provider: "stripe", run: "one", how: "REPAIRED" };

describe("the card of a mismatch", () => {
  const cardAfter = (...events: MismatchEvent[]) => foldBothWays(mismatchCard, recorded("mismatch", ({ mismatchId }: MismatchEvent) => mismatchId, events))["m1"];

  it("is open until it is settled, and again when it comes again", () => {
    expect(cardAfter(found)).toMatchObject({ reconciliationId: "stripe-2026-01-31", status: "OPEN", foundAt: minute(1), settledAt: null, version: 1 });
    expect(cardAfter(found, settled)).toMatchObject({ status: "REPAIRED", foundAt: minute(1), settledAt: minute(2), theirs: { capturedMinor: 1_000 }, version: 2 });
    expect(cardAfter(found, settled, { ...found, run: "two" })).toMatchObject({ status: "OPEN", foundAt: minute(3), settledAt: null, version: 3 });
  });
  it("cannot be settled before it was found", () => {
    expect(() => cardAfter(settled)).toThrow("settled before it was found");
  });
});

describe("the card of a reconciliation", () => {
  it("is what the last run came to, and counts the runs", () => {
    const finished: ReconciliationFinished = { type: "ReconciliationFinished", day, provider: "stripe", run: "one", compared: 9, found: 2, repaired: 1, open: 1, beganAt: minute(0) };
    const events = recorded("reconciliation", () => "stripe-2026-01-31", [finished, { ...finished, run: "two", found: 1, repaired: 0 }]);
    expect(foldBothWays(reconciliationCard, events)).toEqual({
      "stripe-2026-01-31": { reconciliationId: "stripe-2026-01-31", provider: "stripe", day, compared: 9, found: 1, repaired: 0, open: 1, runs: 2, beganAt: minute(0), finishedAt: minute(2), version: 2 },
    });
  });
});
