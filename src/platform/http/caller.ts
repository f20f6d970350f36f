import { setMaxListeners } from "node:events";
import { SystemError } from "../errors.js";

/** Who waits for an answer: a request, or a socket. May leave before it is there. */
export class Caller {
  #controller: AbortController | null = null;
  #left: SystemError | null = null;
  #hungUp = false;

  /** Set where it was refused before anything was done for it. */
  turnedAway = false;

  /** @param listenersMax what may wait for its signal at once and is no leak; null for Node's own bound */
  constructor(private readonly listenersMax: number | null = null) {}

  /** For work that may be left out. Made when it is first asked for: most requests never need it. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.listenersMax !== null) setMaxListeners(this.listenersMax, this.#controller.signal);
      if (this.#left) this.#controller.abort(this.#left);
    }
    return this.#controller.signal;
  }

  /** Nobody is there to read an answer. */
  get hungUp(): boolean {
    return this.#hungUp;
  }

  hangUp(): void {
    this.#hungUp = true;
    this.#leave(new SystemError("DEADLINE_EXCEEDED", "The caller has hung up."));
  }

  /** The time that the caller gave is over: what was not begun is not, and the caller hears so. */
  runOut(): void {
    this.#leave(new SystemError("DEADLINE_EXCEEDED", "The time that the caller gave was over before the work was begun. Repeat with the same key."));
  }

  /** Before work is begun. @throws SystemError DEADLINE_EXCEEDED where nobody waits for it */
  stillThere(): void {
    if (this.#left) throw this.#left;
  }

  #leave(why: SystemError): void {
    if (this.#left) return;
    this.#left = why;
    this.#controller?.abort(why);
  }
}
