import type { PaymentEvent, PaymentMethod, PaymentStatus, RefundCause } from "../../events/payments.js";
import { defineStream, type Decider } from "../../kernel/decider.js";
import { Refusal } from "../../kernel/refusal.js";
import { evolvePayment, isOpen, noPayment, type Payment } from "./payment-state.js";
import { disputeClosed, disputed, inquired } from "./dispute-rules.js";
import { refunded, refundFailed, requested, strayRefundId } from "./refund-rules.js";

interface OfPayment {
  readonly paymentId: string;
  readonly orderId: string;
}

/** What a provider says of one charge, and what had been asked for. */
interface Charge extends OfPayment {
  readonly attempt: number;
  readonly amountMinor: number;
  readonly currency: string;
  readonly provider: string;
  readonly providerReference: string;
  /** What the order costs; news that speaks of anything else is set aside. */
  readonly expected: { readonly amountMinor: number; readonly currency: string };
  /** Identity of the news, where it came by webhook or list; null for the answer to our own call. */
  readonly newsId: string | null;
}

export type PaymentCommand =
  /** `askSeconds`: when to look whether it still stands; absent where it is captured by hand. */
  | Charge & { readonly type: "RecordAuthorization"; readonly askSeconds?: number }
  | Charge & { readonly type: "RecordCapture"; readonly feeMinor?: number }
  | OfPayment & { readonly type: "RecordAwaited"; readonly attempt: number; readonly amountMinor: number; readonly currency: string; readonly provider: string; readonly providerReference: string; readonly waitSeconds: number }
  | OfPayment & { readonly type: "RecordDecline"; readonly attempt: number; readonly code: string; readonly retrySeconds: number }
  /** `since`: when the attempt began, RFC 3339: its key is no older. `askSeconds`: when the provider is asked what became of it. */
  | OfPayment & { readonly type: "RecordUnknown"; readonly attempt: number; readonly provider: string; readonly code: string; readonly waitSeconds: number; readonly since: string; readonly askSeconds: number }
  | OfPayment & { readonly type: "RecordFee"; readonly feeMinor: number }
  | OfPayment & { readonly type: "RetryPayment"; readonly method: PaymentMethod }
  | OfPayment & { readonly type: "GiveUp"; readonly attempt: number; readonly code: string }
  | OfPayment & { readonly type: "RecordVoid"; readonly providerReference: string; readonly reason: string }
  /** `keepMinor`: what is still owed for the order, which no refund touches but one that an operator wants. `byTransfer`: a person pays it, beside whoever took the money. */
  | OfPayment & { readonly type: "RequestRefund"; readonly refundId: string; readonly amountMinor: number | "all"; readonly keepMinor: number; readonly cause: RefundCause; readonly reason: string; readonly byTransfer?: true }
  /** `providerReference`: the charge that it was of; absent where it answers a request. */
  | OfPayment & { readonly type: "RecordRefund"; readonly providerReference?: string; readonly refundId: string | null; readonly amountMinor: number; readonly currency: string; readonly refundReference: string; readonly reason: string }
  | OfPayment & { readonly type: "RecordRefundFailure"; readonly refundId: string | null; readonly refundReference: string | null; readonly code: string }
  | OfPayment & { readonly type: "RecordDispute"; readonly disputeReference: string; readonly amountMinor: number; readonly currency: string; readonly reason: string }
  /** `isOver`: the bank asks no more. */
  | OfPayment & { readonly type: "RecordInquiry"; readonly isOver: boolean; readonly disputeReference: string; readonly amountMinor: number; readonly currency: string; readonly reason: string }
  | OfPayment & { readonly type: "CloseDispute"; readonly disputeReference: string; readonly outcome: "won" | "lost"; readonly amountMinor: number; readonly currency: string };

/**
 * News of a payment comes twice, by answer and by webhook, in any order: what is known already says nothing new, what
 * contradicts it is kept as history, and money that came twice goes back once.
 */
export const paymentDecider: Decider<Payment, PaymentCommand, PaymentEvent> = {
  initial: noPayment,
  decide(command, payment) {
    const { paymentId, orderId } = command;
    const of = { paymentId, orderId };
    switch (command.type) {
      case "RecordAuthorization":
        return setAside(command, payment) ?? authorized(command, payment);
      case "RecordCapture":
        return setAside(command, payment) ?? captured(command, payment);
      case "RecordAwaited":
        return awaited(command, payment);
      case "RecordDecline":
        if (payment.declined.has(command.attempt) || !isOpen(payment, command.attempt)) return [];
        return [{ type: "PaymentDeclined", ...of, attempt: command.attempt, code: command.code, retrySeconds: command.retrySeconds }];
      case "RecordUnknown":
        if (payment.status !== "PENDING" || payment.attempt !== command.attempt) return [];
        return [{ type: "PaymentUnknown", ...of, attempt: command.attempt, provider: command.provider, code: command.code, waitSeconds: command.waitSeconds }];
      case "RecordFee":
        return feeTold(command, payment);
      case "RetryPayment":
        checkRetry(payment);
        return [{ type: "PaymentRetried", ...of, attempt: payment.attempt + 1, method: command.method }];
      case "GiveUp":
        if (!isOpen(payment, command.attempt)) return [];
        return [{ type: "PaymentFailed", ...of, code: command.code }];
      case "RecordVoid":
        return voided(command, payment);
      case "RequestRefund":
        return requested(command, payment);
      case "RecordRefund":
        return refunded(command, payment);
      case "RecordRefundFailure":
        return refundFailed(command, payment);
      case "RecordDispute":
        return disputed(command, payment);
      case "RecordInquiry":
        return inquired(command, payment);
      case "CloseDispute":
        return disputeClosed(command, payment);
    }
  },
  evolve: evolvePayment,
};

export { isOpen, type Payment, type Refund } from "./payment-state.js";
export { refundableMinor, refundedAtTaker, refundOfStray, strayRefundId } from "./refund-rules.js";

export const paymentStream = defineStream("payment", paymentDecider);

/** Attempts of one order: who tries more cards is not its buyer. */
const attemptsMax = 10;

function checkRetry({ status, attempt, declined }: Payment): void {
  if (status === "UNKNOWN") throw new Refusal("PAYMENT_IN_DOUBT", "Whether the last attempt was charged is not known yet; wait until it is.", "orderId");
  if (status !== "FAILED" || !declined.has(attempt)) throw new Refusal("PAYMENT_NOT_OPEN", "This payment was not refused: there is nothing to try again.", "orderId");
  if (attempt >= attemptsMax) throw new Refusal("PAYMENT_NOT_OPEN", `A payment is tried ${String(attemptsMax)} times; place a new order.`, "orderId");
}

export type Recorded<Type extends PaymentCommand["type"]> = Extract<PaymentCommand, { type: Type }>;

const kinds = { RecordAuthorization: "authorized", RecordCapture: "captured" } as const;

/** What tells news from its repetition. */
export function newsIdOf({ type, newsId, providerReference }: Recorded<"RecordAuthorization" | "RecordCapture">): string {
  return newsId ?? `${kinds[type]}:${providerReference}`;
}

/** Null where the news speaks of what was asked for. The answer to our own call is judged the same way. */
function setAside(news: Recorded<"RecordAuthorization" | "RecordCapture">, payment: Payment): readonly PaymentEvent[] | null {
  const { paymentId, orderId, amountMinor, currency, provider, providerReference, expected } = news;
  const why = currency !== expected.currency ? "CURRENCY_DIFFERS" : amountMinor > expected.amountMinor ? "AMOUNT_DIFFERS" : null;
  // Less than the whole is captured where lines were called off between authorization and capture.
  const isPart = why === null && amountMinor < expected.amountMinor && payment.providerReference !== providerReference;
  if (why === null && !isPart) return null;
  const newsId = newsIdOf(news);
  if (payment.setAside.has(newsId)) return [];
  const kind = kinds[news.type];
  return [{ type: "PaymentNewsSetAside", paymentId, orderId, newsId, kind, why: why ?? "AMOUNT_DIFFERS", provider, providerReference, amountMinor, currency }];
}

/** Where no money is there yet; the provider has the last word on what was refused. */
const takesMoney: ReadonlySet<PaymentStatus> = new Set(["PENDING", "UNKNOWN", "FAILED", "AUTHORIZED"]);

function authorized(command: Recorded<"RecordAuthorization">, payment: Payment): readonly PaymentEvent[] {
  const { paymentId, orderId, attempt, amountMinor, currency, provider, providerReference } = command;
  if (payment.capturedMinor > 0 || payment.status === "AUTHORIZED") return [];
  // Let go already, and told late.
  if (payment.status === "FAILED" && payment.providerReference === providerReference) return [];
  return [{ type: "PaymentAuthorized", paymentId, orderId, attempt, amountMinor, currency, provider, providerReference }];
}

function captured(command: Recorded<"RecordCapture">, payment: Payment): readonly PaymentEvent[] {
  const { paymentId, orderId, attempt, amountMinor, currency, provider, providerReference, feeMinor } = command;
  const fee = feeMinor === undefined ? {} : { feeMinor };
  if (takesMoney.has(payment.status)) {
    return [{ type: "PaymentCaptured", paymentId, orderId, amountMinor, currency, provider, providerReference, ...(attempt === 1 ? {} : { attempt }), ...fee }];
  }
  if (payment.providerReference === providerReference) {
    return feeMinor !== undefined && payment.feeMinor === null ? [{ type: "PaymentFeeTold", paymentId, orderId, feeMinor, currency, provider }] : [];
  }
  if (payment.strays.has(providerReference)) return [];
  const refundId = strayRefundId(providerReference);
  return [
    { type: "PaymentCapturedTwice", paymentId, orderId, amountMinor, currency, provider, providerReference, ...fee },
    { type: "RefundRequested", paymentId, orderId, refundId, amountMinor, currency, provider, providerReference, cause: "CAPTURED_TWICE", reason: "the order was charged twice" },
  ];
}

function awaited(command: Recorded<"RecordAwaited">, payment: Payment): readonly PaymentEvent[] {
  const { paymentId, orderId, attempt, amountMinor, currency, provider, providerReference, waitSeconds } = command;
  if (!isOpen(payment, attempt) || payment.providerReference === providerReference) return [];
  return [{ type: "PaymentAwaited", paymentId, orderId, attempt, amountMinor, currency, provider, providerReference, waitSeconds }];
}

function feeTold({ paymentId, orderId, feeMinor }: Recorded<"RecordFee">, payment: Payment): readonly PaymentEvent[] {
  const { currency, provider } = payment;
  if (currency === null || provider === null || payment.capturedMinor === 0 || payment.feeMinor !== null) return [];
  return [{ type: "PaymentFeeTold", paymentId, orderId, feeMinor, currency, provider }];
}

function voided({ paymentId, orderId, providerReference, reason }: Recorded<"RecordVoid">, payment: Payment): readonly PaymentEvent[] {
  if (payment.status !== "AUTHORIZED" || payment.providerReference !== providerReference || payment.provider === null) return [];
  return [{ type: "PaymentVoided", paymentId, orderId, attempt: payment.attempt, provider: payment.provider, reason }];
}
