/** Where an order ends; nothing more comes by itself. */
const finalStates = new Set(["DELIVERED", "CANCELLED", "RETURNED"]);

/** Orders that were told of before they were acknowledged to us, or are somebody else's. */
const strangersMax = 100_000;

/** Where each expected order stands, as far as anybody has told. */
export class OrderTracker {
  /** Null until somebody has told of it. */
  readonly #status = new Map<string, string | null>();
  readonly #pending = new Set<string>();
  readonly #strangers = new Map<string, string>();
  #movedAtMs = performance.now();

  /** When an expected order was last seen in a new state, on `performance.now()`. */
  get movedAtMs(): number { return this.#movedAtMs; }
  get expected(): number { return this.#status.size; }
  /** Expected orders that have not come to their end. */
  get pending(): ReadonlySet<string> { return this.#pending; }

  expect(orderId: string): void {
    if (this.#status.has(orderId)) return;
    this.#status.set(orderId, null);
    this.#pending.add(orderId);
    this.#movedAtMs = performance.now();
    // The news may have been faster than the answer.
    const told = this.#strangers.get(orderId);
    this.#strangers.delete(orderId);
    if (told !== undefined) this.tell(orderId, told);
  }

  tell(orderId: string, status: string): void {
    const known = this.#status.get(orderId);
    if (known === undefined) return this.#rememberStranger(orderId, status);
    if (known === status || (known !== null && finalStates.has(known))) return;
    this.#status.set(orderId, status);
    this.#movedAtMs = performance.now();
    if (finalStates.has(status)) this.#pending.delete(orderId);
  }

  statusOf(orderId: string): string | null {
    return this.#status.get(orderId) ?? null;
  }

  /** Expected orders by state; `UNSEEN` are those that nobody has told of. */
  counts(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const status of this.#status.values()) counts[status ?? "UNSEEN"] = (counts[status ?? "UNSEEN"] ?? 0) + 1;
    return counts;
  }

  #rememberStranger(orderId: string, status: string): void {
    this.#strangers.delete(orderId);
    this.#strangers.set(orderId, status);
    if (this.#strangers.size <= strangersMax) return;
    for (const oldest of this.#strangers.keys()) {
      this.#strangers.delete(oldest);
      return;
    }
  }
}
