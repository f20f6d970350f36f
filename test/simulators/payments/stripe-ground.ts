import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Stripe } from "stripe";
import { createLogger } from "../../../src/platform/log/logger.js";
import { startPaymentSimulator, type PaymentSimulator, type PaymentSimulatorOptions } from "../../../src/simulators/payments/payment-simulator.js";
import { startWebhookReceiver, type WebhookReceiver } from "../webhook-receiver.js";

export const apiKey = "sk_test_1";
export const webhookSecret = "whsec_test";

/** What a test says of a payment; the rest is as our adapter would ask. */
export type Charge = Partial<Stripe.PaymentIntentCreateParams>;

interface StripeEvent {
  readonly id: string;
  readonly type: string;
  readonly data: { readonly object: Record<string, unknown> };
}

/** A simulator, Stripe's own client to drive it with, and somebody who takes its webhooks. */
export class StripeGround {
  private constructor(
    readonly directory: string,
    readonly receiver: WebhookReceiver,
    public simulator: PaymentSimulator,
    private readonly given: Partial<PaymentSimulatorOptions>,
  ) {}

  static async open(given: Partial<PaymentSimulatorOptions> = {}): Promise<StripeGround> {
    const directory = mkdtempSync(join(tmpdir(), "millrace-payments-"));
    const receiver = await startWebhookReceiver();
    return new StripeGround(directory, receiver, await start(directory, receiver, given), given);
  }

  get dataFile(): string {
    return join(this.directory, "payments.jsonl");
  }

  /** Stripe's package, which repeats nothing by itself. */
  stripe(config: Partial<ConstructorParameters<typeof Stripe>[1]> & { readonly key?: string } = {}): Stripe {
    const { key = apiKey, ...rest } = config;
    return new Stripe(key, { host: "127.0.0.1", port: this.simulator.port, protocol: "http", maxNetworkRetries: 0, timeout: 5_000, telemetry: false, ...rest });
  }

  charge(charge: Charge = {}, idempotencyKey?: string, stripe = this.stripe()): Promise<Stripe.Response<Stripe.PaymentIntent>> {
    return stripe.paymentIntents.create({
      amount: 1_999, currency: "eur", confirm: true, payment_method: "pm_card_visa", error_on_requires_action: true, allowed_payment_method_types: ["card"], ...charge,
    }, idempotencyKey === undefined ? {} : { idempotencyKey });
  }

  hold(charge: Charge = {}): Promise<Stripe.Response<Stripe.PaymentIntent>> {
    return this.charge({ capture_method: "manual", ...charge });
  }

  /** By plain HTTP. @param form makes it a POST */
  async call(path: string, form?: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}): Promise<{ status: number; headers: Headers; body: Record<string, unknown> }> {
    const answer = await fetch(this.simulator.url + path, {
      headers: { authorization: `Bearer ${apiKey}`, ...headers }, ...(form ? { method: "POST", body: new URLSearchParams(form) } : {}),
    });
    return { status: answer.status, headers: answer.headers, body: await answer.json() as Record<string, unknown> };
  }

  /** The control routes: no form, but JSON. */
  async control(method: string, path: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
    const answer = await fetch(`${this.simulator.url}/_simulator${path}`, { method, ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }) });
    return { status: answer.status, body: await answer.json() as Record<string, unknown> };
  }

  events(): readonly StripeEvent[] {
    return this.receiver.received.map(({ body }) => JSON.parse(body) as StripeEvent);
  }

  /** Waits for as many webhooks, and returns their types in alphabetical order, since they may overtake each other. */
  async told(count: number): Promise<readonly string[]> {
    await this.receiver.until(`${count} webhooks`, ({ length }) => length >= count);
    return this.events().map(({ type }) => type).sort();
  }

  async restart(): Promise<void> {
    await this.simulator.stop();
    this.simulator = await start(this.directory, this.receiver, this.given);
  }

  async close(): Promise<void> {
    await this.simulator.stop();
    await this.receiver.stop();
    rmSync(this.directory, { recursive: true });
  }
}

function start(directory: string, receiver: WebhookReceiver, given: Partial<PaymentSimulatorOptions>): Promise<PaymentSimulator> {
  return startPaymentSimulator({
    apiKey, webhookSecret, logger: createLogger("silent"), webhookUrl: receiver.url, dataFile: join(directory, "payments.jsonl"), ...given,
  });
}
