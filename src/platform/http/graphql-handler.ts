import { HeaderMap, type ApolloServer, type HTTPGraphQLRequest } from "@apollo/server";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Authenticator } from "../auth/authenticator.js";
import { SystemError } from "../errors.js";
import { ApiContext, type ContextParts } from "./api-context.js";
import { turnAway } from "./door.js";
import { isForNothing } from "./rush.js";
import { shedKnownQuery } from "./operation-admission.js";

/** All that Apollo looks at; copying the others into a map of its own would cost each request. */
const headersApolloReads = ["content-type", "accept", "x-apollo-operation-name", "apollo-require-preflight"] as const;

/** Longest trace context that is kept with events (W3C: 55 characters in version 00). */
const traceparentForm = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Puts Apollo behind a Fastify route, as its own integration does, but without what a small request would pay for it. */
export function graphqlHandler(apollo: ApolloServer<ApiContext>, authenticator: Authenticator, parts: ContextParts) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<string> => {
    shedKnownQuery(parts, request.body);
    const { overload } = parts;
    if (overload.bus && isForNothing(overload.bus, request.body, single(request.headers["idempotency-key"]))) {
      overload.count("command");
      if (request.caller) request.caller.turnedAway = true;
      return turnAway(request, reply, overload.retryAfterSeconds);
    }
    const found = authenticator.identify(request.headers.authorization);
    const identity = found instanceof Promise ? await found : found;
    const admission = request.admission ?? missingGate();
    admission.identify(identity?.actor ?? null);
    const context = new ApiContext(parts, {
      admission,
      caller: request.caller ?? missingGate(),
      requestId: request.id,
      actor: identity?.actor ?? null,
      idempotencyKey: single(request.headers["idempotency-key"]),
      traceparent: readTraceparent(single(request.headers.traceparent)),
    });
    const { status, headers, body } = await apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: requestOf(request),
      context: () => Promise.resolve(context),
    });
    for (const [name, value] of headers) reply.header(name, value);
    admission.writeHeaders((name, value) => reply.header(name, value));
    reply.code(status ?? 200);
    if (body.kind !== "complete") throw new Error("No part of the schema answers in pieces.");
    if (isLonger(body.string, parts.settings.RESPONSE_BYTES_MAX)) {
      throw new SystemError("RESPONSE_TOO_LARGE", `The answer has more than ${String(parts.settings.RESPONSE_BYTES_MAX)} bytes. Ask for shorter lists or fewer fields.`);
    }
    return body.string;
  };
}

/** A character has at most three bytes, so most answers need not be measured. */
function isLonger(text: string, bytesMax: number): boolean {
  return text.length * 3 > bytesMax && Buffer.byteLength(text) > bytesMax;
}

function missingGate(): never {
  throw new Error("The route has no door, or no rate gate.");
}

function requestOf(request: FastifyRequest): HTTPGraphQLRequest {
  const headers = new HeaderMap();
  for (const name of headersApolloReads) {
    const value = single(request.headers[name]);
    if (value !== null) headers.set(name, value);
  }
  const queryStart = request.url.indexOf("?");
  return { method: request.method, headers, search: queryStart < 0 ? "" : request.url.slice(queryStart), body: request.body };
}

function single(header: string | readonly string[] | undefined): string | null {
  return typeof header === "string" ? header : header?.[0] ?? null;
}

/** A malformed trace context is dropped, as its specification says: it must not cost the order. */
function readTraceparent(header: string | null): string | null {
  return header !== null && traceparentForm.test(header) ? header : null;
}
