import { data } from "currency-codes";

/** An amount in the currency's minor units (cents), always a whole number. */
export interface Money {
  readonly amountMinor: number;
  /** ISO 4217. */
  readonly currency: string;
}

/** Units that banks and funds reckon in. They have no exponent in ISO 4217, nor have its metals and test codes, which are of no country. */
const unitsOfAccount = new Set(["XDR", "XSU", "XUA"]);

/** ISO 4217's exponents, of what somebody can pay with. */
const minorDigits: ReadonlyMap<string, number> = new Map(
  data.filter(({ code, countries }) => !unitsOfAccount.has(code) && countries.some((country) => !country.startsWith("Zz"))).map(({ code, digits }) => [code, digits]),
);

/** Whether something can be sold in it: what comes from outside is asked this first. */
export function isCurrency(code: string): boolean {
  return minorDigits.has(code);
}

/** Digits after the point. Two for a code that ISO 4217 no longer has: what was sold in it must stay readable, and nothing new is. */
export function minorDigitsOf(currency: string): number {
  return minorDigits.get(currency) ?? 2;
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

/** `amountMinor × part / whole`, none of them negative, rounded half up. Integer arithmetic, as above. */
export function portionOf(amountMinor: number, part: number, whole: number): number {
  const divisor = BigInt(whole);
  return Number((2n * BigInt(amountMinor) * BigInt(part) + divisor) / (2n * divisor));
}
