import type { Actor } from "../../kernel/command.js";
import { SystemError } from "../errors.js";
import { readText } from "../graphql/input-text.js";

const idLengthMax = 100;

/** A customer's id is its token's subject, as the identity provider gave it. @throws SystemError BAD_USER_INPUT */
export function readCustomerId(id: string, field: string): string {
  const text = readText(id, field, idLengthMax);
  if (!/^\S+$/.test(text)) throw new SystemError("BAD_USER_INPUT", `${field}: ${JSON.stringify(text)} is no customer's id.`);
  return text;
}

/**
 * For whom a caller acts: a customer for nobody but itself, an operator for the customer it names.
 * @throws SystemError FORBIDDEN, BAD_USER_INPUT
 */
export function customerOf({ role, id }: Actor, given: string | null | undefined, field: string): string {
  const named = given === null || given === undefined ? null : readCustomerId(given, field);
  if (role === "customer") {
    if (named !== null && named !== id) throw new SystemError("FORBIDDEN", `${field}: a customer acts for itself; leave it out.`);
    return id;
  }
  if (named === null) throw new SystemError("BAD_USER_INPUT", `${field}: an operator says for which customer.`);
  return named;
}
