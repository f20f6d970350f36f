import { Webhook } from "standardwebhooks";
import type { Logger } from "../../platform/log/logger.js";
import { happens } from "../faults.js";
import { WebhookOutbox } from "../webhook-outbox.js";
import type { CourierBooks } from "./courier-books.js";
import { webhookBody } from "./courier-messages.js";
import type { CourierQuirks } from "./courier-quirks.js";
import type { ScanEvent } from "./courier-records.js";

export interface CourierTellerOptions {
  readonly url: string | undefined;
  readonly secrets: readonly string[];
  readonly books: CourierBooks;
  readonly quirks: () => CourierQuirks;
  readonly random: () => number;
  readonly logger: Logger;
}

/** After the next scan a held webhook waits this long, so that the other goes out first. */
const overtakenByMs = 50;

/** Tells by webhook where parcels were seen, signed with every secret that is valid. */
export class CourierTeller {
  readonly #options: CourierTellerOptions;
  readonly #outbox: WebhookOutbox;
  #signers: readonly Webhook[];

  constructor(options: CourierTellerOptions) {
    const { url, books, logger, secrets } = options;
    this.#options = options;
    this.#signers = signersOf(secrets);
    this.#outbox = new WebhookOutbox({
      url,
      logger,
      sign: (id, body, atSeconds) => ({
        "webhook-id": id,
        "webhook-timestamp": String(atSeconds),
        "webhook-signature": this.#signers.map((signer) => signer.sign(id, new Date(atSeconds * 1_000), body)).join(" "),
      }),
      onSettled: (id) => { books.settle(id); },
    });
  }

  setUrl(url: string | undefined): void {
    this.#outbox.setUrl(url);
  }

  /** All of them sign, so a receiver that knows any one of them accepts. @throws RangeError where there is none */
  setSecrets(secrets: readonly string[]): void {
    this.#signers = signersOf(secrets);
  }

  /** @param nextMs when the same parcel will be seen next; null where never */
  tell(event: ScanEvent, nextMs: number | null): void {
    const { books, random } = this.#options;
    const { silent, duplicateRate, lateRate, lateMs, outOfOrderRate } = this.#options.quirks();
    if (silent) return books.settle(event.id);
    let delayMs = happens(lateRate, random) ? lateMs : 0;
    if (nextMs !== null && happens(outOfOrderRate, random)) delayMs = Math.max(delayMs, nextMs - Date.now() + overtakenByMs);
    this.#post(event, delayMs);
    if (happens(duplicateRate, random)) this.#post(event, delayMs);
  }

  /** What was seen before a kill and not told yet. */
  resume(): void {
    for (const event of this.#options.books.unsettled()) this.#post(event, 0);
  }

  stop(): void {
    this.#outbox.stop();
  }

  #post(event: ScanEvent, delayMs: number): void {
    this.#outbox.post({ eventId: event.id, body: () => webhookBody(event) }, delayMs);
  }
}

function signersOf(secrets: readonly string[]): readonly Webhook[] {
  if (secrets.length === 0) throw new RangeError("a courier signs with at least one secret");
  return secrets.map((secret) => new Webhook(secret));
}
