import DataLoader from "dataloader";

/** Keys of one query. */
const keysMax = 500;

/**
 * Gathers what the jobs of a batch ask for in the same turn of the event loop into one query; remembers nothing.
 * @param read gives one value for each key, in the keys' order
 */
export function batchedRead<Key, Value>(read: (keys: readonly Key[]) => Promise<readonly Value[]>): DataLoader<Key, Value> {
  return new DataLoader<Key, Value>(read, { cache: false, maxBatchSize: keysMax });
}
