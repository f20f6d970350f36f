import type { LivePort } from "./live-port.js";
import { WakeFlag } from "./wake-flag.js";

/** Names the node that is read at the moment; asked again and again, since a node may go away. */
export type CurrentNode<Node extends { readonly name: string } = { readonly name: string }> = () => Node;

/**
 * One channel of the node that is read at the moment, boiled down to one flag: "read again".
 * Lost connections raise it too, since nobody heard what was said meanwhile.
 */
export class LiveSubscription {
  readonly news = new WakeFlag();
  #nodeName: string | null = null;
  #unsubscribe: () => void = () => undefined;
  readonly #endGap: () => void;

  constructor(private readonly live: LivePort, private readonly channel: string) {
    this.#endGap = live.onGap(() => { this.news.raise(); });
  }

  /** Follows the node: subscribes on its channel where it is another one than before. Read after it, never before. */
  async follow(nodeName: string): Promise<void> {
    if (nodeName === this.#nodeName) return;
    const unsubscribe = await this.live.subscribe(nodeName, this.channel, () => { this.news.raise(); });
    this.#unsubscribe();
    this.#unsubscribe = unsubscribe;
    this.#nodeName = nodeName;
  }

  close(): void {
    this.#unsubscribe();
    this.#endGap();
  }
}
