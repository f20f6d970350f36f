import type { ServerResponse } from "node:http";
import { SystemError } from "../errors.js";

export interface FilePlacesOptions {
  /** Files that one process sends at once. */
  readonly filesMax: number;
  /** Longest time that a reader may take for one. */
  readonly sendMaxMs: number;
  /** What the next one is told while all places are taken. */
  readonly refusal: string;
}

/** Places for files that are being sent: they cost memory as long as somebody reads them. */
export class FilePlaces {
  readonly #options: FilePlacesOptions;
  #taken = 0;

  constructor(options: FilePlacesOptions) {
    this.#options = options;
  }

  /** Takes a place until the answer has ended, in whatever way. @throws SystemError OVERLOADED */
  take(answer: ServerResponse): void {
    // Who has hung up already ends no second time, and would never give the place back.
    if (answer.closed || answer.destroyed) return;
    if (this.#taken >= this.#options.filesMax) throw new SystemError("OVERLOADED", this.#options.refusal, { retryAfterSeconds: 1 });
    this.#taken += 1;
    const overdue = setTimeout(() => { answer.destroy(); }, this.#options.sendMaxMs);
    answer.once("close", () => {
      this.#taken -= 1;
      clearTimeout(overdue);
    });
  }
}
