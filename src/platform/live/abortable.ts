/**
 * An async generator that ends at once. A plain one only notices `return()` at its next `yield`: a client
 * that leaves while it waits for news would be kept until news comes. Here `return()` aborts the wait first.
 */
export function abortable<T>(make: (signal: AbortSignal) => AsyncGenerator<T, void, undefined>, outer?: AbortSignal): AsyncGenerator<T, void, undefined> {
  const ended = new AbortController();
  const signal = outer ? AbortSignal.any([outer, ended.signal]) : ended.signal;
  const inner = make(signal);
  const end = (): void => { ended.abort(); };
  return {
    next: () => inner.next(),
    return: () => (end(), inner.return()),
    throw: (error) => (end(), inner.throw(error)),
    [Symbol.asyncIterator]() { return this; },
    async [Symbol.asyncDispose]() { end(); await inner.return(); },
  };
}
