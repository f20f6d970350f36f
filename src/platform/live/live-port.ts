/** Says that something changed, never what: the receiver reads the row again. */
export interface Pointer {
  /** What changed, e.g. `order:<id>`; without the node's name, which the port adds. */
  readonly channel: string;
  /** Version of the stream that the change stands for. */
  readonly version: number;
  /** Position of the event on the primary. */
  readonly position: string;
}

/** Carries pointers between processes. A lost pointer costs freshness, never truth. */
export interface LivePort {
  /** @param node the read node whose tables hold the change */
  publish(node: string, pointers: readonly Pointer[]): Promise<void>;
  /** Resolves when the subscription is in force. The returned function ends it. */
  subscribe(node: string, channel: string, onPointer: (pointer: Pointer) => void): Promise<() => void>;
  /** Called after connections were lost and came back: whatever was said meanwhile was not heard. */
  onGap(listener: () => void): () => void;
  close(): Promise<void>;
}
