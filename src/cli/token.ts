import { SignJWT } from "jose";

export interface TokenRequest {
  /** The same as the server's `JWT_SECRET`. */
  readonly secret: string;
  readonly role: "customer" | "operator";
  /** The customer's or operator's id. */
  readonly subject: string;
  readonly ttlSeconds: number;
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
}

/** Mints a token for development; in production the identity provider does. */
export async function mintToken({ secret, role, subject, ttlSeconds, issuer, audience }: TokenRequest, now: Date = new Date()): Promise<string> {
  const issuedAt = Math.floor(now.getTime() / 1_000);
  const token = new SignJWT({ role })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setSubject(subject)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + ttlSeconds);
  if (issuer !== undefined) token.setIssuer(issuer);
  if (audience !== undefined) token.setAudience(audience);
  return token.sign(new TextEncoder().encode(secret));
}
