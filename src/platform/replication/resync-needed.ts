/** The node cannot go on from where it is: its copy must be thrown away and made anew. */
export class ResyncNeededError extends Error {
  override readonly name = "ResyncNeededError";

  constructor(readonly nodeName: string, readonly reason: string) {
    super(`Read node ${nodeName}: ${reason}. Run \`millrace resync ${nodeName}\`.`);
  }
}
