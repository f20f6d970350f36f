import type { PaymentMethod } from "../../events/payments.js";
import type { DecisionUnit } from "../../kernel/command.js";
import { holdsCardNumber } from "../../kernel/card-number.js";
import { Refusal } from "../../kernel/refusal.js";
import { paymentCaseState } from "./payment-case.write-state.js";
import { paymentIdOf } from "./record-payment.js";

/** What a buyer wants to pay with. */
export interface PaymentWish {
  readonly method: PaymentMethod;
  /** A token of the provider's, never card data; null takes the provider's default. */
  readonly token: string | null;
}

export const tokenLengthMax = 255;

/** The refusals of `readWish`, for the payloads of mutations that take one. */
export const wishRefusals = {
  CARD_DATA_REFUSED: "This is a card's number: never send one here. Hand in the token that the provider gave for it.",
  INVALID_TOKEN: `A token has 1 to ${String(tokenLengthMax)} printable characters without spaces, and only a card has one.`,
} as const;

/**
 * Looks at what a buyer sent before anything is kept of it, even its hash.
 * @throws Refusal CARD_DATA_REFUSED, INVALID_TOKEN; its message repeats nothing of it
 */
export function readWish(method: PaymentMethod, token: string | null, field: string): PaymentWish {
  if (token === null) return { method, token };
  if (holdsCardNumber(token)) throw new Refusal("CARD_DATA_REFUSED", wishRefusals.CARD_DATA_REFUSED, `${field}.token`);
  if (method !== "CARD" || token.length > tokenLengthMax || !/^[\x21-\x7e]+$/.test(token)) throw new Refusal("INVALID_TOKEN", wishRefusals.INVALID_TOKEN, `${field}.token`);
  return { method, token };
}

/** Remembers what an order that is being placed is paid with, where that is anything but the provider's default. */
export function keepMethod(unit: DecisionUnit, orderId: string, wish: PaymentWish | undefined): void {
  if (!wish || (wish.method === "CARD" && wish.token === null)) return;
  const paymentId = paymentIdOf(orderId);
  unit.put(paymentCaseState, { paymentId, orderId, attempt: 1, ...wish, inDoubtSince: null, askAt: null, asked: 0 });
}
