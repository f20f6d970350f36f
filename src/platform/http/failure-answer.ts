import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { SystemError } from "../errors.js";
import type { Logger } from "../log/logger.js";
import { failureHead, isBug, presentError, withRequestId } from "./present-error.js";

const graphqlMediaType = "application/graphql-response+json";

/** Answers what went wrong before GraphQL had a say, in the form that GraphQL's clients understand. */
export function answerFailure(error: unknown, request: FastifyRequest, reply: FastifyReply, logger: Logger): FastifyReply {
  const refused = refusalOf(error);
  const presented = refused ? { message: refused.message, extensions: { code: refused.code } } : presentError(error);
  if (isBug(presented)) logger.error({ err: error, requestId: request.id, url: request.url }, "A route failed in a way nobody foresaw");
  const head = failureHead([error]);
  if (head?.retryAfterSeconds) void reply.header("retry-after", String(Math.ceil(head.retryAfterSeconds)));
  return reply
    .code(head?.status ?? refused?.status ?? 500)
    .type(`${request.headers.accept?.includes(graphqlMediaType) ? graphqlMediaType : "application/json"}; charset=utf-8`)
    .send(JSON.stringify({ errors: [withRequestId(presented, request.id)] }));
}

interface RefusedRequest {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** What Fastify itself found wrong with a request: always the caller's to mend. */
function refusalOf(error: unknown): RefusedRequest | null {
  if (error instanceof SystemError || !(error instanceof Error)) return null;
  const { statusCode: status, code, message } = error as Partial<FastifyError> & Error;
  if (status === undefined || status < 400 || status > 499) return null;
  if (status === 413) return { status, code: "PAYLOAD_TOO_LARGE", message: "The request's body is too large." };
  if (status === 415) return { status, code: "UNSUPPORTED_MEDIA_TYPE", message: "Send the body as application/json." };
  if (error instanceof SyntaxError || code === "FST_ERR_CTP_INVALID_JSON_BODY") return { status, code: "BAD_REQUEST", message: "The body is not valid JSON." };
  return { status, code: "BAD_REQUEST", message };
}
