import type { ListRequest, PaymentPage, PaymentProvider, ProviderPayment } from "../../src/gateways/payments/payment-port.js";
import { GatewayError } from "../../src/platform/http-client/gateway-error.js";

/** A provider of which nothing is asked but its books, which the test writes. */
export class ProviderBooks implements PaymentProvider {
  readonly name = "stripe";
  readonly keyKeptSeconds = 86_400;
  readonly payments = new Map<string, ProviderPayment>();
  /** Payments of one page. */
  pageSize = 100;
  /** So many of the next calls fail. */
  failing = 0;
  readonly asked = { pages: 0, payments: 0 };

  write(payment: Partial<ProviderPayment> & Pick<ProviderPayment, "providerReference">): ProviderPayment {
    const known = this.payments.get(payment.providerReference) ?? {
      status: "captured", paymentId: null, orderId: null, attempt: 1, amountMinor: 1_000, capturedMinor: 1_000, currency: "EUR", refundedMinor: 0,
      feeMinor: null, disputed: false, code: null, createdAt: new Date().toISOString(),
    };
    const written = { ...known, ...payment };
    this.payments.set(payment.providerReference, written);
    return written;
  }

  list({ from, to, cursor }: ListRequest): Promise<PaymentPage> {
    this.asked.pages += 1;
    this.#fail();
    const all = [...this.payments.values()].filter(({ createdAt }) => createdAt >= from && createdAt < to);
    const start = cursor === null ? 0 : Number(cursor);
    const end = start + this.pageSize;
    return Promise.resolve({ payments: all.slice(start, end), cursor: end < all.length ? String(end) : null });
  }

  retrieve(providerReference: string): Promise<ProviderPayment | null> {
    this.asked.payments += 1;
    this.#fail();
    return Promise.resolve(this.payments.get(providerReference) ?? null);
  }

  authorize = notAsked;
  capture = notAsked;
  void = notAsked;
  refund = notAsked;
  find = notAsked;

  close(): void {
    // Nothing is open.
  }

  #fail(): void {
    if (this.failing === 0) return;
    this.failing -= 1;
    throw new GatewayError("unavailable", "GET /v1/payment_intents answered 500", { inDoubt: false });
  }
}

function notAsked(): Promise<never> {
  return Promise.reject(new Error("a reconciliation moves no money"));
}
