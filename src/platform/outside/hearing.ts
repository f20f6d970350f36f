/** While calls are under way the event loop is looked at so often. */
const beatMs = 50;
/** A loop that has not turned for longer has heard nothing meanwhile; shorter turns make no call slow. */
const deafFromMs = 100;

/** For how long this process has had no moment to hear an answer: its loop stood still, or the machine gave it no processor. */
export class Hearing {
  #listeners = 0;
  #beating: NodeJS.Timeout | undefined;
  #lastMs = 0;
  #deafMs = 0;

  /** A call begins; whoever listens ends it with `rest`. */
  listen(): void {
    this.#listeners += 1;
    if (this.#beating) return;
    this.#lastMs = performance.now();
    this.#beating = setInterval(() => { this.#beat(); }, beatMs).unref();
  }

  rest(): void {
    this.#listeners -= 1;
    if (this.#listeners > 0) return;
    this.#beat();
    clearInterval(this.#beating);
    this.#beating = undefined;
  }

  /** Milliseconds in all, for comparing two moments of one call. */
  get deafMs(): number {
    const standingMs = performance.now() - this.#lastMs;
    return this.#deafMs + (standingMs > deafFromMs ? standingMs : 0);
  }

  #beat(): void {
    this.#deafMs = this.deafMs;
    this.#lastMs = performance.now();
  }
}
