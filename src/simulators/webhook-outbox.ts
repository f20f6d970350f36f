import { HttpClient } from "../platform/http-client/http-client.js";
import type { Logger } from "../platform/log/logger.js";
import { DueQueue } from "./due-queue.js";

/** A webhook to be sent; its body is made when it goes out, so that a long backlog costs little memory. */
export interface OutgoingWebhook {
  readonly eventId: string;
  body(): string;
}

export interface WebhookOutboxOptions {
  readonly url: string | undefined;
  /** Headers that sign the body, made anew for each attempt. */
  sign(eventId: string, body: string, atSeconds: number): Readonly<Record<string, string>>;
  /** Told once for each webhook: it was answered with 2xx, or given up. */
  onSettled(eventId: string, outcome: WebhookOutcome): void;
  readonly logger: Logger;
  /** Posts at once. Default 32. */
  readonly concurrency?: number;
  /** Default 40: with the waits below about six minutes. */
  readonly attemptsMax?: number;
  /** First wait after a failure, doubled each time with jitter. Default 100. */
  readonly firstDelayMs?: number;
  /** Default 10,000. */
  readonly delayMaxMs?: number;
  /** Bound of one post. Default 10,000. */
  readonly timeoutMs?: number;
}

export type WebhookOutcome = "delivered" | "abandoned";

interface Waiting {
  readonly webhook: OutgoingWebhook;
  attempts: number;
}

/** Sends webhooks over few kept-alive sockets and repeats each until it is answered with 2xx, within bounds. */
export class WebhookOutbox {
  readonly #options: Required<Omit<WebhookOutboxOptions, "url">>;
  readonly #http: HttpClient;
  readonly #later: DueQueue<Waiting>;
  #ready: Waiting[] = [];
  /** Place of the next one in `#ready`: shifting a long array would move all of it. */
  #next = 0;
  #active = 0;
  #url: string | undefined;
  #stopped = false;

  constructor({ url, ...options }: WebhookOutboxOptions) {
    this.#options = { concurrency: 32, attemptsMax: 40, firstDelayMs: 100, delayMaxMs: 10_000, timeoutMs: 10_000, ...options };
    this.#http = new HttpClient({ timeoutMs: this.#options.timeoutMs, socketsMax: this.#options.concurrency });
    this.#url = url;
    this.#later = new DueQueue((waiting) => {
      this.#ready.push(waiting);
      this.#pump();
    });
  }

  /** Webhooks that are not settled. */
  get waiting(): number {
    return this.#ready.length - this.#next + this.#later.size + this.#active;
  }

  /** Without an address webhooks wait. */
  setUrl(url: string | undefined): void {
    this.#url = url;
    this.#pump();
  }

  post(webhook: OutgoingWebhook, delayMs = 0): void {
    const waiting = { webhook, attempts: 0 };
    if (delayMs > 0) {
      this.#later.add(waiting, Date.now() + delayMs);
    } else {
      this.#ready.push(waiting);
      this.#pump();
    }
  }

  /** Stops at once; what is not settled is for the next start. */
  stop(): void {
    this.#stopped = true;
    this.#later.stop();
    this.#http.close();
  }

  #pump(): void {
    while (!this.#stopped && this.#url !== undefined && this.#active < this.#options.concurrency) {
      const waiting = this.#ready[this.#next];
      if (!waiting) break;
      this.#next += 1;
      if (this.#next > 1_024 && this.#next * 2 > this.#ready.length) {
        this.#ready = this.#ready.slice(this.#next);
        this.#next = 0;
      }
      this.#active += 1;
      void this.#deliver(waiting, this.#url);
    }
  }

  async #deliver(waiting: Waiting, url: string): Promise<void> {
    const problem = await this.#attempt(waiting.webhook, url);
    this.#active -= 1;
    if (this.#stopped) return;
    if (problem === null) this.#options.onSettled(waiting.webhook.eventId, "delivered");
    else this.#repeatLater(waiting, problem);
    this.#pump();
  }

  /** Returns null after a 2xx, otherwise what went wrong. */
  async #attempt(webhook: OutgoingWebhook, url: string): Promise<string | null> {
    const text = webhook.body();
    const headers = this.#options.sign(webhook.eventId, text, Math.floor(Date.now() / 1_000));
    try {
      const { status } = await this.#http.send({
        method: "POST", url, headers: { "content-type": "application/json", ...headers }, body: text, repeatable: true,
      });
      return status >= 200 && status < 300 ? null : `answered ${status}`;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  #repeatLater(waiting: Waiting, problem: string): void {
    const { attemptsMax, firstDelayMs, delayMaxMs, logger } = this.#options;
    waiting.attempts += 1;
    if (waiting.attempts >= attemptsMax) {
      logger.warn({ eventId: waiting.webhook.eventId, problem, attempts: waiting.attempts }, "simulator gives a webhook up");
      this.#options.onSettled(waiting.webhook.eventId, "abandoned");
      return;
    }
    const delayMs = Math.min(delayMaxMs, firstDelayMs * 2 ** (waiting.attempts - 1)) * (0.5 + Math.random() / 2);
    this.#later.add(waiting, Date.now() + delayMs);
  }
}
