/**
 * A business "no": part of an answer, stored with the idempotency key and replayed with it.
 * Anything else that is thrown while deciding is a bug.
 */
export class Refusal extends Error {
  override readonly name = "Refusal";

  /**
   * @param code a closed, documented word of the command, e.g. `OUT_OF_STOCK`
   * @param message what to do about it, for a person
   * @param field path of the input that caused it, e.g. `lines.0.sku`
   */
  constructor(readonly code: string, message: string, readonly field: string | null = null) {
    super(message);
  }
}

/**
 * There is none, or none of the caller's: which of the two nobody is told, so the answer names no position either.
 */
export class UnknownRefusal extends Refusal {}

/** A refusal as it is stored and sent. */
export interface RefusalAnswer {
  readonly code: string;
  readonly message: string;
  readonly field: string | null;
}
