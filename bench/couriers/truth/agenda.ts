/** What is to happen, by time; what was entered first comes first of two at one time (a binary heap). */
export class Agenda {
  readonly #entries: { readonly atMs: number; readonly turn: number; readonly happen: (nowMs: number) => void }[] = [];
  #turn = 0;

  enter(atMs: number, happen: (nowMs: number) => void): void {
    const entries = this.#entries;
    entries.push({ atMs, turn: this.#turn++, happen });
    for (let at = entries.length - 1; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!this.#before(at, parent)) break;
      this.#swap(at, parent);
      at = parent;
    }
  }

  /** Until nothing is left. */
  play(): void {
    for (let next = this.#take(); next; next = this.#take()) next.happen(next.atMs);
  }

  #take() {
    const entries = this.#entries;
    const first = entries[0];
    const last = entries.pop();
    if (!first || !last || entries.length === 0) return first;
    entries[0] = last;
    for (let at = 0; ;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < entries.length && this.#before(child, least)) least = child;
      }
      if (least === at) return first;
      this.#swap(at, least);
      at = least;
    }
  }

  #before(one: number, other: number): boolean {
    const [first, second] = [this.#entries[one]!, this.#entries[other]!];
    return first.atMs < second.atMs || (first.atMs === second.atMs && first.turn < second.turn);
  }

  #swap(one: number, other: number): void {
    [this.#entries[one], this.#entries[other]] = [this.#entries[other]!, this.#entries[one]!];
  }
}
