import { hash } from "node:crypto";

/** Without letters and digits that are taken for one another: I and 1, O and 0, and what remains of both. */
const alphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
const lettersCount = 9;

/**
 * What a buyer writes on a transfer, e.g. `K7QM-2XWPA-T`: a function of payment and attempt, its last sign a check sign
 * (Luhn mod N, base 32), which finds every single wrong sign and nearly all that changed places.
 * 45 bits: of a million open payments two share one in about one shop of seventy.
 */
export function transferReference(paymentId: string, attempt: number): string {
  const digest = BigInt(`0x${hash("sha256", `transfer\0${paymentId}\0${String(attempt)}`, "hex").slice(0, 16)}`);
  const letters = Array.from({ length: lettersCount }, (_, place) => alphabet[Number((digest >> BigInt(5 * place)) & 31n)] ?? "").join("");
  return `${letters.slice(0, 4)}-${letters.slice(4)}-${checkSign(letters)}`;
}

/** The reference in its one form, however it was typed; null where its check sign does not fit. */
export function readTransferReference(typed: string): string | null {
  const signs = typed.toUpperCase().replaceAll(/[\s.-]/g, "");
  if (signs.length !== lettersCount + 1 || Array.from(signs).some((sign) => !alphabet.includes(sign))) return null;
  const letters = signs.slice(0, lettersCount);
  return checkSign(letters) === signs.at(-1) ? `${letters.slice(0, 4)}-${letters.slice(4)}-${signs.at(-1) ?? ""}` : null;
}

/** Luhn mod N (ISO/IEC 7812 for digits, here for base 32): every second value from the right is doubled, its digits added. */
function checkSign(letters: string): string {
  const base = alphabet.length;
  let sum = 0;
  for (const [fromRight, sign] of Array.from(letters).reverse().entries()) {
    const value = alphabet.indexOf(sign) * (fromRight % 2 === 0 ? 2 : 1);
    sum += Math.floor(value / base) + (value % base);
  }
  return alphabet[(base - (sum % base)) % base] ?? "";
}
