import type { PaymentMethod } from "../../events/payments.js";
import type { PaymentProvider } from "../../gateways/payments/payment-port.js";

/** Who takes the money, by what the buyer chose and by the name that stands on facts. */
export interface PaymentProviders {
  of(method: PaymentMethod): PaymentProvider;
  /** Null for a name that nobody here has (any more), and for what was free. */
  named(name: string): PaymentProvider | null;
}

export function paymentProviders(byMethod: Readonly<Record<PaymentMethod, PaymentProvider>>): PaymentProviders {
  const byName = new Map(Object.values(byMethod).map((provider) => [provider.name, provider]));
  return { of: (method) => byMethod[method], named: (name) => byName.get(name) ?? null };
}
