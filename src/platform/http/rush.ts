import type { BusState } from "../bus/command-bus.js";

/** A request's body as any client may send it. */
interface Body {
  readonly query?: unknown;
  readonly variables?: { readonly input?: { readonly idempotencyKey?: unknown } | null } | null;
}

const mutation = /^\s*mutation\b/;

/**
 * Whether a request could only be refused: a mutation whose variables name a product that has a lane of its own, and the
 * lane is full. Asked before anything is paid for it, since in a rush most requests are such. A repetition of what is on
 * its way is let through: it gets the first one's answer.
 * @param headerKey the `Idempotency-Key` header
 */
export function isForNothing(bus: Pick<BusState, "fullKeys" | "isUnderWay">, body: unknown, headerKey: string | null): boolean {
  const keys = bus.fullKeys();
  if (keys.length === 0 || typeof body !== "object" || body === null) return false;
  const { query, variables } = body as Body;
  if (typeof query !== "string" || !mutation.test(query) || typeof variables !== "object" || variables === null) return false;
  const text = JSON.stringify(variables);
  if (!keys.some((key) => text.includes(JSON.stringify(key)))) return false;
  const idempotencyKey = variables.input?.idempotencyKey ?? headerKey;
  return typeof idempotencyKey !== "string" || !bus.isUnderWay(idempotencyKey);
}
