import { describe, expect, it } from "@jest/globals";
import { paymentDecider, type PaymentCommand } from "../../src/commands/payments/payment.decider.js";
import type { PaymentEvent } from "../../src/events/payments.js";
import { fold } from "../../src/kernel/decider.js";
import { specification } from "../support/specification.js";

const given = specification(paymentDecider);
const ids = { paymentId: "p1", orderId: "o1" };
const charge = { ...ids, amountMinor: 1_000, currency: "EUR", provider: "stripe", providerReference: "pi_1" };
const capture: PaymentCommand = { type: "RecordCapture", ...charge };
const captured: PaymentEvent = { type: "PaymentCaptured", ...charge };
const fail: PaymentCommand = { type: "RecordFailure", ...ids, code: "card_declined" };
const failed: PaymentEvent = { type: "PaymentFailed", ...ids, code: "card_declined" };
const back = (refundReference: string, amountMinor: number) => ({ ...ids, amountMinor, currency: "EUR", refundReference, reason: "returned" });
const refund = (reference: string, amountMinor: number): PaymentCommand => ({ type: "RecordRefund", ...back(reference, amountMinor) });
const refunded = (reference: string, amountMinor: number): PaymentEvent => ({ type: "PaymentRefunded", ...back(reference, amountMinor) });

describe("a payment", () => {
  it("is captured once, whoever tells it first", () => {
    given().when(capture).then(captured);
    given(captured).when(capture).thenNothing();
    given(captured).when({ ...capture, providerReference: "pi_2" }).thenNothing();
  });
  it("of nothing is captured once as well", () => {
    const free = { ...charge, amountMinor: 0 };
    given({ type: "PaymentCaptured", ...free }).when({ type: "RecordCapture", ...free }).thenNothing();
  });
  it("fails once, and only while nothing was captured", () => {
    given().when(fail).then(failed);
    given(failed).when(fail).thenNothing();
    given(captured).when(fail).thenNothing();
  });
  it("can be captured after it failed: the provider has the last word", () => given(failed).when(capture).then(captured));
  it("is refunded in parts, each once", () => {
    given(captured).when(refund("re_1", 400)).then(refunded("re_1", 400));
    given(captured, refunded("re_1", 400)).when(refund("re_1", 400)).thenNothing();
    given(captured, refunded("re_1", 400)).when(refund("re_2", 600)).then(refunded("re_2", 600));
  });
  it("never gives back more than it took", () => {
    given(captured, refunded("re_1", 400)).when(refund("re_2", 601)).refuses("REFUND_TOO_LARGE");
    given().when(refund("re_1", 1)).refuses("REFUND_TOO_LARGE");
  });
  it("says where it stands", () => {
    const status = (...events: readonly PaymentEvent[]) => fold(paymentDecider, events).status;
    expect([status(), status(failed), status(captured), status(captured, refunded("re_1", 400)), status(captured, refunded("re_1", 1_000))])
      .toEqual(["PENDING", "FAILED", "CAPTURED", "PARTIALLY_REFUNDED", "REFUNDED"]);
  });
});
