import type { Pool } from "pg";
import type { WebhookHeaders } from "../http-client/webhook-source.js";
import type { DataWorker } from "../jobs/job-worker.js";
import type { JobAttemptInfo } from "../jobs/job-handler.js";
import { effectQueue } from "../jobs/queue.js";
import { inboxQueueOf } from "./inbox.js";

/** A webhook as it was kept. */
export interface KeptWebhook {
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
  headers: WebhookHeaders;
  body: string;
  received_at: Date;
}

/** The worker of a provider's inbox. */
export function inboxWorker(provider: string, pool: Pool, handler: WebhookHandler): DataWorker<InboxJob> {
  return {
    kind: "data",
    queue: effectQueue(inboxQueueOf(provider)),
    async handle({ inboxId }, attempt) {
      const { rows } = await pool.query<InboxRow>({
        name: "inbox_read",
        text: "SELECT headers, body, received_at FROM webhook_inbox WHERE id = $1",
        values: [inboxId],
      });
      const [row] = rows;
      if (!row) throw new Error(`there is no webhook ${inboxId} in the inbox`);
      await handler.handle({ body: row.body, headers: row.headers, receivedAtMs: row.received_at.getTime() }, attempt);
    },
  };
}
