import type { LivePort } from "./live-port.js";
import { LiveSubscription, type CurrentNode } from "./live-subscription.js";

/** A push may get lost; so the row is looked for at least this often while somebody waits for it. */
const lookEveryMs = 250;

/**
 * A row that may still be on its way to the node: read again at each push, until it is there or `timeoutMs` passed.
 * Lets a client follow what it has placed a moment ago.
 */
export async function awaitRow<T>(options: {
  readonly live: LivePort; readonly node: CurrentNode; readonly channel: string; readonly load: () => Promise<T | null>; readonly timeoutMs: number;
}): Promise<T | null> {
  const { live, node, channel, load, timeoutMs } = options;
  const first = await load();
  if (first !== null) return first;
  const subscription = new LiveSubscription(live, channel);
  const deadline = performance.now() + timeoutMs;
  try {
    for (;;) {
      await subscription.follow(node().name);
      const row = await load();
      const leftMs = deadline - performance.now();
      if (row !== null || leftMs <= 0) return row;
      await subscription.news.wait(Math.min(leftMs, lookEveryMs));
    }
  } finally {
    subscription.close();
  }
}
