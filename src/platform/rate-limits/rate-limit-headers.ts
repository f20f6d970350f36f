import type { Count } from "./limit-counter.js";
import type { Limit } from "./limits.js";

/** Written once a limit: it does not change. */
const policies = new WeakMap<Limit, string>();

/** `RateLimit-Policy` of draft-ietf-httpapi-ratelimit-headers-11, section 3: what may be used in which window. */
export function policyHeader(counts: readonly Count[]): string {
  return counts.map(({ limit }) => {
    let policy = policies.get(limit);
    if (policy === undefined) policies.set(limit, policy = `"${limit.name}";q=${String(limit.points)};w=${String(limit.windowSeconds)}`);
    return policy;
  }).join(", ");
}

/** `RateLimit` of the same draft, section 4: what is left of it, and for how many seconds. */
export function stateHeader(counts: readonly Count[]): string {
  return counts.map(({ limit, remaining, leftMs }) => `"${limit.name}";r=${String(remaining)};t=${String(Math.ceil(leftMs / 1_000))}`).join(", ");
}
