/**
 * Currencies that have no minor unit today and that Stripe still counts in hundredths
 * (docs.stripe.com/currencies, "special cases"). All others stand there as in ISO 4217.
 */
const inHundredths = new Set(["ISK", "UGX"]);

/** Currencies with thousandths: Stripe takes only whole hundredths of them (docs.stripe.com/currencies, "three-decimal currencies"). */
const inThousandths = new Set(["BHD", "JOD", "KWD", "OMR", "TND"]);

export function toStripeAmount(amountMinor: number, currency: string): number {
  return inHundredths.has(currency.toUpperCase()) ? amountMinor * 100 : amountMinor;
}

export function fromStripeAmount(amount: number, currency: string): number {
  return inHundredths.has(currency.toUpperCase()) ? Math.round(amount / 100) : amount;
}

/** False for an amount that Stripe cannot take to the unit: rounding it would be another price. */
export function isStripeAmount(amountMinor: number, currency: string): boolean {
  return !inThousandths.has(currency.toUpperCase()) || amountMinor % 10 === 0;
}
