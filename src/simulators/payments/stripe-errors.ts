import type { SimulatorAnswer } from "../simulator-server.js";

interface ErrorFields {
  readonly code?: string;
  readonly param?: string;
  readonly payment_intent?: object;
}

/**
 * An answer that ends a request.
 * `begun`: the endpoint had begun to work, so Stripe keeps the answer with the key; what fails its checks before that is not kept.
 */
export class StripeProblem extends Error {
  constructor(readonly answer: SimulatorAnswer, readonly begun = false) {
    super(JSON.stringify(answer.body));
  }
}

/** Stripe's envelope: fields that do not apply are absent. */
function problem(status: number, type: string, message: string, fields: ErrorFields = {}): SimulatorAnswer {
  return { status, body: { error: { type, message, ...fields } } };
}

export function invalidRequest(message: string, fields: ErrorFields = {}): SimulatorAnswer {
  return problem(400, "invalid_request_error", message, fields);
}

/** A parameter that is wrong in itself. */
export function invalid(message: string, param: string, code?: string): StripeProblem {
  return new StripeProblem(invalidRequest(message, { ...(code !== undefined && { code }), param }));
}

/** Right in itself, and not possible as things stand. */
export function refusal(message: string, fields: ErrorFields): StripeProblem {
  return new StripeProblem(invalidRequest(message, fields), true);
}

/** @param named true where a parameter names it: 400; an address that does not exist is 404 */
export function unknownObject(kind: string, id: string, param: string, named: boolean): StripeProblem {
  return new StripeProblem(problem(named ? 400 : 404, "invalid_request_error", `No such ${kind}: '${id}'`, { code: "resource_missing", param }));
}

export function unknownPath(method: string, path: string): SimulatorAnswer {
  return problem(404, "invalid_request_error", `Unrecognized request URL (${method}: ${path}).`);
}

export function wrongKey(): SimulatorAnswer {
  return problem(401, "invalid_request_error", "Invalid API Key provided.");
}

export function otherParameters(key: string): SimulatorAnswer {
  const rule = "Keys for idempotent requests can only be used with the same parameters they were first used with.";
  return problem(400, "idempotency_error", `${rule} Try using a key other than '${key}' if you meant to execute a different request.`);
}

/** Stripe asks its clients to try again. */
export function keyInUse(key: string): SimulatorAnswer {
  const message = `There is currently another in-progress request using this idempotency key: ${key}. Please try again later.`;
  return { ...problem(409, "idempotency_error", message, { code: "idempotency_key_in_use" }), headers: { "stripe-should-retry": "true" } };
}

export function tooManyCalls(retryAfterSeconds: number): SimulatorAnswer {
  const message = "Request rate limit exceeded. Learn more about rate limits in the documentation.";
  return { ...problem(429, "invalid_request_error", message, { code: "rate_limit" }), headers: { "retry-after": String(retryAfterSeconds) } };
}

export function brokenDown(status: 500 | 503): SimulatorAnswer {
  return problem(status, "api_error", "An unexpected error occurred (ordered from the simulator).");
}
