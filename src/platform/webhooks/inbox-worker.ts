import type { Pool } from "pg";
import { isUuid } from "../../kernel/ids.js";
import type { WebhookHeaders } from "../http-client/webhook-source.js";
import { batchedRead } from "../jobs/batched-read.js";
import type { DataWorker } from "../jobs/job-worker.js";
import type { JobAttemptInfo } from "../jobs/job-handler.js";
import { effectQueue } from "../jobs/queue.js";
import { inboxQueueOf } from "./inbox.js";

/** A webhook as it was kept. */
export interface KeptWebhook {
  /** Who sent it, by the name in the inbox. */
  readonly provider: string;
  readonly body: string;
  readonly headers: WebhookHeaders;
  readonly receivedAtMs: number;
}

/** Works off one provider's webhooks; each may come again, in any order. */
export interface WebhookHandler {
  handle(webhook: KeptWebhook, attempt: JobAttemptInfo): Promise<void>;
}

interface InboxJob {
  readonly inboxId: string;
}

interface InboxRow {
  id: string;
  provider: string;
  headers: WebhookHeaders;
  body: string;
  received_at: Date;
}

/** The worker of a provider's inbox, or of the one that several share. */
export function inboxWorker(provider: string, pool: Pool, handler: WebhookHandler): DataWorker<InboxJob> {
  const inbox = batchedRead<string, KeptWebhook | null>(async (ids) => {
    const { rows } = await pool.query<InboxRow>({
      name: "inbox_read",
      text: "SELECT id, provider, headers, body, received_at FROM webhook_inbox WHERE id = ANY($1::uuid[])",
      values: [ids],
    });
    const byId = new Map(rows.map(({ id, provider, body, headers, received_at }) => [id, { provider, body, headers, receivedAtMs: received_at.getTime() }]));
    return ids.map((id) => byId.get(id) ?? null);
  });
  return {
    kind: "data",
    queue: effectQueue(inboxQueueOf(provider)),
    async handle({ inboxId }, attempt) {
      if (!isUuid(inboxId)) throw new Error("the job names no webhook");
      const webhook = await inbox.load(inboxId);
      if (!webhook) throw new Error(`there is no webhook ${inboxId} in the inbox`);
      await handler.handle(webhook, attempt);
    },
  };
}
