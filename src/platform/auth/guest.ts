import { hash } from "node:crypto";
import { SystemError } from "../errors.js";

/** A secret that somebody could guess would open somebody's cart. */
const secretForm = /^[\x21-\x7e]{32,200}$/;

/**
 * A guest as reservations know one: by the hash of the secret that the guest made up, so that nobody who reads our data can claim it.
 * @throws SystemError BAD_USER_INPUT
 */
export function guestOf(secret: string | null | undefined, field: string): string | null {
  if (secret === null || secret === undefined) return null;
  if (!secretForm.test(secret)) throw new SystemError("BAD_USER_INPUT", `${field}: must be 32 to 200 random printable characters without spaces.`);
  return `guest:${hash("sha256", secret, "base64url")}`;
}
