import type { QueryResultRow } from "pg";
import type { EventMetadata } from "../../kernel/event.js";
import { isUuid } from "../../kernel/ids.js";
import type { ReadNode } from "../projector/read-node.js";
import type { DeadLetter, Reader } from "./dead-letter.js";
import { maskBody, maskData, maskHeaders, maskText } from "./mask.js";

/** A letter with what the primary knows of it. Texts are masked: see `mask.ts`. */
export interface OpenedLetter extends Omit<DeadLetter, "data"> {
  /** The job's data as JSON. */
  readonly payload: string;
  readonly event: LetterEvent | null;
  readonly webhook: LetterWebhook | null;
  /** Of the W3C trace context of the request that caused its event. */
  readonly traceId: string | null;
}

/** What the job was about. */
export interface LetterEvent {
  readonly id: string;
  readonly type: string;
  readonly streamId: string;
  readonly version: number;
  readonly actor: string;
  readonly recordedAt: string;
}

export interface LetterWebhook {
  readonly provider: string;
  readonly eventId: string;
  readonly receivedAt: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly body: string;
}

/** One attempt, of this life of the job or an earlier one. */
export interface LetterAttempt {
  readonly attempt: number;
  readonly outcome: string;
  readonly error: string | null;
  readonly correlationId: string;
  readonly startedAt: string;
  readonly endedAt: string;
}

/** What was done with letters of the same job. */
export interface LetterFate {
  readonly type: string;
  readonly deadLetterId: string;
  readonly by: string;
  readonly reason: string | null;
  readonly at: string;
}

/** What a read node knows of a letter's job. */
export interface LetterHistory {
  readonly attempts: readonly LetterAttempt[];
  readonly fates: readonly LetterFate[];
}

/** Attempts and fates that are shown: the newest. */
export const historyMax = 500;
const utc = (column: string): string => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** Reads what the letter's job was about, by unique keys. */
export async function openLetter(primary: Reader, { data, ...letter }: DeadLetter): Promise<OpenedLetter> {
  const [found, webhook] = await Promise.all([eventOf(primary, data), webhookOf(primary, data)]);
  return {
    ...letter, error: letter.error === null ? null : maskText(letter.error), payload: JSON.stringify(maskData(data)),
    event: found?.event ?? null, webhook, traceId: found?.traceparent?.split("-")[1] ?? null,
  };
}

async function eventOf(primary: Reader, data: unknown): Promise<{ event: LetterEvent; traceparent: string | undefined } | null> {
  const { streamId, version } = (data ?? {}) as { readonly streamId?: unknown; readonly version?: unknown };
  if (typeof streamId !== "string" || !Number.isInteger(version)) return null;
  const [row] = await primary.query<Omit<LetterEvent, "actor"> & { readonly metadata: EventMetadata }>(
    `SELECT event_id::text AS id, type, stream_id AS "streamId", version, metadata, ${utc("recorded_at")} AS "recordedAt"
     FROM event_log WHERE stream_id = $1 AND version = $2`, [streamId, version],
  );
  if (!row) return null;
  const { metadata: { actor, traceparent }, ...event } = row;
  return { event: { ...event, actor }, traceparent };
}

async function webhookOf(primary: Reader, data: unknown): Promise<LetterWebhook | null> {
  const { inboxId } = (data ?? {}) as { readonly inboxId?: unknown };
  if (typeof inboxId !== "string" || !isUuid(inboxId)) return null;
  const [row] = await primary.query<{ provider: string; eventId: string; receivedAt: string; headers: Record<string, unknown>; body: string }>(
    `SELECT provider, event_id AS "eventId", ${utc("received_at")} AS "receivedAt", headers, body FROM webhook_inbox WHERE id = $1::uuid`, [inboxId],
  );
  return row ? { ...row, headers: maskHeaders(row.headers), body: maskBody(row.body) } : null;
}

/** The job's attempts and what was done with its letters, in the order of time. */
export async function readLetterHistory(node: Pick<ReadNode, "query">, { jobId, correlationId }: Pick<DeadLetter, "jobId" | "correlationId">): Promise<LetterHistory> {
  const [attempts, fates] = await Promise.all([
    node.query<LetterAttempt & QueryResultRow>({
      name: "letter_attempts",
      text: `SELECT attempt, outcome, error, correlation_id AS "correlationId", ${utc("started_at")} AS "startedAt", ${utc("ended_at")} AS "endedAt"
             FROM job_attempt WHERE job_id = $1::uuid ORDER BY started_at DESC LIMIT ${String(historyMax)}`,
      values: [jobId],
    }),
    node.query<LetterFate & QueryResultRow>({
      name: "letter_fates",
      text: `SELECT type, data->>'deadLetterId' AS "deadLetterId", metadata->>'actor' AS by, data->>'reason' AS reason, ${utc("recorded_at")} AS at
             FROM event_log WHERE metadata->>'correlationId' = $1 AND stream_category = 'dead_letter' AND data->>'jobId' = $2
             ORDER BY arrival DESC LIMIT ${String(historyMax)}`,
      values: [correlationOf({ jobId, correlationId }), jobId],
    }),
  ]);
  return {
    attempts: attempts.map(({ error, ...attempt }) => ({ ...attempt, error: error === null ? null : maskText(error) })).reverse(),
    fates: [...fates].reverse(),
  };
}

/** What events of a letter are tied to: its order where the job says so, else the job. */
export function correlationOf({ jobId, correlationId }: Pick<DeadLetter, "jobId" | "correlationId">): string {
  return correlationId ?? jobId;
}
