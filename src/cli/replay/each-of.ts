/** Works the items off, `atOnce` at a time, in their order; the first failure ends it once what was begun has ended. */
export async function eachOf<Item>(
  items: Iterable<Item> | AsyncIterable<Item>, atOnce: number, work: (item: Item) => Promise<void>,
): Promise<void> {
  const source: Iterator<Item> | AsyncIterator<Item> = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  let failed = false;
  const worker = async (): Promise<void> => {
    while (!failed) {
      const next = await source.next();
      if (next.done === true) return;
      try {
        await work(next.value);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: atOnce }, worker));
  await source.return?.(undefined);
  const failure = ended.find((one) => one.status === "rejected");
  if (failure) throw failure.reason;
}
