import type { Logger } from "../../platform/log/logger.js";
import type { LivePort } from "../../platform/live/live-port.js";
import type { PrimaryReader } from "../../platform/http/request-context.js";
import type { DegradedModeWish } from "../../platform/overload/degraded-mode.js";
import { readRows } from "../../platform/projector/read-rows.js";
import type { ReadNode } from "../../platform/projector/read-node.js";
import { degradedModeChannel, degradedModeId, type DegradedModeRow } from "../../projections/operations/degraded-mode.projection.js";
import { degradedModeTable } from "../../projections/operations/degraded-mode.table.js";

export interface WatchOptions {
  readonly nodes: readonly ReadNode[];
  readonly live: LivePort;
  readonly primary: PrimaryReader;
  readonly logger: Logger;
  /** A lost push costs this much at most. */
  readonly refreshMs: number;
  readonly obey: (wish: DegradedModeWish) => void;
}

/** The event itself: where no node answers, the word has to come through all the more. */
const onPrimary = "SELECT data->>'mode' AS mode, data->>'reason' AS reason, version FROM event_log WHERE stream_id = $1 ORDER BY version DESC LIMIT 1";

type Word = DegradedModeWish & { readonly version: number };

/** Tells a process what operators say of the degraded mode: at a push, and every few seconds. Returns what ends it. */
export function watchDegradedMode({ nodes, live, primary, logger, refreshMs, obey }: WatchOptions): () => Promise<void> {
  let version = 0;
  let reading: Promise<void> | null = null;
  let again = false;

  const read = async (): Promise<void> => {
    try {
      const word = await newest(nodes, primary);
      // A node that is behind must not take back what another has said.
      if (!word || word.version <= version) return;
      version = word.version;
      logger.warn({ mode: word.mode, reason: word.reason }, "an operator has set the degraded mode");
      obey({ mode: word.mode, reason: word.reason });
    } catch (err) {
      logger.debug({ err }, "nobody could say what the degraded mode is to be");
    }
  };
  const look = (): void => {
    again = true;
    reading ??= (async () => {
      while (again) {
        again = false;
        await read();
      }
    })().finally(() => { reading = null; });
  };

  const endings = nodes.map(async ({ name }) => live.subscribe(name, degradedModeChannel, look).catch(() => () => undefined));
  const endOfGaps = live.onGap(look);
  const timer = setInterval(look, refreshMs).unref();
  look();
  return async () => {
    clearInterval(timer);
    endOfGaps();
    for (const end of await Promise.all(endings)) end();
    again = false;
    await reading;
  };
}

async function newest(nodes: readonly ReadNode[], primary: PrimaryReader): Promise<Word | undefined> {
  const asked = await Promise.allSettled(nodes.map((node) => readRows<DegradedModeRow>(node, degradedModeTable, "degraded_mode", "WHERE id = $1", [degradedModeId])));
  const words = asked.flatMap((one) => (one.status === "fulfilled" ? one.value : []));
  if (asked.some(({ status }) => status === "fulfilled")) return words.sort((one, other) => other.version - one.version)[0];
  const [word] = await primary.query<Word>(onPrimary, [`degraded_mode-${degradedModeId}`]);
  return word;
}
