import { setTimeout as pause } from "node:timers/promises";
import { withClient } from "../postgres/connection.js";

const lookEveryMs = 100;

/**
 * Waits until the first copy of a node is complete, and keeps its bootstrap mark. Works as the application's role.
 * @returns the mark (highest arrival of the copy, decimal), or null when `timeoutMs` passed first
 */
export async function waitUntilReady(nodeUrl: string, timeoutMs: number): Promise<string | null> {
  const deadline = Date.now() + timeoutMs;
  return withClient({ url: nodeUrl, applicationName: "millrace wait" }, async (node) => {
    for (;;) {
      const { rows } = await node.query<{ mark: string | null }>("SELECT node_mark_bootstrap()::text AS mark");
      const mark = rows[0]?.mark ?? null;
      if (mark !== null || Date.now() >= deadline) return mark;
      await pause(lookEveryMs);
    }
  });
}
