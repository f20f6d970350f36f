import type { z } from "zod";
import { GatewayError } from "./gateway-error.js";
import type { HttpAnswer, OutgoingRequest } from "./http-client.js";

/**
 * The answer's body in the form that was agreed on.
 * @throws GatewayError `unavailable` where it has another form: what was done is then in doubt
 */
export function readAnswer<Schema extends z.ZodType>(schema: Schema, answer: HttpAnswer, request: OutgoingRequest): z.infer<Schema> {
  const parsed = schema.safeParse(parseJson(answer.text));
  if (parsed.success) return parsed.data;
  const problem = parsed.error.issues[0];
  throw new GatewayError("unavailable", `${request.method} ${request.url.split("?")[0] ?? ""} answered ${answer.status} with something else than agreed: ${problem?.path.join(".") ?? ""} ${problem?.message ?? ""}`, {
    inDoubt: request.method !== "GET", status: answer.status,
  });
}

/** Undefined where the text is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * What an answer other than success means.
 * 409 counts as unavailable: a call with the same key is still at work, so its outcome is open.
 * @param code the other side's own word for what is wrong
 */
export function failedAnswer(answer: HttpAnswer, request: OutgoingRequest, code?: string): GatewayError {
  const { status } = answer;
  const message = `${request.method} ${request.url.split("?")[0] ?? ""} answered ${status}${code === undefined ? "" : ` ${code}`}`;
  const retryAfterSeconds = retryAfterOf(answer);
  if (status === 429) return new GatewayError("rate_limited", message, { inDoubt: false, retryAfterSeconds, status, code });
  if (status >= 500 || status === 409 || status < 400) {
    return new GatewayError("unavailable", message, { inDoubt: request.method !== "GET", retryAfterSeconds, status, code });
  }
  return new GatewayError("rejected", message, { inDoubt: false, status, code });
}

/** `Retry-After` in seconds, at most an hour; undefined where absent or a date that has no meaning here. */
function retryAfterOf({ headers }: HttpAnswer): number | undefined {
  const seconds = Number(headers["retry-after"]);
  return headers["retry-after"] !== undefined && Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 3_600) : undefined;
}
