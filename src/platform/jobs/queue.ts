/** A pg-boss queue with its limits; created by `migrate`. Its dead letters go to `<name>.dead`. */
export interface QueueDefinition {
  readonly name: string;
  readonly policy: "standard" | "stately" | "key_strict_fifo";
  /** Attempts after the first one. */
  readonly retryLimit: number;
  /** First wait in seconds; doubled with jitter each time up to `retryDelayMaxSeconds`. */
  readonly retryDelaySeconds: number;
  readonly retryDelayMaxSeconds: number;
  /** An attempt that takes longer is taken for dead and repeated. */
  readonly expireSeconds: number;
}
