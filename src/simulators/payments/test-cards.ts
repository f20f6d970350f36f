import type { Decline } from "./payment-records.js";

function declined(declineCode: string, message = "Your card was declined.", code = "card_declined"): Decline {
  return { code, declineCode, message };
}

/** What a fault that orders a decline says where it names no reason. */
export const genericDecline = declined("generic_decline");

/** Payment methods that are refused, by Stripe's names (docs.stripe.com/testing). */
const refused: ReadonlyMap<string, Decline> = new Map([
  ["pm_card_chargeDeclined", genericDecline],
  ["pm_card_visa_chargeDeclined", genericDecline],
  ["pm_card_chargeDeclinedInsufficientFunds", declined("insufficient_funds", "Your card has insufficient funds.")],
  ["pm_card_visa_chargeDeclinedInsufficientFunds", declined("insufficient_funds", "Your card has insufficient funds.")],
  ["pm_card_visa_chargeDeclinedLostCard", declined("lost_card")],
  ["pm_card_visa_chargeDeclinedStolenCard", declined("stolen_card")],
  ["pm_card_chargeDeclinedFraudulent", declined("fraudulent")],
  ["pm_card_visa_chargeDeclinedFraudulent", declined("fraudulent")],
  ["pm_card_visa_chargeDeclinedVelocityLimitExceeded", declined("card_velocity_exceeded")],
  ["pm_card_chargeDeclinedExpiredCard", { code: "expired_card", declineCode: null, message: "Your card has expired." }],
  ["pm_card_chargeDeclinedIncorrectCvc", { code: "incorrect_cvc", declineCode: null, message: "Your card's security code is incorrect." }],
  ["pm_card_chargeDeclinedProcessingError", { code: "processing_error", declineCode: null, message: "An error occurred while processing your card." }],
  ["pm_card_chargeCustomerFail", genericDecline],
]);

/** Their owners have to prove who they are, each time. */
const asking: ReadonlySet<string> = new Set(["pm_card_authenticationRequired", "pm_card_threeDSecure2Required", "pm_card_threeDSecureRequired"]);

/** Where nobody is there to be asked, the bank refuses. */
export const authenticationRequired = declined(
  "authentication_required", "Your card was declined. This transaction requires authentication.", "authentication_required",
);

export type CardVerdict = "approved" | "action" | Decline;

/** Null where there is no such payment method: a token of ours begins with `pm_`. Every one that is not listed works. */
export function verdictOf(paymentMethod: string): CardVerdict | null {
  if (!/^pm_\w{1,200}$/.test(paymentMethod)) return null;
  return refused.get(paymentMethod) ?? (asking.has(paymentMethod) ? "action" : "approved");
}

/** How a refund to the card goes: `late` succeeds after a while, `lost` looks well and fails then. */
export function refundsTo(paymentMethod: string | null): "at once" | "late" | "lost" {
  if (paymentMethod === "pm_card_pendingRefund") return "late";
  return paymentMethod === "pm_card_refundFail" ? "lost" : "at once";
}

/** Its owner disputes each payment as soon as it was taken. */
export function disputes(paymentMethod: string | null): boolean {
  return paymentMethod === "pm_card_createDispute";
}
