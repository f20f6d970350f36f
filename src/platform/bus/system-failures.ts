import type { Undecided } from "../../kernel/undecided.js";
import { SystemError } from "../errors.js";

/** A COMMIT may have gone out, and what came after could not tell: whatever ended the attempts, nobody may hear that nothing was written. */
export function commitInDoubt(cause?: unknown): SystemError {
  return new SystemError("IN_DOUBT", "The connection was lost while committing. Repeat with the same key: the answer tells what happened.", { cause, retryAfterSeconds: 2 });
}

/** The primary stayed away for too long. */
export function primaryLost(cause: unknown): SystemError {
  return new SystemError("UNAVAILABLE", "The primary cannot be reached. Nothing was written; repeat with the same key.", { cause, retryAfterSeconds: 2 });
}

export function keyReused(): SystemError {
  return new SystemError("IDEMPOTENCY_KEY_REUSED", "This idempotency key was used before with another input. Use a new key for a new request.");
}

export function heldTooLong(): SystemError {
  return new SystemError("UNAVAILABLE", "Somebody holds this data for too long. Nothing was written; repeat with the same key.", { retryAfterSeconds: 2 });
}

export function notDecided(undecided: Undecided): SystemError {
  switch (undecided.reason) {
    case "KEY_REUSED": return new SystemError("IDEMPOTENCY_KEY_REUSED", undecided.message, { cause: undecided });
    case "TOO_EARLY":
    case "CONTENDED": return new SystemError("UNAVAILABLE", undecided.message, { cause: undecided, retryAfterSeconds: 1 });
  }
}

/** The primary answers, and cannot do it now. */
export function unavailable(why: string, retryAfterSeconds: number, cause: unknown): SystemError {
  return new SystemError("UNAVAILABLE", `${why}; repeat with the same key.`, { cause, retryAfterSeconds });
}

/** Its queue, or the room for repetitions, is full. */
export function overloaded(retryAfterSeconds: number): SystemError {
  return new SystemError("OVERLOADED", "Too many requests wait already. Nothing was begun; repeat with the same key.", { retryAfterSeconds });
}

/** What a caller would hear who has left before the work was begun. */
export function callerGone(cause: unknown): SystemError {
  return new SystemError("DEADLINE_EXCEEDED", "The time that the caller gave was over before the work was begun. Repeat with the same key.", { cause });
}
