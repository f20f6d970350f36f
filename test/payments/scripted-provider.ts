import type {
  AuthorizeRequest, AuthorizeResult, CaptureRequest, CaptureResult, PaymentNews, PaymentPage, ProviderPayment, RefundRequest, RefundResult, TellingProvider, VoidRequest, VoidResult,
} from "../../src/gateways/payments/payment-port.js";
import { GatewayError } from "../../src/platform/http-client/gateway-error.js";

/** What becomes of the next call: `lost` is done and its answer lost, `down` is not done and nobody can tell, `refused:…` says no. */
export type Fate = "done" | "lost" | "down" | `declined:${string}` | `refused:${string}`;

interface Charge {
  readonly reference: string;
  readonly request: AuthorizeRequest;
  status: ProviderPayment["status"];
  capturedMinor: number;
  refundedMinor: number;
  code: string | null;
}

const doubtful = (call: string): GatewayError => new GatewayError("timeout", `no answer to ${call}`, { inDoubt: true });

/**
 * A provider in memory that keeps its own ledger: the truth that the tests compare with. It remembers keys as Stripe does,
 * and what it is told to do with each call is taken from `fates`, in order.
 */
export class ScriptedProvider implements TellingProvider {
  readonly name = "stripe";
  readonly provider = "stripe";
  keyKeptSeconds = 86_400;
  readonly charges = new Map<string, Charge>();
  readonly refunds = new Map<string, { reference: string; refundId: string; charge: string; amountMinor: number }>();
  readonly fates: Fate[] = [];
  readonly calls: string[] = [];
  /** Tokens that authorizations came with. */
  readonly tokens: (string | null)[] = [];
  /** What stands in the way of asking: a search that knows nothing yet, or nobody. */
  asking: "answers" | "lags" | "down" = "answers";
  /** Waited for before a call answers, after it was done. */
  gate: Promise<void> | null = null;
  /** Waited for before a void that was made is answered. */
  onVoid: (() => Promise<void>) | null = null;
  readonly #keys = new Map<string, unknown>();

  async authorize(request: AuthorizeRequest): Promise<AuthorizeResult> {
    this.tokens.push(request.token);
    return this.#call("authorize", request.idempotencyKey, (fate) => {
      const reference = `pi_${String(this.charges.size + 1)}`;
      const code = fate.startsWith("declined:") ? fate.slice("declined:".length) : null;
      const status = code !== null ? "failed" : request.capture ? "captured" : "authorized";
      this.charges.set(reference, { reference, request, status, capturedMinor: status === "captured" ? request.amountMinor : 0, refundedMinor: 0, code });
      const { amountMinor, currency } = request;
      return code !== null ? { kind: "declined", code } : { kind: status as "captured" | "authorized", providerReference: reference, amountMinor, currency };
    });
  }

  async capture({ providerReference, amountMinor, currency, idempotencyKey }: CaptureRequest): Promise<CaptureResult> {
    return this.#call("capture", idempotencyKey, (fate) => {
      const charge = this.#charge(providerReference);
      if (fate.startsWith("refused:")) return { kind: "refused", code: fate.slice("refused:".length) };
      if (charge.status === "voided") return { kind: "refused", code: "canceled" };
      if (amountMinor <= 0) return { kind: "refused", code: "parameter_invalid_integer" };
      if (charge.status === "authorized") Object.assign(charge, { status: "captured", capturedMinor: amountMinor });
      return { kind: "captured", amountMinor: charge.capturedMinor, currency };
    });
  }

  async void({ providerReference, idempotencyKey }: VoidRequest): Promise<VoidResult> {
    const result = await this.#call<VoidResult>("void", idempotencyKey, () => {
      const charge = this.#charge(providerReference);
      if (charge.status === "captured") return { kind: "captured", amountMinor: charge.capturedMinor, currency: charge.request.currency };
      charge.status = "voided";
      return { kind: "voided" };
    });
    await this.onVoid?.();
    return result;
  }

  async refund(request: RefundRequest): Promise<RefundResult> {
    return this.#call("refund", request.idempotencyKey, (fate) => {
      if (fate.startsWith("refused:")) return { kind: "refused", code: fate.slice("refused:".length) };
      const charge = this.#charge(request.providerReference);
      const { amountMinor, currency, refundId } = request;
      if (charge.refundedMinor + amountMinor > charge.capturedMinor) return { kind: "refused", code: "amount_too_large" };
      charge.refundedMinor += amountMinor;
      const reference = `re_${String(this.refunds.size + 1)}`;
      this.refunds.set(reference, { reference, refundId, charge: request.providerReference, amountMinor });
      return { kind: "refunded", refundReference: reference, amountMinor, currency };
    });
  }

  async retrieve(providerReference: string): Promise<ProviderPayment | null> {
    this.#ask("retrieve");
    const charge = this.charges.get(providerReference);
    return charge ? seen(charge) : null;
  }

  async find(paymentId: string): Promise<readonly ProviderPayment[]> {
    this.#ask("find");
    return this.asking === "lags" ? [] : [...this.charges.values()].filter(({ request }) => request.paymentId === paymentId).map(seen);
  }

  async list(): Promise<PaymentPage> {
    return { payments: [...this.charges.values()].map(seen), cursor: null };
  }

  verify(): { readonly eventId: string } {
    return { eventId: "unused" };
  }

  parseWebhook(rawBody: string): PaymentNews | null {
    return JSON.parse(rawBody) as PaymentNews | null;
  }

  close(): void {
    // Holds nothing.
  }

  /** The webhook of a charge as it stands. */
  newsOf(reference: string, kind: "captured" | "authorized" | "voided" | "failed", eventId = `evt_${kind}_${reference}`): PaymentNews {
    const { request: { paymentId, orderId, attempt, amountMinor, currency }, capturedMinor, code } = this.#charge(reference);
    const of = { eventId, providerReference: reference, paymentId, orderId, attempt, currency, occurredAt: "2026-01-01T00:00:00Z", amountMinor: kind === "captured" ? capturedMinor : amountMinor };
    return kind === "failed" ? { ...of, kind, code: code ?? "unknown" } : { ...of, kind };
  }

  /** Charges of an order that took money, as the provider's books have them. */
  taken(orderId: string): readonly Charge[] {
    return [...this.charges.values()].filter(({ request, capturedMinor }) => request.orderId === orderId && capturedMinor > 0);
  }

  counted(call: string): number {
    return this.calls.filter((one) => one === call).length;
  }

  async #call<Result>(name: string, key: string, act: (fate: Fate) => Result): Promise<Result> {
    this.calls.push(name);
    const fate = this.fates.shift() ?? "done";
    if (fate === "down") throw doubtful(name);
    if (!this.#keys.has(key)) this.#keys.set(key, act(fate));
    const result = this.#keys.get(key) as Result;
    await this.gate;
    if (fate === "lost") throw doubtful(name);
    return result;
  }

  #ask(name: string): void {
    this.calls.push(name);
    if (this.asking === "down") throw new GatewayError("unavailable", `nobody answers ${name}`, { inDoubt: false });
  }

  #charge(reference: string): Charge {
    const charge = this.charges.get(reference);
    if (!charge) throw new Error(`there is no charge ${reference}`);
    return charge;
  }
}

function seen({ reference, request, status, capturedMinor, refundedMinor, code }: Charge): ProviderPayment {
  const { paymentId, orderId, attempt, amountMinor, currency } = request;
  return {
    providerReference: reference, status, paymentId, orderId, attempt, amountMinor, capturedMinor, currency, refundedMinor,
    feeMinor: null, disputed: false, code, createdAt: "2026-01-01T00:00:00Z",
  };
}
