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
  throw unreadable(answer, request, `${problem?.path.join(".") ?? ""} ${problem?.message ?? ""}`);
}

/** An answer in another form than was agreed on: what was done is in doubt. */
export function unreadable({ status }: Pick<HttpAnswer, "status">, request: Pick<OutgoingRequest, "method" | "url">, problem: string): GatewayError {
  return new GatewayError("unavailable", `${request.method} ${request.url.split("?")[0] ?? ""} answered ${status} with something else than agreed: ${problem}`, {
    inDoubt: request.method !== "GET", status,
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
  const wait = retryAfterSeconds(answer.headers["retry-after"]);
  if (status === 429) return new GatewayError("rate_limited", message, { inDoubt: false, retryAfterSeconds: wait, status, code });
  if (status >= 500 || status === 409 || status < 400) {
    return new GatewayError("unavailable", message, { inDoubt: request.method !== "GET", retryAfterSeconds: wait, status, code });
  }
  return new GatewayError("rejected", message, { inDoubt: false, status, code });
}

/** Longest wait that is believed. */
const retryAfterMaxSeconds = 3_600;

/** A `Retry-After` in seconds from now, at most an hour; it comes as a number or as a date. Undefined where absent or neither. */
export function retryAfterSeconds(header: string | undefined): number | undefined {
  if (header === undefined || header.trim() === "") return undefined;
  const seconds = Number(header);
  const wait = Number.isNaN(seconds) ? (Date.parse(header) - Date.now()) / 1_000 : seconds;
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(0, wait), retryAfterMaxSeconds);
}
