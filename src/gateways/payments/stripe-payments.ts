import { GatewayError } from "../../platform/http-client/gateway-error.js";
import { HttpClient, type HttpAnswer, type OutgoingRequest } from "../../platform/http-client/http-client.js";
import { failedAnswer, parseJson, readAnswer } from "../../platform/http-client/json-answer.js";
import { singleHeader, type WebhookHeaders } from "../../platform/http-client/webhook-source.js";
import type { ChargeRequest, ChargeResult, PaymentNews, PaymentProvider, ProviderPayment, RefundRequest, RefundResult } from "./payment-port.js";
import { fromStripeAmount, toStripeAmount } from "./stripe-amount.js";
import { declineCode, errorAnswer, intentAnswer, refundAnswer, toPaymentNews, toProviderPayment, type StripeError } from "./stripe-answers.js";
import { isStripeSignature } from "./stripe-signature.js";

export interface StripeSettings {
  /** `https://api.stripe.com`, or the simulator's address; without a path. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** Valid ones; two while one is being rotated. */
  readonly webhookSecrets: readonly string[];
  /** Bound of one call. Default 10,000. */
  readonly timeoutMs?: number;
  /** Default 32. */
  readonly socketsMax?: number;
  /** What is charged, a token of Stripe's. Default `pm_card_visa`, the test card that always works. */
  readonly paymentMethod?: string;
}

/** Stripe's HTTP API, as much of it as a charge, a refund and a question need. */
export class StripePayments implements PaymentProvider {
  readonly name = "stripe";
  readonly provider = "stripe";
  readonly #settings: StripeSettings;
  readonly #http: HttpClient;

  constructor(settings: StripeSettings) {
    this.#settings = settings;
    this.#http = new HttpClient({ timeoutMs: settings.timeoutMs ?? 10_000, socketsMax: settings.socketsMax ?? 32 });
  }

  async charge({ paymentId, orderId, amountMinor, currency, idempotencyKey }: ChargeRequest): Promise<ChargeResult> {
    const request = this.#post("/v1/payment_intents", idempotencyKey, {
      amount: String(toStripeAmount(amountMinor, currency)),
      currency: currency.toLowerCase(),
      confirm: "true",
      payment_method: this.#settings.paymentMethod ?? "pm_card_visa",
      "payment_method_types[0]": "card",
      // Nobody is there to click: a card that asks its owner counts as declined, rather than waiting for ever.
      error_on_requires_action: "true",
      "metadata[order_id]": orderId,
      "metadata[payment_id]": paymentId,
    });
    const answer = await this.#http.send(request);
    if (answer.status === 402) return { kind: "declined", code: declineCode(errorOf(answer) ?? {}) };
    if (answer.status !== 200) throw failure(answer, request);
    const intent = readAnswer(intentAnswer, answer, request);
    if (intent.status !== "succeeded") {
      throw new GatewayError("unavailable", `POST /v1/payment_intents left ${intent.id} as ${intent.status}`, { inDoubt: true, status: 200, code: intent.status });
    }
    const charged = intent.currency.toUpperCase();
    return { kind: "captured", providerReference: intent.id, amountMinor: fromStripeAmount(intent.amount_received, charged), currency: charged };
  }

  async refund({ providerReference, amountMinor, currency, idempotencyKey, reason }: RefundRequest): Promise<RefundResult> {
    const request = this.#post("/v1/refunds", idempotencyKey, {
      payment_intent: providerReference,
      amount: String(toStripeAmount(amountMinor, currency)),
      reason: "requested_by_customer",
      // Stripe takes at most 500 characters.
      "metadata[reason]": reason.slice(0, 500),
    });
    const answer = await this.#http.send(request);
    const problem = answer.status === 400 ? errorOf(answer) : null;
    if (problem?.code === "charge_already_refunded") return { kind: "refused", code: problem.code };
    // Stripe's "greater than unrefunded amount" comes without a code.
    if (problem?.param === "amount") return { kind: "refused", code: problem.code ?? "amount_too_large" };
    if (answer.status !== 200) throw failure(answer, request);
    const refund = readAnswer(refundAnswer, answer, request);
    if (refund.status === "failed" || refund.status === "canceled") return { kind: "refused", code: `refund_${refund.status}` };
    const refunded = refund.currency.toUpperCase();
    return { kind: "refunded", refundReference: refund.id, amountMinor: fromStripeAmount(refund.amount, refunded), currency: refunded };
  }

  async retrieve(providerReference: string): Promise<ProviderPayment | null> {
    const request: OutgoingRequest = {
      method: "GET",
      url: `${this.#settings.baseUrl}/v1/payment_intents/${encodeURIComponent(providerReference)}?expand[]=latest_charge`,
      headers: { authorization: `Bearer ${this.#settings.apiKey}` },
      repeatable: true,
    };
    const answer = await this.#http.send(request);
    if (answer.status === 404) return null;
    if (answer.status !== 200) throw failure(answer, request);
    return toProviderPayment(readAnswer(intentAnswer, answer, request));
  }

  verify(rawBody: string, headers: WebhookHeaders, nowMs: number): { readonly eventId: string } | null {
    const header = singleHeader(headers, "stripe-signature");
    if (header === null || !isStripeSignature(header, rawBody, this.#settings.webhookSecrets, nowMs)) return null;
    const body = parseJson(rawBody);
    return typeof body === "object" && body !== null && "id" in body && typeof body.id === "string" ? { eventId: body.id } : null;
  }

  parseWebhook(rawBody: string): PaymentNews | null {
    return toPaymentNews(parseJson(rawBody));
  }

  close(): void {
    this.#http.close();
  }

  #post(path: string, idempotencyKey: string, form: Readonly<Record<string, string>>): OutgoingRequest {
    return {
      method: "POST",
      url: `${this.#settings.baseUrl}${path}`,
      headers: {
        authorization: `Bearer ${this.#settings.apiKey}`,
        "content-type": "application/x-www-form-urlencoded",
        "idempotency-key": idempotencyKey,
      },
      body: new URLSearchParams(form).toString(),
      repeatable: true,
    };
  }
}

function errorOf(answer: HttpAnswer): StripeError | null {
  const parsed = errorAnswer.safeParse(parseJson(answer.text));
  return parsed.success ? parsed.data.error : null;
}

function failure(answer: HttpAnswer, request: OutgoingRequest): GatewayError {
  return failedAnswer(answer, request, errorOf(answer)?.code);
}
