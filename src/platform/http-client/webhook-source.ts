/** Headers of a request as Node gives them, names in lower case. */
export type WebhookHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What the inbox must know of somebody who sends webhooks: enough to keep one, not what it means. */
export interface WebhookSource {
  /** Name in the inbox; an event id is unique within it. */
  readonly provider: string;
  /**
   * Checks signature and age of the raw body, and finds the event's id. Cheap, without I/O.
   * @returns null where the signature is wrong or too old, or the body has no event id
   */
  verify(rawBody: string, headers: WebhookHeaders, nowMs: number): { readonly eventId: string } | null;
}

/** The one value of a header; null where it is absent or repeated. */
export function singleHeader(headers: WebhookHeaders, name: string): string | null {
  const value = headers[name];
  return typeof value === "string" ? value : null;
}
