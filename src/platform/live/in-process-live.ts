import type { LivePort, Pointer } from "./live-port.js";

type Listener = (pointer: Pointer) => void;

/** Carries pointers within one process: for the embedded default and for a single process. Nothing is ever lost. */
export class InProcessLive implements LivePort {
  readonly #channels = new Map<string, Set<Listener>>();

  async publish(node: string, pointers: readonly Pointer[]): Promise<void> {
    for (const pointer of pointers) {
      for (const listener of this.#channels.get(channelName(node, pointer.channel)) ?? []) listener(pointer);
    }
  }

  async subscribe(node: string, channel: string, onPointer: Listener): Promise<() => void> {
    const name = channelName(node, channel);
    let listeners = this.#channels.get(name);
    if (!listeners) this.#channels.set(name, listeners = new Set());
    // A function of its own for each subscription: the same listener may subscribe twice.
    const listener: Listener = (pointer) => { onPointer(pointer); };
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#channels.get(name) === listeners) this.#channels.delete(name);
    };
  }

  onGap(): () => void {
    return () => undefined;
  }

  async close(): Promise<void> {
    this.#channels.clear();
  }
}

/** How a channel is called between processes. */
export function channelName(node: string, channel: string): string {
  return `millrace:${node}:${channel}`;
}
