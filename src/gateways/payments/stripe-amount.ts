/**
 * Currencies that have no minor unit today and that Stripe still counts in hundredths
 * (docs.stripe.com/currencies, "special cases"). All others stand there as in ISO 4217.
 */
const inHundredths = new Set(["ISK", "UGX"]);

export function toStripeAmount(amountMinor: number, currency: string): number {
  return inHundredths.has(currency.toUpperCase()) ? amountMinor * 100 : amountMinor;
}

export function fromStripeAmount(amount: number, currency: string): number {
  return inHundredths.has(currency.toUpperCase()) ? Math.round(amount / 100) : amount;
}
