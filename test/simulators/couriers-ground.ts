import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BookingRequest, CourierNews, RateRequest } from "../../src/gateways/couriers/courier-port.js";
import { HttpCourier, type HttpCourierSettings } from "../../src/gateways/couriers/http-courier.js";
import { GatewayError } from "../../src/platform/http-client/gateway-error.js";
import { createLogger } from "../../src/platform/log/logger.js";
import { startCourierSimulator, type CourierSimulator, type CourierSimulatorOptions } from "../../src/simulators/couriers/courier-simulator.js";
import type { CourierPersonality } from "../../src/simulators/couriers/personality.js";
import { steady } from "../../src/simulators/couriers/personalities.js";
import { startWebhookReceiver, type WebhookReceiver } from "./webhook-receiver.js";

export const apiKey = "courier-key";
export const webhookSecret = `whsec_${Buffer.from("a secret of some length").toString("base64")}`;
/** A week takes 0.4 s. */
export const fast = 1_500_000;
/** Nothing happens by itself while a test runs. */
export const standing = 1;

/** Monday, 5 January 2026. */
export const mondayMs = Date.UTC(2026, 0, 5);

/** No fault of its own, and no chance either. */
export const calm: CourierPersonality = { ...steady, id: "calm", quirks: {}, forgottenRate: 0 };

export const home = { name: "Ada Byron", street: "1 Mill Lane", city: "Köln (Süd)", postalCode: "12345", country: "DE", email: "ada@example.com" };

export function bookingOf(shipmentId = "shipment-1", change: Partial<BookingRequest> = {}): BookingRequest {
  return { shipmentId, orderId: "order-1", weightGrams: 1_200, idempotencyKey: `${shipmentId}/book/1`, destination: home, ...change };
}

export function rateRequest(change: Partial<RateRequest> = {}): RateRequest {
  return { shipmentId: "shipment-1", parcel: { weightGrams: 1_200 }, destination: home, ...change };
}

export async function failureOf(call: Promise<unknown>): Promise<GatewayError> {
  const outcome = await call.then((answer) => answer, (error: unknown) => error);
  if (!(outcome instanceof GatewayError)) throw new Error(`a GatewayError was expected, there was ${JSON.stringify(outcome)}`);
  return outcome;
}

/** One courier's server, the adapter to it, and somebody who takes its webhooks. */
export class CourierGround {
  simulator!: CourierSimulator;
  readonly #couriers: HttpCourier[] = [];

  private constructor(readonly directory: string, readonly receiver: WebhookReceiver) {}

  static async open(): Promise<CourierGround> {
    return new CourierGround(mkdtempSync(join(tmpdir(), "millrace-courier-")), await startWebhookReceiver());
  }

  get dataFile(): string {
    return join(this.directory, "courier.jsonl");
  }

  async start(options: Partial<CourierSimulatorOptions> = {}): Promise<CourierSimulator> {
    const personality = options.personality ?? calm;
    this.simulator = await startCourierSimulator({
      id: personality.id, personality, apiKey, webhookSecret, logger: createLogger("silent"), speed: standing, webhookUrl: this.receiver.url,
      dataFile: this.dataFile, beginsAtMs: mondayMs + 11 * 3_600_000, ...options,
    });
    return this.simulator;
  }

  courier(settings: Partial<HttpCourierSettings> = {}): HttpCourier {
    const made = new HttpCourier({ id: "calm", baseUrl: this.simulator.url, apiKey, webhookSecrets: [webhookSecret], timeoutMs: 10_000, ...settings });
    this.#couriers.push(made);
    return made;
  }

  /** One that has little patience. */
  hasty(): HttpCourier {
    return this.courier({ timeoutMs: 150 });
  }

  /** A call below `/_simulator`. */
  async control(method: string, path: string, body?: object): Promise<{ readonly status: number; readonly body: Readonly<Record<string, unknown>> }> {
    const answer = await fetch(`${this.simulator.url}/_simulator${path}`, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
    return { status: answer.status, body: await answer.json() as Readonly<Record<string, unknown>> };
  }

  news(): CourierNews[] {
    const courier = this.courier();
    return this.receiver.received.map(({ body }) => courier.parseWebhook(body)!);
  }

  async close(): Promise<void> {
    for (const made of this.#couriers.splice(0)) made.close();
    await this.simulator.stop();
    await this.receiver.stop();
    rmSync(this.directory, { recursive: true });
  }
}
