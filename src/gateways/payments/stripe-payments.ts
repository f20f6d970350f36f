import { Stripe } from "stripe";
import type { WebhookHeaders } from "../../platform/http-client/webhook-source.js";
import type {
  AuthorizeRequest, AuthorizeResult, CaptureRequest, CaptureResult, ListRequest, PaymentNews, PaymentPage, ProviderPayment, RefundRequest, RefundResult,
  TellingProvider, VoidRequest, VoidResult,
} from "./payment-port.js";
import { isStripeAmount, toStripeAmount } from "./stripe-amount.js";
import { checked, intentObject, intentPage, refundObject, toProviderPayment, type IntentObject } from "./stripe-answers.js";
import { declineOf, refundRefusal, stateRefusal, stripeErrorOf, toGatewayError } from "./stripe-errors.js";
import { StripeHttp } from "./stripe-http.js";
import { toPaymentNews } from "./stripe-news.js";
import { toAuthorized, toCaptured, toRefunded, unsettled } from "./stripe-results.js";
import { verifyStripeWebhook } from "./stripe-webhook.js";

export interface StripeSettings {
  /** `https://api.stripe.com`, or whoever speaks its API; without a path. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** Valid ones; two while one is being rotated. */
  readonly webhookSecrets: readonly string[];
  /** Bound of one call. Default 10,000. */
  readonly timeoutMs?: number;
  /** Default 32. */
  readonly socketsMax?: number;
  /** What is charged where the buyer handed in no token, a token of Stripe's. Without one such an attempt is declined. */
  readonly paymentMethodDefault?: string | undefined;
}

/** Where an intent tells what it cost and what went back. */
const details = ["latest_charge.balance_transaction", "latest_charge.refunds"];
const inPage = details.map((path) => `data.${path}`);

/** Most payments that Stripe gives in one page. */
const pageMax = 100;

/** Card payments at Stripe, by its own package: one PaymentIntent an attempt, created and confirmed in one call. */
export class StripePayments implements TellingProvider {
  readonly name = "stripe";
  readonly provider = "stripe";
  /** Stripe forgets keys after a day. */
  readonly keyKeptSeconds = 24 * 3_600;
  readonly #settings: StripeSettings;
  readonly #http: StripeHttp;
  readonly #stripe: Stripe;

  constructor(settings: StripeSettings) {
    this.#settings = settings;
    const { protocol, hostname: host, port } = new URL(settings.baseUrl);
    const secure = protocol === "https:";
    this.#http = new StripeHttp({ timeoutMs: settings.timeoutMs ?? 10_000, socketsMax: settings.socketsMax ?? 32 });
    this.#stripe = new Stripe(settings.apiKey, {
      protocol: secure ? "https" : "http", host, port: port || (secure ? 443 : 80), httpClient: this.#http,
      // Our jobs repeat a call, after they have asked what became of it.
      maxNetworkRetries: 0,
      telemetry: false,
    });
  }

  async authorize({ paymentId, orderId, attempt, amountMinor, currency, token, capture, idempotencyKey }: AuthorizeRequest): Promise<AuthorizeResult> {
    const paymentMethod = token ?? this.#settings.paymentMethodDefault;
    if (paymentMethod === undefined) return { kind: "declined", code: "payment_method_missing" };
    if (!isStripeAmount(amountMinor, currency)) return { kind: "declined", code: "amount_not_chargeable" };
    try {
      const answer = await this.#stripe.paymentIntents.create({
        amount: toStripeAmount(amountMinor, currency),
        currency: currency.toLowerCase(),
        confirm: true,
        payment_method: paymentMethod,
        allowed_payment_method_types: ["card"],
        capture_method: capture ? "automatic" : "manual",
        // Nobody is there to click: a card that asks its owner counts as declined, rather than waiting for ever.
        error_on_requires_action: true,
        metadata: { payment_id: paymentId, order_id: orderId, attempt: String(attempt) },
        expand: details,
      }, { idempotencyKey });
      return toAuthorized(checked(intentObject, answer, "payment"));
    } catch (error) {
      const code = declineOf(error);
      if (code !== null) return { kind: "declined", code };
      throw toGatewayError(error, "payment", true);
    }
  }

  async capture({ providerReference, amountMinor, currency, idempotencyKey }: CaptureRequest): Promise<CaptureResult> {
    const call = `capture of ${providerReference}`;
    try {
      const amount = toStripeAmount(amountMinor, currency);
      const answer = await this.#stripe.paymentIntents.capture(providerReference, { amount_to_capture: amount, expand: details }, { idempotencyKey });
      const intent = checked(intentObject, answer, call);
      if (intent.status !== "succeeded") throw unsettled(intent);
      return toCaptured(intent);
    } catch (error) {
      const code = stripeErrorOf(error, 402) ? declineOf(error) : stateRefusal(error);
      if (code === null) throw toGatewayError(error, call, true);
      // It may have been captured before, by another call or by hand.
      const intent = await this.#ask(providerReference);
      return intent?.status === "succeeded" ? toCaptured(intent) : { kind: "refused", code: intent?.cancellation_reason ?? code };
    }
  }

  async void({ providerReference, idempotencyKey }: VoidRequest): Promise<VoidResult> {
    const call = `cancellation of ${providerReference}`;
    try {
      const intent = checked(intentObject, await this.#stripe.paymentIntents.cancel(providerReference, {}, { idempotencyKey }), call);
      if (intent.status !== "canceled") throw unsettled(intent);
      return { kind: "voided" };
    } catch (error) {
      const failure = toGatewayError(error, call, true);
      if (stateRefusal(error) === null) throw failure;
      const intent = await this.#ask(providerReference);
      if (intent?.status === "canceled") return { kind: "voided" };
      if (intent?.status !== "succeeded") throw failure;
      const { amountMinor, currency } = toCaptured(intent);
      return { kind: "captured", amountMinor, currency };
    }
  }

  async refund(request: RefundRequest): Promise<RefundResult> {
    const { providerReference, refundId, paymentId, orderId, amountMinor, currency, idempotencyKey, reason } = request;
    const call = `refund of ${providerReference}`;
    // Else a person would wait for tries that never succeed: so he hears of it, and can pay it by transfer.
    if (!isStripeAmount(amountMinor, currency)) return { kind: "refused", code: "amount_not_refundable" };
    try {
      const answer = await this.#stripe.refunds.create({
        payment_intent: providerReference,
        amount: toStripeAmount(amountMinor, currency),
        reason: "requested_by_customer",
        // Stripe takes at most 500 characters.
        metadata: { refund_id: refundId, payment_id: paymentId, order_id: orderId, reason: reason.slice(0, 500) },
      }, { idempotencyKey });
      return toRefunded(checked(refundObject, answer, call));
    } catch (error) {
      const code = refundRefusal(error);
      if (code !== null) return { kind: "refused", code };
      throw toGatewayError(error, call, true);
    }
  }

  async retrieve(providerReference: string): Promise<ProviderPayment | null> {
    const intent = await this.#ask(providerReference);
    return intent && toProviderPayment(intent);
  }

  /** Stripe's search lags behind by up to a minute, and is absent in India. */
  async find(paymentId: string): Promise<readonly ProviderPayment[]> {
    const query = `metadata['payment_id']:'${paymentId.replaceAll(/[\\']/g, "\\$&")}'`;
    return (await this.#page("search", this.#stripe.paymentIntents.search({ query, limit: pageMax, expand: inPage }))).payments;
  }

  async list({ from, to, cursor }: ListRequest): Promise<PaymentPage> {
    return this.#page("list", this.#stripe.paymentIntents.list({
      created: { gte: secondsOf(from), lt: secondsOf(to) }, limit: pageMax, expand: inPage,
      ...(cursor === null ? {} : { starting_after: cursor }),
    }));
  }

  verify(rawBody: string, headers: WebhookHeaders, nowMs: number): { readonly eventId: string } | null {
    return verifyStripeWebhook(this.#stripe, rawBody, headers, this.#settings.webhookSecrets, nowMs);
  }

  parseWebhook(rawBody: string): PaymentNews | null {
    return toPaymentNews(rawBody);
  }

  close(): void {
    this.#http.close();
  }

  async #ask(providerReference: string): Promise<IntentObject | null> {
    const call = `look at ${providerReference}`;
    try {
      return checked(intentObject, await this.#stripe.paymentIntents.retrieve(providerReference, { expand: details }), call);
    } catch (error) {
      if (stripeErrorOf(error, 404)) return null;
      throw toGatewayError(error, call, false);
    }
  }

  async #page(call: string, answer: Promise<unknown>): Promise<PaymentPage> {
    try {
      const { data, has_more: more } = checked(intentPage, await answer, call);
      return { payments: data.map(toProviderPayment), cursor: more ? data.at(-1)?.id ?? null : null };
    } catch (error) {
      throw toGatewayError(error, call, false);
    }
  }
}

/** Stripe counts whole seconds: what was created at or after that instant has at least this number. */
function secondsOf(instant: string): number {
  return Math.ceil(Date.parse(instant) / 1_000);
}
