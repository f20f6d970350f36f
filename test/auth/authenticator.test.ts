import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { mintToken } from "../../src/cli/token.js";
import { createAuthenticator, type Authenticator } from "../../src/platform/auth/authenticator.js";

const secret = "a secret that is only for these tests";
const mint = (change: Partial<Parameters<typeof mintToken>[0]> = {}, now?: Date): Promise<string> =>
  mintToken({ secret, role: "customer", subject: "c1", ttlSeconds: 600, ...change }, now);
const bearer = async (token: Promise<string> | string): Promise<string> => `Bearer ${await token}`;
const identify = async (authenticator: Authenticator, authorization: string): Promise<unknown> => authenticator.identify(authorization);
const refused = (message: RegExp | string): object => expect.objectContaining({ name: "SystemError", code: "UNAUTHENTICATED", message: expect.stringMatching(message) });

describe("tokens with a shared secret", () => {
  const authenticator = createAuthenticator({ JWT_SECRET: secret });

  it("name the actor; without one there is none", async () => {
    expect(await identify(authenticator, await bearer(mint({ role: "operator", subject: "o1" })))).toMatchObject({ actor: { role: "operator", id: "o1" } });
    expect(authenticator.identify(undefined)).toBeNull();
  });

  it.each<[string, () => Promise<string>, RegExp]>([
    ["an expired one", () => bearer(mint({}, new Date(0))), /expired/],
    ["one of another secret", () => bearer(mint({ secret: "another secret, as long as the first" })), /not valid/],
    ["rubbish", () => bearer("a.b.c"), /not valid/],
    ["another scheme", () => Promise.resolve("Basic YTpi"), /Bearer/],
    ["an empty one", () => Promise.resolve("Bearer "), /Bearer/],
    ["an endless one", () => bearer(`${"a".repeat(9_000)}.b.c`), /Bearer/],
    ["an unsigned one", async () => bearer(new UnsecuredJWT({ role: "operator" }).setSubject("x").setExpirationTime("1h").encode().concat("x")), /not accepted|not valid/],
    ["one without a role", () => bearer(sign({ sub: "c1" })), /role/],
    ["one of an unknown role", () => bearer(sign({ sub: "c1", role: "system" })), /role/],
    ["one without a subject", () => bearer(sign({ role: "customer" })), /not valid/],
    ["one that never expires", () => bearer(new SignJWT({ role: "customer" }).setSubject("c1").setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(secret))), /not valid/],
  ])("refuse %s", async (_name, authorization, message) => {
    await expect(identify(authenticator, await authorization())).rejects.toEqual(refused(message));
  });

  it("are held to issuer and audience where these are set", async () => {
    const strict = createAuthenticator({ JWT_SECRET: secret, JWT_ISSUER: "shop", JWT_AUDIENCE: "millrace" });
    expect(await identify(strict, await bearer(mint({ issuer: "shop", audience: "millrace" })))).toMatchObject({ actor: { id: "c1" } });
    await expect(identify(strict, await bearer(mint({ issuer: "other", audience: "millrace" })))).rejects.toEqual(refused(/not valid/));
    await expect(identify(strict, await bearer(mint({ issuer: "shop" })))).rejects.toEqual(refused(/not valid/));
  });

  it("are checked once a minute, and never trusted beyond their end", async () => {
    let now = Date.now();
    const clocked = createAuthenticator({ JWT_SECRET: secret }, () => now);
    const authorization = await bearer(mint({ ttlSeconds: 90 }, new Date(now)));
    await clocked.identify(authorization);
    expect(clocked.identify(authorization)).not.toBeInstanceOf(Promise);
    now += 60_001;
    const again = clocked.identify(authorization);
    expect(again).toBeInstanceOf(Promise);
    await again;
    now += 30_001;
    expect(clocked.identify(authorization)).toBeInstanceOf(Promise);
  });
});

describe("tokens with public keys", () => {
  let server: Server;
  let jwks = "{}";
  let url = "";
  beforeAll(async () => {
    server = createServer((_request, response) => { response.setHeader("content-type", "application/json").end(jwks); });
    await new Promise<void>((resolve) => { server.listen(0, "127.0.0.1", resolve); });
    url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/keys`;
  });
  afterAll(() => { server.close(); });

  it.each(["RS256", "ES256"])("are accepted when %s fits a published key", async (alg) => {
    const { publicKey, privateKey } = await generateKeyPair(alg);
    jwks = JSON.stringify({ keys: [{ ...await exportJWK(publicKey), alg, kid: alg }] });
    const token = await new SignJWT({ role: "operator" }).setProtectedHeader({ alg, kid: alg }).setSubject("o1").setExpirationTime("1h").sign(privateKey);
    expect(await identify(createAuthenticator({ JWKS_URL: url }), await bearer(token))).toMatchObject({ actor: { role: "operator", id: "o1" } });
    const foreign = await new SignJWT({ role: "operator" }).setProtectedHeader({ alg, kid: "other" }).setSubject("o1").setExpirationTime("1h").sign(privateKey);
    await expect(identify(createAuthenticator({ JWKS_URL: url }), await bearer(foreign))).rejects.toEqual(refused(/not valid/));
  });

  it("do not take a public key for a shared secret", async () => {
    await expect(identify(createAuthenticator({ JWKS_URL: url }), await bearer(mint()))).rejects.toEqual(refused(/not accepted/));
  });

  it("are not the caller's fault while the keys cannot be fetched", async () => {
    const { privateKey } = await generateKeyPair("ES256");
    const token = await new SignJWT({ role: "operator" }).setProtectedHeader({ alg: "ES256", kid: "k" }).setSubject("o1").setExpirationTime("1h").sign(privateKey);
    const unreachable = createAuthenticator({ JWKS_URL: "http://127.0.0.1:1/keys" });
    await expect(identify(unreachable, await bearer(token))).rejects.toMatchObject({ code: "UNAVAILABLE", options: { retryAfterSeconds: 2 } });
  });
});

function sign(claims: Record<string, unknown>): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).setExpirationTime("1h").sign(new TextEncoder().encode(secret));
}
