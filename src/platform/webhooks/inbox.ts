import type { Pool } from "pg";
import { nameId, newId } from "../../kernel/ids.js";
import { Batcher } from "../bus/batcher.js";
import { SystemError } from "../errors.js";
import type { WebhookHeaders, WebhookSource } from "../http-client/webhook-source.js";

/** What became of a webhook at the door. */
export type Receipt = "kept" | "refused";

interface Arrival {
  readonly row: { readonly id: string; readonly job_id: string; readonly provider: string; readonly event_id: string; readonly headers: WebhookHeaders; readonly body: string; readonly queue: string };
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** The queue that works off a provider's webhooks. */
export function inboxQueueOf(provider: string): string {
  return `webhooks.${provider.replaceAll(":", ".")}`;
}

const capacity = 10_000;
const batchMax = 200;

/**
 * The one inbox for webhooks: the signature is checked, the raw body is kept (unique by provider and event id)
 * together with its job, and only then the sender hears that it was taken. What it means is the job's affair.
 */
export class WebhookInbox {
  readonly #batcher: Batcher<Arrival>;
  readonly #queueOf: (provider: string) => string;

  /** @param queueOf who works off a provider's webhooks; one queue each by default */
  constructor(pool: Pool, queueOf: (provider: string) => string = inboxQueueOf) {
    this.#queueOf = queueOf;
    this.#batcher = new Batcher<Arrival>({
      capacity, batchMax, lanesMax: 1,
      run: async (arrivals) => { await keep(pool, arrivals); },
    });
  }

  /**
   * Resolves when the webhook is kept; a repetition is kept once and looks the same to its sender.
   * @throws SystemError OVERLOADED, UNAVAILABLE: the sender repeats it; BAD_USER_INPUT: it cannot be kept, however often
   */
  async receive(source: WebhookSource, body: string, headers: WebhookHeaders, nowMs: number): Promise<Receipt> {
    const verified = source.verify(body, headers, nowMs);
    if (!verified) return "refused";
    const { provider } = source;
    await new Promise<void>((resolve, reject) => {
      const row = {
        id: nameId("webhook", provider, verified.eventId), job_id: newId(), provider, event_id: verified.eventId,
        headers: keptHeaders(headers), body, queue: this.#queueOf(provider),
      };
      if (!this.#batcher.add({ row, resolve, reject })) {
        reject(new SystemError("OVERLOADED", "Too many webhooks wait; repeat this one later.", { retryAfterSeconds: this.#batcher.waitSeconds }));
      }
    });
    return "kept";
  }

  async close(): Promise<void> {
    await this.#batcher.drained();
  }
}

async function keep(pool: Pool, arrivals: readonly Arrival[]): Promise<void> {
  try {
    await pool.query({
      name: "inbox_keep",
      text: "SELECT keep_webhooks($1::json)",
      // A repetition in the same batch would get a job of its own.
      values: [JSON.stringify([...new Map(arrivals.map(({ row }) => [row.id, row])).values()])],
    });
    for (const { resolve } of arrivals) resolve();
  } catch (cause) {
    if (arrivals.length > 1 && isPoison(cause)) {
      // One body that Postgres cannot hold must not turn the others away.
      for (const arrival of arrivals) await keep(pool, [arrival]);
      return;
    }
    const error = isPoison(cause)
      ? new SystemError("BAD_USER_INPUT", "The webhook holds what cannot be kept as text.", { cause })
      : new SystemError("UNAVAILABLE", "The webhook could not be kept; repeat it later.", { cause, retryAfterSeconds: 5 });
    for (const { reject } of arrivals) reject(error);
  }
}

function isPoison(error: unknown): boolean {
  return typeof error === "object" && error !== null && "code" in error && typeof error.code === "string" && error.code.startsWith("22");
}

/** What the job may need; never cookies or credentials. */
function keptHeaders(headers: WebhookHeaders): WebhookHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== "authorization" && name !== "cookie"));
}
