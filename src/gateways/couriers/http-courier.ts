import { z } from "zod";
import { HttpClient, type HttpAnswer, type OutgoingRequest } from "../../platform/http-client/http-client.js";
import { failedAnswer, parseJson, readAnswer } from "../../platform/http-client/json-answer.js";
import type { WebhookHeaders } from "../../platform/http-client/webhook-source.js";
import type { GatewayError } from "../../platform/http-client/gateway-error.js";
import type { Booking, BookingRequest, CancelRequest, CancelResult, Courier, CourierNews, TrackingScan } from "./courier-port.js";
import { verifyStandardWebhook, webhookKey } from "./standard-webhook-signature.js";
import { meaningOf } from "./tracking-codes.js";

export interface HttpCourierSettings {
  /** Our own name of the courier. */
  readonly id: string;
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** Valid ones; two while one is being rotated. */
  readonly webhookSecrets: readonly string[];
  /** Bound of one call. Default 5,000. */
  readonly timeoutMs?: number;
  /** Default 16. */
  readonly socketsMax?: number;
}

const bookingAnswer = z.object({ booking_id: z.string().min(1), tracking_code: z.string().min(1) });

const scan = z.object({
  id: z.string(),
  code: z.string(),
  reason: z.string().nullish(),
  city: z.string().nullish(),
  at: z.iso.datetime({ offset: true }),
});

/** Longest history that is read; a parcel that is seen more often than that is a courier's mistake. */
const scansMax = 500;

const trackingAnswer = z.object({ tracking_code: z.string(), booking_id: z.string(), scans: z.array(scan).max(scansMax) });

const eventBody = z.object({ id: z.string(), type: z.literal("tracking.updated"), data: trackingAnswer });

const errorAnswer = z.object({ error: z.object({ code: z.string() }) });

/** Any courier that speaks the small contract of `docs/courier-contract.md`. */
export class HttpCourier implements Courier {
  readonly id: string;
  readonly provider: string;
  readonly #settings: HttpCourierSettings;
  readonly #keys: readonly Buffer[];
  readonly #http: HttpClient;

  /** @throws RangeError where a webhook secret is not base64 */
  constructor(settings: HttpCourierSettings) {
    this.id = settings.id;
    this.provider = `courier:${settings.id}`;
    this.#settings = settings;
    this.#keys = settings.webhookSecrets.map(webhookKey);
    this.#http = new HttpClient({ timeoutMs: settings.timeoutMs ?? 5_000, socketsMax: settings.socketsMax ?? 16 });
  }

  async book({ shipmentId, orderId, weightGrams, destination, idempotencyKey }: BookingRequest): Promise<Booking> {
    const { postalCode, ...address } = destination;
    const request = this.#post("/v1/bookings", idempotencyKey, {
      shipment_id: shipmentId, order_id: orderId, weight_grams: weightGrams, destination: { ...address, postal_code: postalCode },
    });
    const answer = await this.#http.send(request);
    if (answer.status !== 201 && answer.status !== 200) throw failure(answer, request);
    const booking = readAnswer(bookingAnswer, answer, request);
    return { bookingReference: booking.booking_id, trackingCode: booking.tracking_code };
  }

  async cancel({ bookingReference, idempotencyKey }: CancelRequest): Promise<CancelResult> {
    const request = this.#post(`/v1/bookings/${encodeURIComponent(bookingReference)}/cancel`, idempotencyKey, {});
    const answer = await this.#http.send(request);
    if (answer.status === 409 && codeOf(answer) === "too_late") return { kind: "too_late" };
    if (answer.status !== 200) throw failure(answer, request);
    return { kind: "cancelled" };
  }

  async track(trackingCode: string): Promise<readonly TrackingScan[]> {
    const request: OutgoingRequest = {
      method: "GET",
      url: `${this.#settings.baseUrl}/v1/tracking/${encodeURIComponent(trackingCode)}`,
      headers: { authorization: `Bearer ${this.#settings.apiKey}` },
      repeatable: true,
    };
    const answer = await this.#http.send(request);
    if (answer.status !== 200) throw failure(answer, request);
    return readAnswer(trackingAnswer, answer, request).scans.map(toTrackingScan);
  }

  verify(rawBody: string, headers: WebhookHeaders, nowMs: number): { readonly eventId: string } | null {
    const eventId = verifyStandardWebhook(rawBody, headers, this.#keys, nowMs);
    return eventId === null ? null : { eventId };
  }

  parseWebhook(rawBody: string): CourierNews | null {
    const parsed = eventBody.safeParse(parseJson(rawBody));
    if (!parsed.success) return null;
    const { id: eventId, data } = parsed.data;
    return { eventId, trackingCode: data.tracking_code, bookingReference: data.booking_id, scans: data.scans.map(toTrackingScan) };
  }

  close(): void {
    this.#http.close();
  }

  #post(path: string, idempotencyKey: string, body: object): OutgoingRequest {
    return {
      method: "POST",
      url: `${this.#settings.baseUrl}${path}`,
      headers: {
        authorization: `Bearer ${this.#settings.apiKey}`,
        "content-type": "application/json",
        "idempotency-key": idempotencyKey,
      },
      body: JSON.stringify(body),
      repeatable: true,
    };
  }
}

function toTrackingScan({ id, code, reason, city, at }: z.infer<typeof scan>): TrackingScan {
  const { status, reasonCode } = meaningOf(code);
  return { scanId: id, rawCode: code, status, reasonCode: reason ?? reasonCode, city: city ?? null, occurredAt: new Date(at).toISOString() };
}

function codeOf(answer: HttpAnswer): string | undefined {
  const parsed = errorAnswer.safeParse(parseJson(answer.text));
  return parsed.success ? parsed.data.error.code : undefined;
}

function failure(answer: HttpAnswer, request: OutgoingRequest): GatewayError {
  return failedAnswer(answer, request, codeOf(answer));
}
