/** Something that the person who started the replay can mend: told in one line. */
export class ReplayError extends Error {
  override readonly name = "ReplayError";
}
