import { createHmac } from "node:crypto";
import type { Logger } from "../../platform/log/logger.js";
import { WebhookOutbox } from "../webhook-outbox.js";
import type { PaymentLedger } from "./payment-ledger.js";
import type { PaymentEvent } from "./payment-records.js";
import { eventObject } from "./stripe-answers.js";
import type { WebhookTrouble } from "./trouble.js";

export interface WebhookTellerOptions {
  readonly url: string | undefined;
  readonly secrets: readonly string[];
  readonly ledger: PaymentLedger;
  readonly logger: Logger;
}

/** Longest wait of an answer for its webhook. */
const firstMaxMs = 5_000;

/** Tells by webhook what happened, signed with every secret that is valid. */
export class WebhookTeller {
  readonly #outbox: WebhookOutbox;
  readonly #ledger: PaymentLedger;
  readonly #waiting = new Map<string, () => void>();
  #secrets: readonly string[];
  #hasUrl: boolean;

  constructor({ url, secrets, ledger, logger }: WebhookTellerOptions) {
    this.#ledger = ledger;
    this.#secrets = secrets;
    this.#hasUrl = url !== undefined;
    this.#outbox = new WebhookOutbox({
      url,
      logger,
      sign: (_eventId, body, atSeconds) => ({ "stripe-signature": this.#signature(body, atSeconds) }),
      onSettled: (eventId) => {
        ledger.settle(eventId);
        this.#waiting.get(eventId)?.();
      },
    });
  }

  setUrl(url: string | undefined): void {
    this.#hasUrl = url !== undefined;
    this.#outbox.setUrl(url);
  }

  /** All of them sign, so a receiver that knows any one of them accepts. */
  setSecrets(secrets: readonly string[]): void {
    this.#secrets = secrets;
  }

  /** Returns what an answer has to wait for, null where it need not. */
  tell(events: readonly PaymentEvent[], { lost, duplicated, lateMs, first }: WebhookTrouble): Promise<void> | null {
    if (lost) {
      for (const event of events) this.#ledger.settle(event.id, true);
      return null;
    }
    const taken = first && this.#hasUrl ? Promise.all(events.map(({ id }) => this.#untilTaken(id))) : null;
    for (const event of events) {
      this.#post(event, lateMs);
      if (duplicated) this.#post(event, lateMs);
    }
    return taken?.then(() => undefined) ?? null;
  }

  /** What was done before a kill and not told yet. */
  resume(): void {
    for (const event of this.#ledger.unsettled()) this.#post(event, 0);
  }

  stop(): void {
    this.#outbox.stop();
    for (const go of this.#waiting.values()) go();
  }

  #post(event: PaymentEvent, delayMs: number): void {
    this.#outbox.post({ eventId: event.id, body: () => JSON.stringify(eventObject(event)) }, delayMs);
  }

  #untilTaken(eventId: string): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => { go(); }, firstMaxMs);
      const go = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(eventId);
        resolve();
      };
      this.#waiting.set(eventId, go);
    });
  }

  /** Written here once more, apart from the adapter's, so that neither can hide the other's mistake. */
  #signature(body: string, atSeconds: number): string {
    const signed = this.#secrets.map((secret) => `v1=${createHmac("sha256", secret).update(`${atSeconds}.${body}`).digest("hex")}`);
    return [`t=${atSeconds}`, ...signed].join(",");
  }
}
