import type { RequestContext } from "./request-context.js";

/**
 * Loads what an essential query shows. While degraded it comes from what was answered last in this process, where that is
 * at hand, and the answer says so: `extensions.stale.since`. Only for what is the same for every caller.
 * @param key names the answer among all that are kept, e.g. `product:LAMP`
 */
export async function cachedWhenDegraded<Value>(context: RequestContext, key: string, load: () => Promise<Value>): Promise<Value> {
  const { overload } = context;
  if (!overload.degraded.isOn) return overload.lastAnswers.load(key, load);
  const { value, keptAtMs } = await overload.lastAnswers.lastOr(key, load);
  if (keptAtMs !== null) context.markStale(keptAtMs);
  return value;
}
