import { entryId, type BalanceEntry } from "./balance-book.js";
import type { Attempt, Decline, DisputeRecord, PaymentRecord, RefundRecord } from "./payment-records.js";
import { disputedOf, heldOf, refundedOf, releasedOf } from "./payment-records.js";

/** What else is asked for whole. */
export interface Expansion {
  readonly charge: boolean;
  /** The charge's movement; undefined leaves its id. */
  readonly entry: BalanceEntry | undefined;
}

/** The keys and types are those of Stripe's published samples; a test compares them. */
export function intentObject(payment: PaymentRecord, expansion?: Expansion): object {
  const { terms, status, attempt, captured } = payment;
  const charge = attempt && !attempt.action ? attempt.chargeId : null;
  return {
    id: terms.id, object: "payment_intent",
    amount: terms.amount, amount_capturable: heldOf(payment), amount_details: { tip: {} }, amount_received: captured,
    application: null, application_fee_amount: null, automatic_payment_methods: terms.automaticMethods ? { allow_redirects: "never", enabled: true } : null,
    canceled_at: payment.canceledAt, cancellation_reason: payment.cancellationReason,
    capture_method: terms.captureMethod, client_secret: `${terms.id}_secret_simulated`, confirmation_method: "automatic",
    created: terms.created, currency: terms.currency, customer: null, customer_account: null, description: null,
    excluded_payment_method_types: null,
    last_payment_error: attempt?.decline && status !== "succeeded" ? cardError(attempt.decline, attempt.chargeId) : null,
    latest_charge: expansion?.charge && charge ? chargeObject(payment, expansion.entry) : charge,
    livemode: false, managed_payments: { enabled: false }, metadata: terms.metadata,
    next_action: status === "requires_action" ? { type: "use_stripe_sdk", use_stripe_sdk: {} } : null,
    on_behalf_of: null, payment_method: payment.paymentMethod,
    payment_method_configuration_details: null, payment_method_options: {}, payment_method_types: ["card"], processing: null,
    receipt_email: null, review: null, setup_future_usage: null, shipping: null, source: null, statement_descriptor: null,
    statement_descriptor_suffix: null, status, transfer_data: null, transfer_group: null,
  };
}

/** The charge of the payment's latest attempt. What was let go counts as refunded, as at Stripe, though nothing was ever taken. */
export function chargeObject(payment: PaymentRecord, entry?: BalanceEntry): object {
  const { terms, attempt, captured } = payment;
  if (!attempt) throw new Error(`${terms.id} has no charge`);
  const good = attempt.decline === null;
  const refunded = refundedOf(payment) + releasedOf(payment);
  return {
    id: attempt.chargeId, object: "charge",
    amount: terms.amount, amount_captured: captured, amount_refunded: refunded,
    application: null, application_fee: null, application_fee_amount: null,
    balance_transaction: captured > 0 ? (entry ? balanceTransactionObject(entry) : entryId(attempt.chargeId)) : null,
    billing_details: {
      address: { city: null, country: null, line1: null, line2: null, postal_code: null, state: null },
      email: null, name: null, phone: null, tax_id: null,
    },
    calculated_statement_descriptor: null, captured: captured > 0, created: payment.attemptedAt, currency: terms.currency, customer: null,
    description: null, disputed: payment.dispute !== null, failure_balance_transaction: null,
    failure_code: attempt.decline?.code ?? null, failure_message: attempt.decline?.message ?? null, fraud_details: {}, livemode: false,
    metadata: terms.metadata, on_behalf_of: null, outcome: outcomeOf(attempt),
    paid: good, payment_intent: terms.id, payment_method: attempt.paymentMethod,
    payment_method_details: { type: "card", card: { brand: "visa", country: "US", exp_month: 8, exp_year: 2030, funding: "credit", last4: "4242", network: "visa" } },
    receipt_email: null, receipt_number: null, receipt_url: null, refunded: refunded >= terms.amount,
    refunds: {
      object: "list", data: payment.refunds.slice(-10).reverse().map((refund) => refundObject(refund, payment)), has_more: payment.refunds.length > 10,
      url: `/v1/charges/${attempt.chargeId}/refunds`,
    },
    review: null, shipping: null, source: null, source_transfer: null, statement_descriptor: null, statement_descriptor_suffix: null,
    status: good ? "succeeded" : "failed", transfer_data: null, transfer_group: null,
  };
}

function outcomeOf({ decline }: Attempt): object {
  return {
    advice_code: null, network_advice_code: null, network_decline_code: null, network_status: decline ? "declined_by_network" : "approved_by_network",
    reason: decline?.declineCode ?? null, seller_message: decline ? decline.message : "Payment complete.", type: decline ? "issuer_declined" : "authorized",
  };
}

export function refundObject(refund: RefundRecord, { terms, attempt }: PaymentRecord): object {
  return {
    id: refund.id, object: "refund",
    amount: refund.amount, balance_transaction: entryId(refund.id), charge: attempt?.chargeId ?? null, created: refund.created,
    currency: terms.currency, customer: null, customer_account: null, destination_details: { card: { type: "refund" }, type: "card" },
    ...(refund.failureReason !== null && { failure_balance_transaction: `${entryId(refund.id)}_failed`, failure_reason: refund.failureReason }),
    metadata: refund.metadata, payment_intent: terms.id, payment_method: attempt?.paymentMethod ?? null, reason: refund.reason,
    receipt_number: null, source_transfer_reversal: null, status: refund.status, transfer_reversal: null,
  };
}

const noEvidence = [
  "access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure", "cancellation_rebuttal", "customer_communication",
  "customer_email_address", "customer_name", "customer_purchase_ip", "customer_signature", "duplicate_charge_documentation", "duplicate_charge_explanation",
  "duplicate_charge_id", "product_description", "receipt", "refund_policy", "refund_policy_disclosure", "refund_refusal_explanation", "service_date",
  "service_documentation", "shipping_address", "shipping_carrier", "shipping_date", "shipping_documentation", "shipping_tracking_number",
  "uncategorized_file", "uncategorized_text",
];

/** Seven days, as Stripe gives. */
const answerWithinSeconds = 604_800;

export function disputeObject(dispute: DisputeRecord, payment: PaymentRecord): object {
  return {
    id: dispute.id, object: "dispute",
    amount: dispute.amount, balance_transactions: [], charge: payment.attempt?.chargeId ?? null, created: dispute.created, currency: payment.terms.currency,
    enhanced_eligibility_types: [],
    evidence: { ...Object.fromEntries(noEvidence.map((name) => [name, null])), enhanced_evidence: {} },
    evidence_details: { due_by: dispute.created + answerWithinSeconds, enhanced_eligibility: {}, has_evidence: false, past_due: false, submission_count: 0 },
    is_charge_refundable: disputedOf(payment) === 0, livemode: false, metadata: {}, payment_intent: payment.terms.id,
    payment_method_details: { card: { brand: "visa", case_type: dispute.status.startsWith("warning_") ? "inquiry" : "chargeback", network: "visa", network_reason_code: "10.4" }, type: "card" },
    reason: dispute.reason, status: dispute.status,
  };
}

export function balanceTransactionObject({ id, type, amount, fee, currency, created, source }: BalanceEntry): object {
  return {
    id, object: "balance_transaction",
    amount, available_on: created, balance_type: "payments", created, currency, description: null, exchange_rate: null, fee,
    fee_details: fee === 0 ? [] : [{ amount: fee, application: null, currency, description: "Stripe processing fees", type: "stripe_fee" }],
    net: amount - fee, reporting_category: type === "adjustment" && source?.startsWith("dp_") ? "dispute" : type, source, status: "available", type,
  };
}

export function cardError({ code, declineCode, message }: Decline, charge: string): object {
  return { type: "card_error", code, ...(declineCode !== null && { decline_code: declineCode }), message, charge };
}
