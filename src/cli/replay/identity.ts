import { decodeJwt } from "jose";
import { commandIdOf } from "../../platform/bus/pending-command.js";
import { ReplayError } from "./replay-error.js";

/** Buyers that a file's orders are spread over. */
const customerCount = 300;

/**
 * Everything that makes a second run of a file the same replay: ids and keys follow from the file's content, the
 * run's name, the line and who asks. Never from the clock, nor from the part of the file that is replayed.
 */
export class ReplayIdentity {
  /** The version in front changes with anything that would send another payload under an old key. */
  readonly #prefix: string;
  readonly #operator: string;
  readonly name: string;

  /**
   * @param run names a further replay of a file whose orders are meant to be placed again
   * @param operator who places them: a key is its owner's alone
   */
  constructor(fileId: string, run: string | undefined, operator: string) {
    this.name = run === undefined ? fileId : `${fileId}-${run}`;
    this.#prefix = `replay1:${this.name}`;
    this.#operator = operator;
  }

  key(kind: "products" | "stock" | "customer" | "line", number: number): string {
    return `${this.#prefix}:${kind}:${number}`;
  }

  /** Nobody else's: so every order of theirs is an order of this replay. */
  get customerIds(): readonly string[] {
    return Array.from({ length: customerCount }, (_, place) => this.#customerId(place));
  }

  customerOf(line: number): string {
    return this.#customerId(line % customerCount);
  }

  /** An order's id is a function of who asks and of the key (DESIGN, section 2): so we know which id a line must get. */
  orderIdOf(line: number): string {
    return commandIdOf("placeOrder", { actor: { role: "operator", id: this.#operator }, idempotencyKey: this.key("line", line) });
  }

  #customerId(place: number): string {
    return `replay-${this.name}-${place}`;
  }
}

/** Who places the orders, unless a token says otherwise. */
export const replayOperator = "replay";

/** @throws ReplayError where it is no token */
export function subjectOf(token: string): string {
  try {
    const { sub } = decodeJwt(token);
    if (sub !== undefined) return sub;
  } catch {
    throw new ReplayError("--token: this is no token; mint one with `millrace token --role operator --subject replay`.");
  }
  throw new ReplayError("--token: the token names no subject.");
}
