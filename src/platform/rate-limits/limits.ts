import type { Settings } from "../config/config.js";

/** Where a limit stands: at the caller's address, at who it is, or at what its operation costs. */
export type LimitLevel = "address" | "customer" | "key" | "cost";

/** So many points of one key in a window that begins with the key's first point. */
export interface Limit {
  /** Names the policy in headers and errors, the series in metrics, and the limit's keys in Redis. */
  readonly name: string;
  readonly level: LimitLevel;
  readonly points: number;
  readonly windowSeconds: number;
}

export type LimitSettings = Pick<Settings,
  | "RATE_LIMIT_WINDOW_SECONDS" | "RATE_LIMIT_ADDRESS" | "RATE_LIMIT_CUSTOMER" | "RATE_LIMIT_CUSTOMER_COST"
  | "RATE_LIMIT_OPERATOR" | "RATE_LIMIT_OPERATOR_COST">;

/** Null where a setting switched it off. */
export interface Limits {
  readonly address: Limit | null;
  readonly customer: Limit | null;
  readonly operator: Limit | null;
  /** Of callers without a token, by address. */
  readonly addressCost: Limit | null;
  readonly customerCost: Limit | null;
  readonly operatorCost: Limit | null;
}

export function limitsOf(settings: LimitSettings): Limits {
  const limit = (name: string, level: LimitLevel, points: number): Limit | null =>
    points === 0 ? null : { name, level, points, windowSeconds: settings.RATE_LIMIT_WINDOW_SECONDS };
  return {
    address: limit("address", "address", settings.RATE_LIMIT_ADDRESS),
    customer: limit("customer", "customer", settings.RATE_LIMIT_CUSTOMER),
    operator: limit("operator", "key", settings.RATE_LIMIT_OPERATOR),
    addressCost: limit("address-cost", "cost", settings.RATE_LIMIT_CUSTOMER_COST),
    customerCost: limit("customer-cost", "cost", settings.RATE_LIMIT_CUSTOMER_COST),
    operatorCost: limit("operator-cost", "cost", settings.RATE_LIMIT_OPERATOR_COST),
  };
}
