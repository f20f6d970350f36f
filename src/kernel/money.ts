/** An amount in the currency's minor units (cents), always a whole number. */
export interface Money {
  readonly amountMinor: number;
  /** ISO 4217. */
  readonly currency: string;
}

/** Digits after the point, by ISO 4217; all others have two. */
const minorDigits: Readonly<Record<string, number>> = { JPY: 0, KRW: 0, CLP: 0, VND: 0, ISK: 0, BHD: 3, KWD: 3, OMR: 3, TND: 3, JOD: 3 };

export function minorDigitsOf(currency: string): number {
  return minorDigits[currency] ?? 2;
}

/** `1999` EUR as `"19.99"`. */
export function toDecimalString({ amountMinor, currency }: Money): string {
  const digits = minorDigitsOf(currency);
  if (digits === 0) return String(amountMinor);
  const sign = amountMinor < 0 ? "-" : "";
  const padded = String(Math.abs(amountMinor)).padStart(digits + 1, "0");
  return `${sign}${padded.slice(0, -digits)}.${padded.slice(-digits)}`;
}

/**
 * `"19.99"` EUR as 1999. Returns null for anything but a plain decimal with at most the
 * currency's digits, or beyond what a double holds exactly.
 */
export function fromDecimalString(decimal: string, currency: string): number | null {
  const digits = minorDigitsOf(currency);
  const match = /^(-?)(\d{1,15})(?:\.(\d+))?$/.exec(decimal);
  if (!match) return null;
  const [, sign, whole, fraction = ""] = match;
  if (fraction.length > digits) return null;
  const minor = Number(`${whole}${fraction.padEnd(digits, "0")}`);
  if (!Number.isSafeInteger(minor)) return null;
  return sign === "-" && minor !== 0 ? -minor : minor;
}

/**
 * `amountMinor × basisPoints / 10,000`, rounded half away from zero: the rounding that invoices use.
 * Integer arithmetic, so that no binary fraction decides a cent.
 */
export function shareOf(amountMinor: number, basisPoints: number): number {
  const product = BigInt(amountMinor) * BigInt(basisPoints);
  const half = product < 0n ? -5_000n : 5_000n;
  return Number((product + half) / 10_000n);
}
