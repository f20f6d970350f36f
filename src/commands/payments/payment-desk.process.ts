import type { Pool } from "pg";
import type { RefundCause } from "../../events/payments.js";
import type { PaymentProvider, ProviderPayment } from "../../gateways/payments/payment-port.js";
import { nameId } from "../../kernel/ids.js";
import { Refusal } from "../../kernel/refusal.js";
import type { AlertPort } from "../../platform/alerts/alert-port.js";
import type { CommandBus } from "../../platform/bus/command-bus.js";
import { readState } from "../../platform/jobs/event-reader.js";
import { orderFactsReader, type OrderFacts, type OrderFactsReader } from "./order-facts.reader.js";
import type { PaymentProviders } from "./payment-providers.js";
import { paymentStream, type Payment, type PaymentCommand } from "./payment.decider.js";
import { paymentIdOf, recordPayment, type RecordedNews } from "./record-payment.js";

/** The shop's terms of payment. */
export interface PaymentTerms {
  /** False sets the money aside until the first parcel leaves. */
  readonly captureAtOnce: boolean;
  /** How long the buyer may try another method after a no. */
  readonly retrySeconds: number;
  /** By when a payment's outcome has to be known. */
  readonly deadlineSeconds: number;
  /** Waits before each time that the provider is asked what became of an attempt. */
  readonly askSeconds: readonly number[];
}

/** What payment jobs work with. */
export interface PaymentJobs {
  readonly bus: CommandBus;
  readonly pool: Pool;
  readonly alerts: AlertPort;
  readonly providers: PaymentProviders;
  readonly terms: PaymentTerms;
  /** The order cannot go on by itself. Harmless when repeated with the key. */
  holdOrder(orderId: string, reason: string, idempotencyKey: string): Promise<void>;
}

/** On whose behalf something is recorded: a job's queue, and the event or job that it works off. */
export interface Cause {
  readonly queue: string;
  readonly id: string;
}

/** What a call to a provider said of an attempt. */
export type Asked = "known" | "pending" | "unheard_of";

/** An authorization is looked after once a day: banks let go of one after some days. */
const authorizationAskSeconds = 86_400;

/** What all payment jobs do with a provider's word: record it, and do what follows from it. Each step may be done again. */
export class PaymentDesk {
  readonly facts: OrderFactsReader;

  constructor(readonly jobs: PaymentJobs) {
    this.facts = orderFactsReader(jobs.pool);
  }

  /** @throws Refusal: nothing that a provider says should be refused */
  async record(command: PaymentCommand, cause: Cause): Promise<RecordedNews> {
    const { answer, refusal } = await this.jobs.bus.execute(recordPayment, command, {
      actor: { role: "system", id: cause.queue }, causationId: cause.id,
      // A job that comes again may have something else to say than the first time.
      idempotencyKey: `${cause.id}:${nameId(JSON.stringify(command))}`,
    });
    if (refusal) throw new Refusal(refusal.code, refusal.message, refusal.field);
    const news = answer ?? { said: [], letGo: null, setAside: false };
    if (news.setAside) await this.#tellSetAside(command);
    if (news.letGo !== null && "provider" in command) await this.#letGoStray(command.provider, news.letGo, command.orderId, cause);
    if (command.type === "RecordCapture") await this.#giveBackCancelledLines(command.orderId, command.paymentId, cause);
    return news;
  }

  /** Records a payment as the provider has it. @returns false where that leaves open what becomes of it */
  async recordFound(found: ProviderPayment, provider: PaymentProvider, facts: OrderFacts, paymentId: string, cause: Cause): Promise<boolean> {
    const { orderId } = facts;
    const { attempt, providerReference, currency } = found;
    const charge = {
      paymentId, orderId, attempt, currency, provider: provider.name, providerReference, newsId: null,
      expected: { amountMinor: facts.totalMinor, currency: facts.currency },
    };
    switch (found.status) {
      case "authorized":
        return !(await this.record({ type: "RecordAuthorization", ...charge, amountMinor: found.amountMinor, ...this.looksAfter(provider) }, cause)).setAside;
      case "captured":
        return !(await this.record({
          type: "RecordCapture", ...charge, amountMinor: found.capturedMinor, ...(found.feeMinor === null ? {} : { feeMinor: found.feeMinor }),
        }, cause)).setAside;
      case "failed":
        await this.record({ type: "RecordDecline", paymentId, orderId, attempt, code: found.code ?? "unknown", retrySeconds: this.jobs.terms.retrySeconds }, cause);
        return true;
      case "voided":
        await this.recordVoid(paymentId, orderId, providerReference, found.code ?? "the provider let it go", cause);
        // An attempt that nobody had heard of came to nothing.
        await this.record({ type: "RecordDecline", paymentId, orderId, attempt, code: found.code ?? "canceled", retrySeconds: this.jobs.terms.retrySeconds }, cause);
        return true;
      case "pending":
        return false;
    }
  }

  /** Asks the provider what it knows of a payment, and records what it says. */
  async ask(provider: PaymentProvider, payment: Payment, facts: OrderFacts, paymentId: string, cause: Cause): Promise<Asked> {
    const known = payment.status === "AUTHORIZED" && payment.providerReference !== null ? await provider.retrieve(payment.providerReference) : undefined;
    const found = known === undefined ? await provider.find(paymentId) : known === null ? [] : [known];
    let asked: Asked = "unheard_of";
    for (const one of found.toSorted((a, b) => a.attempt - b.attempt)) {
      const isKnown = await this.recordFound(one, provider, facts, paymentId, cause);
      if (one.attempt === payment.attempt) asked = isKnown ? "known" : asked === "known" ? asked : "pending";
    }
    return asked;
  }

  /** Lets go what is only set aside. Where it was taken meanwhile, that is recorded, and refunded afterwards. */
  async letGo({ status, provider: name, providerReference }: Payment, facts: OrderFacts, reason: string, cause: Cause): Promise<void> {
    if (status !== "AUTHORIZED" || name === null || providerReference === null) return;
    const provider = this.jobs.providers.named(name);
    if (!provider) throw new Error(`there is no payment provider ${name}`);
    const { orderId } = facts;
    const paymentId = paymentIdOf(orderId);
    const { kind } = await provider.void({ providerReference, idempotencyKey: `void:${providerReference}` });
    if (kind === "voided") return this.recordVoid(paymentId, orderId, providerReference, reason, cause);
    const found = await provider.retrieve(providerReference);
    if (!found) throw new Error(`${name} does not know the payment ${providerReference} that it captured`);
    await this.recordFound(found, provider, facts, paymentId, cause);
  }

  /** An authorization is gone. Where its order still wants it, a person is told first: what is recorded is not looked at again. */
  async recordVoid(paymentId: string, orderId: string, providerReference: string, reason: string, cause: Cause): Promise<void> {
    const [facts, payment] = await Promise.all([this.facts(orderId), readState(this.jobs.pool, paymentStream, paymentId)]);
    const isLost = payment.status === "AUTHORIZED" && payment.providerReference === providerReference;
    // Of an order that owes nothing, called off or not, nothing is missing.
    if (isLost && facts && facts.owedMinor() > 0) await this.#tellLost(orderId, providerReference, reason);
    await this.record({ type: "RecordVoid", paymentId, orderId, providerReference, reason }, cause);
  }

  async #tellLost(orderId: string, providerReference: string, reason: string): Promise<void> {
    await this.jobs.alerts.raise({
      key: `authorization_lost:${orderId}`, severity: "critical",
      message: "The money that was set aside for an order is gone; ask the buyer for it, or call the order off.", details: { orderId, reason },
    });
    await this.jobs.holdOrder(orderId, `its payment's authorization is gone: ${reason}`, `authorization_lost:${providerReference}`);
  }

  /** What is asked after an authorization; nothing where the money comes by hand. */
  looksAfter(provider: Pick<PaymentProvider, "name">): { readonly askSeconds?: number } {
    return provider.name === this.jobs.providers.of("CARD").name ? { askSeconds: authorizationAskSeconds } : {};
  }

  /** Decided under the payment's lock: never more than is there. The refund's id is a function of what caused it. */
  async requestRefund(paymentId: string, orderId: string, refund: { readonly amountMinor: number | "all"; readonly keepMinor: number; readonly cause: RefundCause; readonly reason: string; readonly eventId: string }, cause: Cause): Promise<void> {
    const { eventId, ...wanted } = refund;
    await this.record({ type: "RequestRefund", paymentId, orderId, refundId: nameId("refund", eventId), ...wanted }, cause);
  }

  /** Lines that were called off before the whole was captured: their own job found nothing to give back then. */
  async #giveBackCancelledLines(orderId: string, paymentId: string, cause: Cause): Promise<void> {
    const facts = await this.facts(orderId);
    for (const { eventId, revertedMinor } of facts?.cancelledLines ?? []) {
      await this.requestRefund(paymentId, orderId, {
        amountMinor: revertedMinor, keepMinor: facts?.owedMinor() ?? 0, cause: "LINES_CANCELLED", reason: "lines had been called off", eventId,
      }, cause);
    }
  }

  /** Money that was set aside beside what counts. */
  async #letGoStray(providerName: string, providerReference: string, orderId: string, cause: Cause): Promise<void> {
    const provider = this.jobs.providers.named(providerName);
    const facts = await this.facts(orderId);
    if (!provider || !facts) return;
    const { kind } = await provider.void({ providerReference, idempotencyKey: `void:${providerReference}` });
    const found = kind === "captured" ? await provider.retrieve(providerReference) : null;
    if (found?.paymentId) await this.recordFound(found, provider, facts, found.paymentId, cause);
  }

  async #tellSetAside(command: PaymentCommand): Promise<void> {
    if (command.type !== "RecordCapture" && command.type !== "RecordAuthorization") return;
    const { orderId, providerReference, amountMinor, currency, expected } = command;
    await this.jobs.alerts.raise({
      key: `payment_differs:${providerReference}`, severity: "critical",
      message: "A provider tells of another amount or currency than the order's: it was kept and not applied. Look at the charge at the provider.",
      details: { orderId, providerReference, amountMinor, currency, expectedMinor: expected.amountMinor, expectedCurrency: expected.currency },
    });
  }
}
