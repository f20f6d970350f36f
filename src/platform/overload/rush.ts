import type { Pool } from "pg";
import { NodeListener } from "../projector/node-listener.js";

const rushChannel = "millrace_rush";
/** So many commands of buyers in one transaction came while the one before it ran: more come than are taken. */
const rushFrom = 25;
const tellEveryMs = 1_000;
/** A rush that nobody has spoken of for so long is over. */
const rushLastsMs = 2_500;

/** Tells every process on the primary that buyers wait for their turn. */
export class RushTeller {
  #toldMs = -Infinity;

  constructor(private readonly pool: Pool) {}

  /** @param commands of buyers, in the transaction that has just ended */
  noted(commands: number): void {
    const nowMs = performance.now();
    if (commands < rushFrom || nowMs - this.#toldMs < tellEveryMs) return;
    this.#toldMs = nowMs;
    // Not worth an error: jobs that do not hear of it go on at full speed.
    this.pool.query(`SELECT pg_notify('${rushChannel}', '')`).catch(() => undefined);
  }
}

/** Hears of rushes; without a connection there is none. */
export class RushWatch {
  #heardMs = -Infinity;
  #listener: NodeListener | null = null;

  /** @param url of the primary */
  static async open(url: string): Promise<RushWatch> {
    const watch = new RushWatch();
    watch.#listener = await NodeListener.open({
      url, applicationName: "millrace rush", channels: [rushChannel],
      onNotification: () => { watch.#heardMs = performance.now(); }, onConnected: () => undefined,
    });
    return watch;
  }

  get isRush(): boolean {
    return performance.now() - this.#heardMs < rushLastsMs;
  }

  async close(): Promise<void> {
    await this.#listener?.close();
  }
}
