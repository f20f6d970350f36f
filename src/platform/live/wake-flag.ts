/** One pending flag: any number of calls while nobody waits count as one. So nothing can pile up. */
export class WakeFlag {
  #raised = false;
  #waiting: (() => void) | null = null;

  raise(): void {
    this.#raised = true;
    this.#waiting?.();
  }

  /** Whoever reads now has seen all that was said before. */
  lower(): void {
    this.#raised = false;
  }

  /** Resolves when the flag was raised (and lowers it), when `timeoutMs` have passed, or when the signal aborts. */
  async wait(timeoutMs: number, signal?: AbortSignal): Promise<"raised" | "timeout" | "aborted"> {
    if (signal?.aborted) return "aborted";
    if (!this.#raised) await this.#sleep(timeoutMs, signal);
    if (signal?.aborted) return "aborted";
    if (!this.#raised) return "timeout";
    this.#raised = false;
    return "raised";
  }

  #sleep(timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        this.#waiting = null;
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      signal?.addEventListener("abort", done);
      this.#waiting = done;
    });
  }
}
