/** Something needs a person. Deduplicated by `key` while it is open. */
export interface AlertRequest {
  /** What is wrong with what, e.g. `projection_parked:order_card`. */
  readonly key: string;
  readonly severity: "info" | "warning" | "critical";
  /** One sentence that says what is wrong and what to do. */
  readonly message: string;
  readonly details?: { readonly [name: string]: string | number | boolean | null };
}

/** Raises alerts. Never throws: where the primary cannot be reached, the alert is logged and counted instead. */
export interface AlertPort {
  raise(alert: AlertRequest): Promise<void>;
}

/** Where alerts also end by themselves, when what was wrong is over. */
export interface AlertDesk extends AlertPort {
  /** Nothing where there is none, or where it is over already. Never throws. */
  resolve(key: string): Promise<void>;
}
