import type { Actor, CommandDefinition } from "../../kernel/command.js";
import type { Json } from "../../kernel/json.js";
import { Refusal, type RefusalAnswer } from "../../kernel/refusal.js";
import { requireActor } from "../auth/access.js";
import { SystemError } from "../errors.js";
import type { MutationAnswer, UserErrorAnswer } from "../graphql/mutation-payload.js";
import type { RequestContext } from "./request-context.js";

/** A key goes into an index and into logs: 1 to 200 printable ASCII characters. */
const idempotencyKeyForm = /^[\x21-\x7e]{1,200}$/;

/** A command's outcome in the words of a payload: spread it, and put the answer's own thing beside it. */
export interface CommandResult<Answer extends Json> extends MutationAnswer {
  /** Null where the command was refused. */
  readonly answer: Answer | null;
}

/**
 * Sends a mutation's command for the caller. Refusals come back as `userErrors`.
 * @param options.idempotencyKey the argument; without it the `Idempotency-Key` header counts, which the
 *   context gives only where the document has one mutation, since one key cannot name two commands
 * @param options.actor in whose name it runs; the token's without it. For mutations that guests may send
 * @throws SystemError UNAUTHENTICATED, IDEMPOTENCY_KEY_MISSING, BAD_USER_INPUT, OVERLOADED, and what the bus throws
 */
export async function runCommand<Input, Answer extends Json>(
  context: RequestContext, definition: CommandDefinition<Input, Answer>, input: Input,
  options: { readonly idempotencyKey?: string | null | undefined; readonly actor?: Actor } = {},
): Promise<CommandResult<Answer>> {
  const actor = options.actor ?? requireActor(context);
  const idempotencyKey = readIdempotencyKey(options.idempotencyKey ?? context.idempotencyKey);
  context.overload.admitCommand(definition, actor);
  const { answer, refusal, position, replayed } = await context.bus.execute(definition, input, {
    actor, idempotencyKey, signal: context.caller.signal, ...(context.traceparent === null ? {} : { traceparent: context.traceparent }),
  });
  return { answer, userErrors: refusal ? [userErrorOf(refusal)] : [], position: position === "0" ? null : position, replayed };
}

/** For input that must be refused before a command is made of it, since what a command was sent leaves a trace: a card's number. */
export async function orRefused<Answer extends Json>(work: () => Promise<CommandResult<Answer>>): Promise<CommandResult<Answer>> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { answer: null, userErrors: [userErrorOf(error)], position: null, replayed: false };
  }
}

/** The key of a mutation that sends several commands: it makes a key of its own of it for each. @throws SystemError IDEMPOTENCY_KEY_MISSING, BAD_USER_INPUT */
export function keyOfMutation(context: RequestContext, { idempotencyKey }: { readonly idempotencyKey?: string | null | undefined }): string {
  return readIdempotencyKey(idempotencyKey ?? context.idempotencyKey);
}

function readIdempotencyKey(key: string | null): string {
  if (key === null) {
    throw new SystemError("IDEMPOTENCY_KEY_MISSING", "Every mutation needs an idempotency key: `input.idempotencyKey`, or the Idempotency-Key header where the document has one mutation.");
  }
  if (!idempotencyKeyForm.test(key)) throw new SystemError("BAD_USER_INPUT", "idempotencyKey: must be 1 to 200 printable characters without spaces.");
  return key;
}

function userErrorOf({ code, field, message }: RefusalAnswer): UserErrorAnswer {
  return { code, field: field === null ? null : field.split("."), message };
}
