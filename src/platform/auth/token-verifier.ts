import { createRemoteJWKSet, decodeProtectedHeader, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey, type JWTVerifyOptions } from "jose";
import type { Actor } from "../../kernel/command.js";
import type { Settings } from "../config/config.js";
import { SystemError } from "../errors.js";

/** Who a token speaks for, and until when. */
export interface Identity {
  readonly actor: Actor;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

export type AuthSettings = Pick<Settings, "JWT_SECRET" | "JWKS_URL" | "JWT_ISSUER" | "JWT_AUDIENCE">;

/** Listed, so that a token cannot choose `none`, nor a public key be taken for a shared secret. */
const publicKeyAlgorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];
const clockToleranceSeconds = 5;
const subjectLengthMax = 200;

/**
 * Checks a token's signature, times, issuer and audience, and reads `sub` and `role` from it.
 * The returned function throws SystemError UNAUTHENTICATED, or UNAVAILABLE where the keys cannot be fetched.
 */
export function createTokenVerifier(settings: AuthSettings): (token: string) => Promise<Identity> {
  const secret = settings.JWT_SECRET === undefined ? null : new TextEncoder().encode(settings.JWT_SECRET);
  const remote = settings.JWKS_URL === undefined ? null : createRemoteJWKSet(new URL(settings.JWKS_URL), { timeoutDuration: 3_000 });
  const options: JWTVerifyOptions = {
    clockTolerance: clockToleranceSeconds, requiredClaims: ["sub", "exp"],
    ...(settings.JWT_ISSUER === undefined ? {} : { issuer: settings.JWT_ISSUER }),
    ...(settings.JWT_AUDIENCE === undefined ? {} : { audience: settings.JWT_AUDIENCE }),
  };
  return async (token) => {
    try {
      const { payload } = await verify(token, secret, remote, options);
      return identityOf(payload);
    } catch (error) {
      throw refusalOf(error);
    }
  };
}

async function verify(token: string, secret: Uint8Array | null, remote: JWTVerifyGetKey | null, options: JWTVerifyOptions): Promise<{ payload: JWTPayload }> {
  const shared = decodeProtectedHeader(token).alg === "HS256";
  if (shared && secret) return jwtVerify(token, secret, { ...options, algorithms: ["HS256"] });
  if (!shared && remote) return jwtVerify(token, remote, { ...options, algorithms: publicKeyAlgorithms });
  throw new SystemError("UNAUTHENTICATED", "The token is signed in a way that is not accepted here.");
}

function identityOf({ sub, exp, role }: JWTPayload): Identity {
  if (role !== "customer" && role !== "operator") {
    throw new SystemError("UNAUTHENTICATED", "The token's `role` must be `customer` or `operator`.");
  }
  if (!sub || sub.length > subjectLengthMax || exp === undefined) {
    throw new SystemError("UNAUTHENTICATED", `The token's \`sub\` must have 1 to ${String(subjectLengthMax)} characters.`);
  }
  return { actor: { role, id: sub }, expiresAt: exp * 1_000 };
}

/** Tells a bad token from keys that cannot be had: only the first is the caller's fault. */
function refusalOf(error: unknown): SystemError {
  if (error instanceof SystemError) return error;
  if (error instanceof errors.JWTExpired) return new SystemError("UNAUTHENTICATED", "The token has expired.", { cause: error });
  const callersFault = error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout) && error.code !== "ERR_JOSE_GENERIC";
  // decodeProtectedHeader answers garbage with a TypeError of its own.
  if (callersFault || (error instanceof TypeError && /protected header|token/i.test(error.message))) {
    return new SystemError("UNAUTHENTICATED", "The token is not valid.", { cause: error });
  }
  return new SystemError("UNAVAILABLE", "The keys that tokens are checked with cannot be fetched just now.", { retryAfterSeconds: 2, cause: error });
}
