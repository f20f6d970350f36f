import { GraphQLError, type GraphQLFormattedError } from "graphql";
import { httpStatusOf, SystemError } from "../errors.js";

/** What a caller sees of a bug; the log has the rest under the same request id. */
const maskedMessage = "Something went wrong here. Report the request id.";
const bugCode = "INTERNAL_SERVER_ERROR";

/** What was thrown, without the wrappings that say where in the document it happened. */
export function causeOf(error: unknown): unknown {
  let cause = error;
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError;
  return cause;
}

/**
 * An error as callers may see it, by the closed set of `SystemError` codes, and the codes of GraphQL's own
 * checks of a request. Everything else is a bug and is masked.
 * @param code of an outer layer that already knows what kind of error it is, as Apollo does for validation
 */
export function presentError(error: unknown, code?: unknown): GraphQLFormattedError {
  const cause = causeOf(error);
  const place = error instanceof GraphQLError ? placeOf(error) : {};
  if (cause instanceof SystemError) {
    const { retryAfterSeconds, details } = cause.options;
    const retry = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
    return { message: cause.message, ...place, extensions: { ...details, code: cause.code, ...retry } };
  }
  const known = cause instanceof GraphQLError ? codeOf(cause, code) : bugCode;
  if (known === bugCode || !(cause instanceof GraphQLError)) return { message: maskedMessage, ...place, extensions: { code: bugCode } };
  return { message: error instanceof GraphQLError ? error.message : cause.message, ...place, extensions: { code: known } };
}

/** The most telling code: the check's own, such as QUERY_TOO_DEEP; else the layer's. */
function codeOf(cause: GraphQLError, outer: unknown): string {
  const own = cause.extensions.code;
  if (typeof own === "string") return own;
  if (typeof outer === "string" && outer !== bugCode) return outer;
  // graphql-js finds a null in a non-null argument only while executing, and names no code.
  if (cause.message.startsWith("Argument \"") || cause.message.startsWith("Variable \"")) return "BAD_USER_INPUT";
  return bugCode;
}

function placeOf({ locations, path }: GraphQLError): Pick<GraphQLFormattedError, "locations" | "path"> {
  return { ...(locations ? { locations } : {}), ...(path ? { path } : {}) };
}

export function isBug(presented: GraphQLFormattedError): boolean {
  return presented.extensions?.code === bugCode;
}

/** Puts the request's id beside the code, so that a caller's report leads to our log. */
export function withRequestId(presented: GraphQLFormattedError, requestId: string): GraphQLFormattedError {
  return { ...presented, extensions: { ...presented.extensions, requestId } };
}

/** Status and header of an answer that failed as a whole. */
export interface FailureHead {
  readonly status: number;
  readonly retryAfterSeconds: number | null;
}

/** The head of the first system failure among the errors; null where there is none. */
export function failureHead(errors: readonly unknown[]): FailureHead | null {
  for (const error of errors) {
    const cause = causeOf(error);
    if (cause instanceof SystemError) return { status: httpStatusOf[cause.code], retryAfterSeconds: cause.options.retryAfterSeconds ?? null };
  }
  return null;
}
