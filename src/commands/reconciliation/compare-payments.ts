import type { AccountOfPayment, MismatchKind } from "../../events/reconciliation.js";
import type { ProviderPayment } from "../../gateways/payments/payment-port.js";
import { foldPayment, refundedAtTaker, refundOfStray, type Payment, type PaymentCommand } from "../payments/payments.steps.js";

/** What we know of a payment of the provider's. */
export interface OurSide {
  /** Null where nothing was ever recorded. */
  readonly payment: Payment | null;
  /** What the order costs; null where we have no such order. */
  readonly expected: { readonly amountMinor: number; readonly currency: string } | null;
}

/** What is wrong with one payment, and what would mend it. */
export interface Difference {
  readonly kind: MismatchKind;
  readonly ours: AccountOfPayment | null;
  readonly theirs: AccountOfPayment | null;
  /** What a webhook would have recorded; none where a person has to decide. */
  readonly repairs: readonly PaymentCommand[];
}

interface Pair {
  readonly provider: string;
  readonly theirs: ProviderPayment;
  readonly ours: OurSide & { readonly payment: Payment };
  readonly of: { readonly paymentId: string; readonly orderId: string };
}

/** Our own words beside a refund that was found in the provider's books. */
const foundThere = "found in the provider's books";

/**
 * Compares one payment of the provider's with ours; at most one difference of a kind. What is still under way on our
 * side, e.g. a refund that is requested, is no difference.
 */
export function comparePayments(provider: string, theirs: ProviderPayment, ours: OurSide): readonly Difference[] {
  const { paymentId, orderId } = theirs;
  const { payment, expected } = ours;
  if (paymentId === null || orderId === null || expected === null || (payment?.orderId ?? orderId) !== orderId) {
    return hasMoney(theirs) ? [{ kind: "MISSING_HERE", ours: null, theirs: theirAccount(theirs), repairs: [] }] : [];
  }
  const of = { paymentId, orderId };
  if (payment === null) return unknownHere({ provider, theirs, ours: { payment: nothing, expected }, of }, null);
  const pair = { provider, theirs, ours: { payment, expected }, of };
  if (payment.providerReference === theirs.providerReference) return known(pair);
  if (payment.strays.has(theirs.providerReference)) return stray(pair);
  return unknownHere(pair, ourAccount(payment));
}

/** The provider does not know what we took for charged there. */
export function missingThere(payment: Payment): Difference {
  return { kind: "MISSING_THERE", ours: ourAccount(payment), theirs: null, repairs: [] };
}

/** As long as nothing is recorded, the first attempt is open. */
const nothing = foldPayment([]);

/** A charge whose answer and news were both lost, or that was never ours to make. */
function unknownHere(pair: Pair, ours: AccountOfPayment | null): readonly Difference[] {
  const { theirs, ours: { payment } } = pair;
  const found = (kind: MismatchKind, repairs: readonly PaymentCommand[]): readonly Difference[] => [{ kind, ours, theirs: theirAccount(theirs), repairs }];
  const isOpen = payment.status === "PENDING" || payment.status === "UNKNOWN";
  switch (theirs.status) {
    case "captured":
      if (!isWhole(pair, theirs.capturedMinor)) return found("AMOUNT_DIFFERS", []);
      return found("MISSING_HERE", capture(pair));
    case "authorized":
      return found("STATE_DIFFERS", isWhole(pair, theirs.amountMinor) && (isOpen || payment.status === "FAILED") && payment.attempt === theirs.attempt
        ? authorization(pair) : []);
    case "failed":
      return isOpen && payment.attempt === theirs.attempt && ours !== null ? found("STATE_DIFFERS", []) : [];
    case "voided":
    case "pending":
      return [];
  }
}

/** The charge that counts, on both sides. */
function known(pair: Pair): readonly Difference[] {
  const { theirs, ours: { payment } } = pair;
  const found = (kind: MismatchKind, repairs: readonly PaymentCommand[] = []): Difference =>
    ({ kind, ours: ourAccount(payment), theirs: theirAccount(theirs), repairs });
  const isCaptured = payment.capturedMinor > 0;
  switch (theirs.status) {
    case "captured": {
      if (!isCaptured) return [found("MISSING_HERE", isPart(pair, theirs.capturedMinor) ? capture(pair) : [])];
      const amounts = amountRepairs(pair);
      return [
        ...(amounts === null ? [] : [found("AMOUNT_DIFFERS", amounts)]),
        ...(isDisputedAlike(payment, theirs) ? [] : [found("STATE_DIFFERS")]),
      ];
    }
    case "authorized":
      if (payment.status !== "AUTHORIZED") return [found("STATE_DIFFERS")];
      return payment.authorizedMinor === theirs.amountMinor && payment.currency === theirs.currency ? [] : [found("AMOUNT_DIFFERS")];
    case "failed":
    case "voided":
    case "pending":
      return isCaptured || payment.status === "AUTHORIZED" ? [found("STATE_DIFFERS")] : [];
  }
}

/** A charge beside the one that counts: it goes back whole. */
function stray(pair: Pair): readonly Difference[] {
  const { theirs, ours: { payment } } = pair;
  const { providerReference, refundedMinor } = theirs;
  const [refundId, refund] = refundOfStray(payment, providerReference) ?? [];
  // One that a person pays by transfer stands in no provider's books.
  const state = refund?.provider === pair.provider ? refund.state : null;
  const amountMinor = payment.strays.get(providerReference) ?? 0;
  const ours: AccountOfPayment = {
    state: "CAPTURED_TWICE", capturedMinor: amountMinor, refundedMinor: state === "done" ? amountMinor : 0, feeMinor: null, currency: payment.currency,
  };
  const found = (kind: MismatchKind, repairs: readonly PaymentCommand[] = []): readonly Difference[] => [{ kind, ours, theirs: theirAccount(theirs), repairs }];
  if (theirs.status !== "captured") return found("STATE_DIFFERS");
  if (theirs.capturedMinor !== amountMinor) return found("AMOUNT_DIFFERS");
  if (refundedMinor === ours.refundedMinor) return [];
  return found("AMOUNT_DIFFERS", refundId !== undefined && state === "requested" && refundedMinor === amountMinor ? [refunded(pair, refundId, amountMinor)] : []);
}

/** Null where all amounts of a capture are the same; otherwise what can be recorded of the difference. */
function amountRepairs(pair: Pair): readonly PaymentCommand[] | null {
  const { theirs, ours: { payment }, of } = pair;
  if (theirs.capturedMinor !== payment.capturedMinor || theirs.currency !== payment.currency) return [];
  const missingMinor = theirs.refundedMinor - refundedAtTaker(payment);
  const { feeMinor } = theirs;
  if (missingMinor === 0 && (feeMinor === null || feeMinor === payment.feeMinor)) return null;
  const fee: readonly PaymentCommand[] = feeMinor !== null && payment.feeMinor === null ? [{ type: "RecordFee", ...of, feeMinor }] : [];
  return [...fee, ...answeredRefunds(payment, missingMinor).map(([refundId, amountMinor]) => refunded(pair, refundId, amountMinor))];
}

/** Our own requests that the difference answers without doubt: one of exactly that amount, or all together. */
function answeredRefunds({ refunds, provider: taker }: Payment, missingMinor: number): readonly (readonly [string, number])[] {
  if (missingMinor <= 0) return [];
  const requested = [...refunds].filter(([, { state, cause, provider }]) => state === "requested" && cause !== "CAPTURED_TWICE" && provider === taker)
    .map(([refundId, { amountMinor }]) => [refundId, amountMinor] as const);
  const exact = requested.filter(([, amountMinor]) => amountMinor === missingMinor);
  if (exact.length === 1) return exact;
  return requested.reduce((sum, [, amountMinor]) => sum + amountMinor, 0) === missingMinor ? requested : [];
}

/** A provider says for ever that a payment was disputed; we know of each dispute whether it is over. */
function isDisputedAlike({ disputes }: Payment, { disputed }: ProviderPayment): boolean {
  return disputed ? disputes.size > 0 : ![...disputes.values()].includes("open");
}

/** Money that went back already, or is fought over, is not for an order to be sent on. */
function capture({ provider, theirs, ours: { expected }, of }: Pair): readonly PaymentCommand[] {
  if (theirs.refundedMinor > 0 || theirs.disputed || expected === null) return [];
  const { attempt, capturedMinor: amountMinor, currency, providerReference, feeMinor } = theirs;
  const fee = feeMinor === null ? {} : { feeMinor };
  return [{ type: "RecordCapture", ...of, attempt, amountMinor, currency, provider, providerReference, expected, newsId: newsIdOf(theirs), ...fee }];
}

function authorization({ provider, theirs, ours: { expected }, of }: Pair): readonly PaymentCommand[] {
  if (expected === null) return [];
  const { attempt, amountMinor, currency, providerReference } = theirs;
  return [{ type: "RecordAuthorization", ...of, attempt, amountMinor, currency, provider, providerReference, expected, newsId: newsIdOf(theirs) }];
}

/** The provider's list tells sums, no references: the request's own id keeps a late answer or webhook from counting twice. */
function refunded({ theirs: { currency }, of }: Pair, refundId: string, amountMinor: number): PaymentCommand {
  return { type: "RecordRefund", ...of, refundId, amountMinor, currency, refundReference: `listed:${refundId}`, reason: foundThere };
}

/** The same state of the same payment is the same news, in however many runs it is met. */
function newsIdOf({ providerReference, status }: ProviderPayment): string {
  return `listed:${providerReference}:${status}`;
}

function hasMoney({ status }: ProviderPayment): boolean {
  return status === "captured" || status === "authorized";
}

function isWhole({ theirs: { currency }, ours: { expected } }: Pair, amountMinor: number): boolean {
  return expected !== null && currency === expected.currency && amountMinor === expected.amountMinor;
}

/** Less than the whole is captured where lines were called off after it was authorized. */
function isPart({ theirs: { currency }, ours: { expected } }: Pair, amountMinor: number): boolean {
  return expected !== null && currency === expected.currency && amountMinor <= expected.amountMinor;
}

function theirAccount({ status, capturedMinor, refundedMinor, feeMinor, currency, disputed }: ProviderPayment): AccountOfPayment {
  return { state: disputed ? `${status}, disputed` : status, capturedMinor, refundedMinor, feeMinor, currency };
}

function ourAccount(payment: Payment): AccountOfPayment {
  const { status, capturedMinor, feeMinor, currency } = payment;
  return { state: status, capturedMinor, refundedMinor: refundedAtTaker(payment), feeMinor, currency };
}
