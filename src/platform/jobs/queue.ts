/** A pg-boss queue with its limits; created by `migrate`. Its dead letters go to `<name>.dead`. */
export interface QueueDefinition {
  readonly name: string;
  readonly policy: "standard" | "stately";
  /** Attempts after the first one. */
  readonly retryLimit: number;
  /** First wait in seconds; doubled with jitter each time up to `retryDelayMaxSeconds`. */
  readonly retryDelaySeconds: number;
  readonly retryDelayMaxSeconds: number;
  /** An attempt that takes longer is taken for dead and repeated. */
  readonly expireSeconds: number;
  /** A worker that says nothing for that long is taken for dead, and its jobs are repeated. */
  readonly heartbeatSeconds?: number;
}

/**
 * The limits of a queue whose job talks to the outside: it outlasts a neighbour that is down for a day, and notices
 * within half a minute that its worker was killed.
 */
export function effectQueue(name: string): QueueDefinition {
  return {
    name, policy: "standard", retryLimit: 200, retryDelaySeconds: 1, retryDelayMaxSeconds: 600,
    expireSeconds: 60, heartbeatSeconds: 15,
  };
}
