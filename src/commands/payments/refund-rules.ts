import type { PaymentEvent, RefundCause } from "../../events/payments.js";
import { toDecimalString } from "../../kernel/money.js";
import { Refusal } from "../../kernel/refusal.js";
import { Undecided } from "../../kernel/undecided.js";
import type { Payment, Refund } from "./payment-state.js";
import type { Recorded } from "./payment.decider.js";

/** The provider that is a person with a bank account. */
const transfer = "bank_transfer";

/** What may still be given back: captured, less what was given or promised. A lost dispute has given its part back by itself. */
export function refundableMinor({ capturedMinor, lostMinor, refunds }: Payment): number {
  return Math.max(0, capturedMinor - lostMinor - promisedMinor(refunds, () => true));
}

/** What went back by whoever took the money: what a person paid back by transfer stands in no provider's books but our own. */
export function refundedAtTaker({ refundedMinor, refunds, provider }: Payment): number {
  let byOthers = 0;
  for (const refund of refunds.values()) {
    if (refund.state === "done" && refund.cause !== "CAPTURED_TWICE" && refund.provider !== provider) byOthers += refund.amountMinor;
  }
  return refundedMinor - byOthers;
}

/** The refund of a charge that came twice: a function of the charge, so that it goes back once. */
export function strayRefundId(providerReference: string): string {
  return `stray:${providerReference}`;
}

/** What gives a charge back that came twice: its own refund, or where that came to nothing the last one that was to make it good. */
export function refundOfStray({ refunds }: Payment, providerReference: string): readonly [string, Refund] | undefined {
  const first = strayRefundId(providerReference);
  return [...refunds].findLast(([refundId, { repeats }]) => refundId === first || repeats === first);
}

/**
 * Who took the money that the news speaks of.
 * @throws Undecided TOO_EARLY where the news overtook that of the capture: it comes again
 */
export function takerOf({ capturedMinor, provider }: Payment): string {
  if (capturedMinor === 0 || provider === null) throw new Undecided("TOO_EARLY", "This payment is not known to be captured yet; repeat in a moment.");
  return provider;
}

export function requested(command: Recorded<"RequestRefund">, payment: Payment): readonly PaymentEvent[] {
  const { paymentId, orderId, refundId, reason } = command;
  const { currency, provider, providerReference } = payment;
  if (payment.refunds.has(refundId)) return [];
  const stray = command.cause === "GOODWILL" ? wantedStray(command, payment) : null;
  if (stray) return [{ type: "RefundRequested", paymentId, orderId, refundId, ...stray, ...(command.byTransfer ? { provider: transfer } : {}), reason }];
  const amountMinor = command.cause === "GOODWILL" ? wishedMinor(command, payment) : excessMinor(command, payment);
  if (amountMinor === 0 || currency === null || provider === null || providerReference === null) return [];
  const asWhat = command.cause === "GOODWILL" ? madeGood(command, amountMinor, payment) : { cause: command.cause };
  const giver = command.byTransfer ? transfer : provider;
  return [{ type: "RefundRequested", paymentId, orderId, refundId, amountMinor, currency, provider: giver, providerReference, ...asWhat, reason }];
}

/**
 * A charge that came twice and that nobody gives back any more, where an operator wants exactly that much, or all that is
 * left of an order of which that is all.
 */
function wantedStray({ amountMinor: wanted }: Recorded<"RequestRefund">, payment: Payment): Stray | null {
  const { strays, currency } = payment;
  if (currency === null || isDisputed(payment)) return null;
  for (const [providerReference, amountMinor] of strays) {
    const [, refund] = refundOfStray(payment, providerReference) ?? [];
    const isMeant = wanted === amountMinor || (wanted === "all" && refundableMinor(payment) === 0);
    if (!isMeant || refund?.state !== "failed") continue;
    const first = strayRefundId(providerReference);
    return { amountMinor, currency, provider: payment.refunds.get(first)?.provider ?? refund.provider, providerReference, cause: "CAPTURED_TWICE", repeats: first };
  }
  return null;
}

type Stray = Pick<Extract<PaymentEvent, { type: "RefundRequested" }>, "amountMinor" | "currency" | "provider" | "providerReference" | "cause" | "repeats">;

function isDisputed({ disputes }: Payment): boolean {
  return [...disputes.values()].includes("open");
}

/** An operator's wish is met or refused. */
function wishedMinor({ amountMinor: wanted }: Recorded<"RequestRefund">, payment: Payment): number {
  if (payment.capturedMinor === 0) throw new Refusal("PAYMENT_NOT_CAPTURED", "Nothing was charged that could be given back.", "orderId");
  if (isDisputed(payment)) {
    throw new Refusal("PAYMENT_DISPUTED", "The buyer's bank has taken the money back and asks why; wait until the dispute is closed.", "orderId");
  }
  if (wanted !== "all" && wanted < 1) throw new Refusal("INVALID_AMOUNT", "A refund is of more than nothing.", "amount");
  const left = refundableMinor(payment);
  if (left === 0 || (wanted !== "all" && wanted > left)) {
    throw new Refusal("REFUND_TOO_LARGE", `At most ${toDecimalString({ amountMinor: left, currency: payment.currency ?? "" })} ${payment.currency ?? ""} can still be refunded.`, "amount");
  }
  return wanted === "all" ? left : wanted;
}

/**
 * What an operator's refund is. One of exactly the amount of a refund that came to nothing makes that good, once; and what is
 * owed to the buyer, since such a refund was for it, is not granted a second time.
 */
function madeGood({ keepMinor }: Recorded<"RequestRefund">, amountMinor: number, payment: Payment): { readonly cause: RefundCause; readonly repeats?: string } {
  const all = [...payment.refunds];
  const repeated = new Set(all.filter(([, { state }]) => state !== "failed").map(([, { repeats }]) => repeats));
  const failed = all.filter(([, { state, cause }]) => state === "failed" && cause !== "CAPTURED_TWICE")
    .map(([refundId, refund]) => ({ ...refund, first: refund.repeats ?? refundId })).filter(({ first }) => !repeated.has(first));
  const same = failed.findLast((refund) => refund.amountMinor === amountMinor);
  const isOwed = failed.length > 0 && amountMinor <= owedBack(payment, keepMinor);
  // Goodwill that was given and came back may have stood in for what lines that are called off since are owed.
  const owedFor = [same, ...failed.toReversed()].find((refund) => refund && refund.cause !== "GOODWILL")?.cause ?? "LINES_CANCELLED";
  return { cause: isOwed ? owedFor : "GOODWILL", ...(same ? { repeats: same.first } : {}) };
}

/** What an order gives back by itself is never more than is there beyond what is still owed for it. */
function excessMinor({ amountMinor: wanted, keepMinor }: Recorded<"RequestRefund">, payment: Payment): number {
  const left = refundableMinor(payment);
  return Math.max(0, Math.min(wanted === "all" ? left : wanted, left, owedBack(payment, keepMinor)));
}

/** What was taken beyond what is owed for the order, and was not promised back. */
function owedBack({ capturedMinor, refunds }: Payment, keepMinor: number): number {
  return capturedMinor - keepMinor - promisedMinor(refunds, ({ cause }) => cause !== "GOODWILL");
}

/** Given back or promised of the charge that counts. */
function promisedMinor(refunds: ReadonlyMap<string, Refund>, counts: (refund: Refund) => boolean): number {
  let promised = 0;
  for (const refund of refunds.values()) {
    if (refund.state !== "failed" && refund.cause !== "CAPTURED_TWICE" && counts(refund)) promised += refund.amountMinor;
  }
  return promised;
}

export function refunded(command: Recorded<"RecordRefund">, payment: Payment): readonly PaymentEvent[] {
  const { paymentId, orderId, refundId, amountMinor, currency, refundReference, reason, providerReference } = command;
  if (payment.refundReferences.has(refundReference)) return [];
  if (refundId === null && providerReference !== undefined && payment.strays.has(providerReference)) return strayRefunded(command, providerReference, payment);
  const request = refundId === null ? undefined : payment.refunds.get(refundId);
  // After its end, done or failed, news of its beginning is late.
  if (request && request.state !== "requested") return [];
  const provider = request?.provider ?? takerOf(payment);
  // One that we did not ask for was made at the provider beside us: it has happened, whatever we think of it.
  const cause = request?.cause ?? "GOODWILL";
  return [{ type: "PaymentRefunded", paymentId, orderId, amountMinor, currency, refundReference, reason, provider, refundId: request ? refundId : null, cause }];
}

/** Somebody gave a charge that came twice back at the provider, beside us: nothing of the one that counts. */
function strayRefunded(command: Recorded<"RecordRefund">, providerReference: string, payment: Payment): readonly PaymentEvent[] {
  const { paymentId, orderId, amountMinor, currency, refundReference, reason } = command;
  const [refundId, refund] = refundOfStray(payment, providerReference) ?? [];
  const provider = payment.refunds.get(strayRefundId(providerReference))?.provider ?? takerOf(payment);
  const answers = refundId !== undefined && refund?.state === "requested" && refund.provider === provider && refund.amountMinor === amountMinor;
  const asWhat = answers ? { refundId } : { refundId: null, repeats: strayRefundId(providerReference) };
  return [{ type: "PaymentRefunded", paymentId, orderId, amountMinor, currency, refundReference, reason, provider, cause: "CAPTURED_TWICE", ...asWhat }];
}

/** One that was refused failed; one that had counted as given is taken back. Of one that nobody knows there is nothing to say. */
export function refundFailed({ paymentId, orderId, refundId, refundReference, code }: Recorded<"RecordRefundFailure">, payment: Payment): readonly PaymentEvent[] {
  const key = refundId !== null && payment.refunds.has(refundId) ? refundId : refundReference;
  const refund = key === null ? undefined : payment.refunds.get(key);
  if (key === null || !refund || refund.state === "failed") return [];
  const { amountMinor, cause, reference } = refund;
  if (reference === null) return [{ type: "RefundFailed", paymentId, orderId, refundId: key, amountMinor, code }];
  // Our own call was refused after its refund was made: it asked for another one.
  if (refundReference === null || payment.currency === null) return [];
  const { currency } = payment;
  return [{
    type: "RefundReversed", paymentId, orderId, refundId: key === reference ? null : key, refundReference: reference, amountMinor, currency,
    provider: refund.provider, code, cause,
  }];
}
