import type { SimulatorAnswer } from "../simulator-server.js";

interface ErrorFields {
  readonly code?: string;
  readonly param?: string;
}

/** Stripe's envelope: fields that do not apply are absent. */
function problem(status: number, type: string, message: string, fields: ErrorFields = {}): SimulatorAnswer {
  return { status, body: { error: { type, message, ...fields } } };
}

export function invalidRequest(message: string, fields: ErrorFields = {}): SimulatorAnswer {
  return problem(400, "invalid_request_error", message, fields);
}

export function unknownObject(kind: string, id: string, param: string): SimulatorAnswer {
  return problem(404, "invalid_request_error", `No such ${kind}: '${id}'`, { code: "resource_missing", param });
}

export function unknownPath(method: string, path: string): SimulatorAnswer {
  return problem(404, "invalid_request_error", `Unrecognized request URL (${method}: ${path}).`);
}

export function wrongKey(): SimulatorAnswer {
  return problem(401, "invalid_request_error", "Invalid API Key provided.");
}

export function otherParameters(key: string): SimulatorAnswer {
  return problem(400, "idempotency_error", `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`);
}

export function keyInUse(key: string): SimulatorAnswer {
  return problem(409, "idempotency_error", `There is currently another in-progress request using this idempotency key: ${key}. Please try again later.`, { code: "idempotency_key_in_use" });
}

export function brokenDown(status: 500 | 503): SimulatorAnswer {
  return problem(status, "api_error", "An unexpected error occurred (ordered from the simulator).");
}
