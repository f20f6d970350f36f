import { SystemError } from "../errors.js";
import { createTokenVerifier, type AuthSettings, type Identity } from "./token-verifier.js";

/** Finds out who sends a request. */
export interface Authenticator {
  /**
   * Null without a token. Answers at once for a token that was checked a moment ago, since a signature
   * costs more than all the rest of a small request.
   * @param authorization the header, or a WebSocket's `connectionParams.authorization`
   * @throws SystemError UNAUTHENTICATED, UNAVAILABLE
   */
  identify(authorization: string | undefined): Identity | null | Promise<Identity>;
}

/** A key that is withdrawn at the issuer counts here for at most so long. */
const trustMs = 60_000;
const remembered = 10_000;
const tokenLengthMax = 8_192;
const bearer = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+) *$/i;

interface Checked {
  readonly identity: Identity;
  readonly until: number;
}

/** @param now milliseconds since 1970 */
export function createAuthenticator(settings: AuthSettings, now: () => number = Date.now): Authenticator {
  const verify = createTokenVerifier(settings);
  // A Map keeps its order of insertion: the first key is the one that was checked longest ago.
  const checked = new Map<string, Checked>();

  const check = async (authorization: string): Promise<Identity> => {
    const token = authorization.length <= tokenLengthMax ? bearer.exec(authorization)?.[1] : undefined;
    if (token === undefined) throw new SystemError("UNAUTHENTICATED", "The authorization must be `Bearer` and a token.");
    const identity = await verify(token);
    for (const oldest of checked.keys()) {
      if (checked.size < remembered) break;
      checked.delete(oldest);
    }
    checked.set(authorization, { identity, until: Math.min(now() + trustMs, identity.expiresAt) });
    return identity;
  };

  return {
    identify(authorization) {
      if (authorization === undefined) return null;
      const known = checked.get(authorization);
      if (known && known.until > now()) return known.identity;
      checked.delete(authorization);
      return check(authorization);
    },
  };
}
