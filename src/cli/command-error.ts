/** What a person gave a command cannot be done: one sentence that says what can. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}
