/**
 * Thrown while deciding where neither an answer nor a refusal would be true. Nothing is stored with the key, and the
 * caller hears of a failure of the system:
 * - `KEY_REUSED`: the key did something else long ago, when its answer is no longer kept
 * - `TOO_EARLY`: news that others have to come before; it is repeated
 * - `CONTENDED`: others hold at this moment what it takes to tell; it is decided again before anybody hears of it
 */
export class Undecided extends Error {
  override readonly name = "Undecided";

  constructor(readonly reason: "KEY_REUSED" | "TOO_EARLY" | "CONTENDED", message: string) {
    super(message);
  }
}
