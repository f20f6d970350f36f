/**
 * Why a call to the outside gave no answer that can be used.
 * - `timeout`: no answer within the bound
 * - `unavailable`: not reached, reset, a 5xx, or an answer that makes no sense
 * - `rate_limited`: told to come back later (429)
 * - `rejected`: our request is wrong (4xx); repeating it unchanged does not mend it
 */
export type GatewayErrorKind = "timeout" | "unavailable" | "rate_limited" | "rejected";

export interface GatewayErrorOptions {
  /** True where the other side may have done what was asked: repeat with the same key, or ask, before anything else. */
  readonly inDoubt: boolean;
  /** Repeating it sooner is of no use: the other side said so, or our own limits know it. */
  readonly retryAfterSeconds?: number | undefined;
  /** True where nothing was sent: our own breaker, bulkhead or limit held the call back. Default false. */
  readonly heldBack?: boolean | undefined;
  /** HTTP status, where there was an answer. */
  readonly status?: number | undefined;
  /** The other side's own word for what is wrong, e.g. `resource_missing`. */
  readonly code?: string | undefined;
  readonly cause?: unknown;
}

/** The only thing that a gateway throws. Its message names method, host and path, never a key or a body. */
export class GatewayError extends Error {
  override readonly name = "GatewayError";
  readonly inDoubt: boolean;
  readonly retryAfterSeconds: number | undefined;
  readonly heldBack: boolean;
  readonly status: number | undefined;
  readonly code: string | undefined;

  constructor(readonly kind: GatewayErrorKind, message: string, options: GatewayErrorOptions) {
    super(message, { cause: options.cause });
    this.inDoubt = options.inDoubt;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.heldBack = options.heldBack ?? false;
    this.status = options.status;
    this.code = options.code;
  }

  /** The same failure, not to be repeated before so many seconds. */
  notBefore(seconds: number): GatewayError {
    const { inDoubt, heldBack, status, code } = this;
    return new GatewayError(this.kind, this.message, { inDoubt, heldBack, status, code, retryAfterSeconds: seconds, cause: this });
  }
}
