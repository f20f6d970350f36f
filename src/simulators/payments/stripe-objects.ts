import type { Decline, IntentRecord, PaymentEvent, RefundRecord } from "./payment-records.js";

/** The keys and types are those of Stripe's published samples; a test compares them. */
export function intentObject(intent: IntentRecord, expandedCharge: object | null = null): object {
  const paid = intent.decline === null;
  return {
    id: intent.id, object: "payment_intent",
    amount: intent.amount, amount_capturable: 0, amount_details: { tip: {} }, amount_received: paid ? intent.amount : 0,
    application: null, application_fee_amount: null, automatic_payment_methods: null, canceled_at: null, cancellation_reason: null,
    capture_method: "automatic", client_secret: `${intent.id}_secret_simulated`, confirmation_method: "automatic",
    created: intent.created, currency: intent.currency, customer: null, customer_account: null, description: null,
    excluded_payment_method_types: null,
    last_payment_error: intent.decline && cardError(intent.decline, intent.chargeId),
    latest_charge: expandedCharge ?? intent.chargeId, livemode: false, managed_payments: { enabled: false }, metadata: intent.metadata,
    next_action: null, on_behalf_of: null, payment_method: paid ? intent.paymentMethod : null,
    payment_method_configuration_details: null, payment_method_options: {}, payment_method_types: ["card"], processing: null,
    receipt_email: null, review: null, setup_future_usage: null, shipping: null, source: null, statement_descriptor: null,
    statement_descriptor_suffix: null, status: paid ? "succeeded" : "requires_payment_method", transfer_data: null, transfer_group: null,
  };
}

export function chargeObject(intent: IntentRecord, refunded: number): object {
  const paid = intent.decline === null;
  return {
    id: intent.chargeId, object: "charge",
    amount: intent.amount, amount_captured: paid ? intent.amount : 0, amount_refunded: refunded,
    application: null, application_fee: null, application_fee_amount: null, balance_transaction: paid ? `txn_${intent.chargeId.slice(3)}` : null,
    billing_details: {
      address: { city: null, country: null, line1: null, line2: null, postal_code: null, state: null },
      email: null, name: null, phone: null, tax_id: null,
    },
    calculated_statement_descriptor: null, captured: paid, created: intent.created, currency: intent.currency, customer: null,
    description: null, disputed: false, failure_balance_transaction: null,
    failure_code: intent.decline?.code ?? null, failure_message: intent.decline?.message ?? null, fraud_details: {}, livemode: false,
    metadata: intent.metadata, on_behalf_of: null,
    outcome: {
      advice_code: null, network_advice_code: null, network_decline_code: null, network_status: paid ? "approved_by_network" : "declined_by_network",
      reason: intent.decline?.declineCode ?? null, seller_message: paid ? "Payment complete." : intent.decline.message, type: paid ? "authorized" : "issuer_declined",
    },
    paid, payment_intent: intent.id, payment_method: intent.paymentMethod,
    payment_method_details: { type: "card", card: { brand: "visa", country: "US", exp_month: 8, exp_year: 2030, funding: "credit", last4: "4242", network: "visa" } },
    receipt_email: null, receipt_number: null, receipt_url: null, refunded: refunded === intent.amount && refunded > 0,
    refunds: { object: "list", data: [], has_more: false, url: `/v1/charges/${intent.chargeId}/refunds` },
    review: null, shipping: null, source: null, source_transfer: null, statement_descriptor: null, statement_descriptor_suffix: null,
    status: paid ? "succeeded" : "failed", transfer_data: null, transfer_group: null,
  };
}

export function refundObject(refund: RefundRecord, intent: IntentRecord): object {
  return {
    id: refund.id, object: "refund",
    amount: refund.amount, balance_transaction: `txn_${refund.id.slice(3)}`, charge: intent.chargeId, created: refund.created,
    currency: intent.currency, customer: null, customer_account: null, destination_details: { card: { type: "refund" }, type: "card" },
    metadata: refund.metadata, payment_intent: intent.id, payment_method: intent.paymentMethod, reason: refund.reason,
    receipt_number: null, source_transfer_reversal: null, status: "succeeded", transfer_reversal: null,
  };
}

export function eventObject({ id, intent, refund }: PaymentEvent): object {
  const object = refund ? chargeObject(intent, refund.refundedInAll) : intentObject(intent);
  return {
    id, object: "event", api_version: null, created: refund?.created ?? intent.created, data: { object }, livemode: false,
    pending_webhooks: 1, request: { id: null, idempotency_key: null }, type: eventType(intent, refund),
  };
}

function eventType(intent: IntentRecord, refund: RefundRecord | null): string {
  if (refund) return "charge.refunded";
  return intent.decline ? "payment_intent.payment_failed" : "payment_intent.succeeded";
}

function cardError({ code, declineCode, message }: Decline, charge: string): object {
  return { type: "card_error", code, decline_code: declineCode, message, charge };
}

/** The body that goes with 402. */
export function declinedBody(intent: IntentRecord, decline: Decline): object {
  return { error: { ...cardError(decline, intent.chargeId), payment_intent: intentObject(intent) } };
}
