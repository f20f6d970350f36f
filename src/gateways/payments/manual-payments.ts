import type {
  AuthorizeRequest, AuthorizeResult, CaptureRequest, CaptureResult, PaymentPage, PaymentProvider, ProviderPayment, RefundRequest, RefundResult, VoidResult,
} from "./payment-port.js";
import { transferReference } from "./transfer-reference.js";

/**
 * Payments that people make by hand: nobody outside is called, so nothing is ever in doubt, and what is asked for counts as
 * done. Whether the money came, and that a refund goes out, is a person's to see to and to record.
 */
abstract class ManualPayments implements PaymentProvider {
  abstract readonly name: string;
  readonly keyKeptSeconds = Number.POSITIVE_INFINITY;

  abstract authorize(request: AuthorizeRequest): Promise<AuthorizeResult>;

  /** The goods leave, or a person saw the money: it is taken as asked. */
  capture({ amountMinor, currency }: CaptureRequest): Promise<CaptureResult> {
    return Promise.resolve({ kind: "captured", amountMinor, currency });
  }

  /** What did not come yet is not wanted any more. */
  void(): Promise<VoidResult> {
    return Promise.resolve({ kind: "voided" });
  }

  /** Recorded as given back, and to be transferred by a person, who finds it by this reference. */
  refund({ refundId, amountMinor, currency }: RefundRequest): Promise<RefundResult> {
    return Promise.resolve({ kind: "refunded", refundReference: `by-hand:${refundId}`, amountMinor, currency });
  }

  /** There is nobody to ask. */
  retrieve(): Promise<ProviderPayment | null> {
    return Promise.resolve(null);
  }

  find(): Promise<readonly ProviderPayment[]> {
    return Promise.resolve([]);
  }

  list(): Promise<PaymentPage> {
    return Promise.resolve({ payments: [], cursor: null });
  }

  close(): void {
    // No sockets.
  }
}

/** The buyer transfers the money and writes the reference on it; the order waits for it. */
export class BankTransferPayments extends ManualPayments {
  readonly name = "bank_transfer";
  readonly #waitSeconds: number;

  constructor({ waitSeconds }: { readonly waitSeconds: number }) {
    super();
    this.#waitSeconds = waitSeconds;
  }

  authorize({ paymentId, attempt }: AuthorizeRequest): Promise<AuthorizeResult> {
    return Promise.resolve({ kind: "awaited", providerReference: transferReference(paymentId, attempt), waitSeconds: this.#waitSeconds });
  }
}

/** The buyer pays whoever brings the goods: the order may go out at once. */
export class CashOnDeliveryPayments extends ManualPayments {
  readonly name = "cash_on_delivery";

  authorize({ paymentId, attempt, amountMinor, currency }: AuthorizeRequest): Promise<AuthorizeResult> {
    return Promise.resolve({ kind: "authorized", providerReference: transferReference(paymentId, attempt), amountMinor, currency });
  }
}
