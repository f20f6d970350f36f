/**
 * A failure of the system, not of the request: sent as a top-level GraphQL error with its code.
 * Everything that is neither this nor a `Refusal` is a bug, masked to the caller.
 */
export class SystemError extends Error {
  override readonly name = "SystemError";

  constructor(
    readonly code: SystemErrorCode,
    message: string,
    readonly options: { readonly retryAfterSeconds?: number; readonly details?: Readonly<Record<string, unknown>>; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
  }
}

/** The closed set of system failures, each with the HTTP status that goes with it. */
export const httpStatusOf = {
  /** A lane is full; nothing was begun. Repeat after `retryAfterSeconds`. */
  OVERLOADED: 503,
  /** The caller's own time was over, or the caller gone, before the work was begun. Repeat with the same key. */
  DEADLINE_EXCEEDED: 504,
  /** The primary cannot be reached; nothing is known to have happened. Repeat with the same key. */
  UNAVAILABLE: 503,
  /** The connection was lost while committing. Repeat with the same key: the answer tells what happened. */
  IN_DOUBT: 503,
  /** A rate limit is used up; nothing was begun. Repeat after `retryAfterSeconds`. */
  RATE_LIMITED: 429,
  /** The operation costs more than its caller could ever be allowed; `cost` tells how much. */
  QUERY_TOO_COSTLY: 400,
  /** The shop runs degraded: what nobody needs at once is off. Repeat after `retryAfterSeconds`. */
  DEGRADED: 503,
  /** No read node answers. */
  READ_UNAVAILABLE: 503,
  /** The key was used before with another payload. */
  IDEMPOTENCY_KEY_REUSED: 422,
  IDEMPOTENCY_KEY_MISSING: 400,
  BAD_USER_INPUT: 400,
  /** What was asked for is more than one answer may hold. A mutation has taken place: its key tells the outcome. */
  RESPONSE_TOO_LARGE: 422,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
} as const;

export type SystemErrorCode = keyof typeof httpStatusOf;
