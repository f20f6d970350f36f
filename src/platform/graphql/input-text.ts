import { holdsCardNumber } from "../../kernel/card-number.js";
import { SystemError } from "../errors.js";

/** PostgreSQL takes neither NUL in text nor half a surrogate pair in jsonb; both can stand in a JSON string. */
const unstorable = /[\0\p{Surrogate}]/u;

/**
 * Text from outside that will be kept or looked up. How long it may be and what it may say is the command's business;
 * here only what could not be written down at all is turned away, and what is too long to look at.
 * @throws SystemError BAD_USER_INPUT naming the field
 */
export function readText(text: string, field: string, lengthMax = 10_000): string {
  if (text.length > lengthMax) throw new SystemError("BAD_USER_INPUT", `${field}: must have at most ${String(lengthMax)} characters, found ${String(text.length)}.`);
  if (unstorable.test(text)) throw new SystemError("BAD_USER_INPUT", `${field}: holds a character that cannot be kept (NUL or half of a surrogate pair).`);
  return text;
}

/**
 * What a person says in free words, a name or a reason: kept for ever, and so the place where a card's number would do most harm.
 * @throws SystemError BAD_USER_INPUT naming the field, and repeating nothing of it
 */
export function readWords(text: string, field: string, lengthMax?: number): string {
  if (holdsCardNumber(text)) throw new SystemError("BAD_USER_INPUT", `${field}: holds what looks like a card's number. Never send one here.`);
  return readText(text, field, lengthMax);
}
