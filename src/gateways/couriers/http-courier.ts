import type { z } from "zod";
import { HttpClient, type HttpAnswer, type OutgoingRequest } from "../../platform/http-client/http-client.js";
import { failedAnswer, parseJson, readAnswer, unreadable } from "../../platform/http-client/json-answer.js";
import type { WebhookHeaders } from "../../platform/http-client/webhook-source.js";
import { GatewayError } from "../../platform/http-client/gateway-error.js";
import type {
  Booking, BookingRequest, CancelRequest, CancelResult, Courier, CourierNews, InstructRequest, InstructResult, LabelFile, Rate, RateRequest, TrackingScan,
} from "./courier-port.js";
import {
  anyEventBody, bookingAnswer, bookingsAnswer, cancelAnswer, errorAnswer, eventBody, instructionAnswer, ratesAnswer, trackingAnswer, type BookingAnswer, type Scan,
} from "./http-courier-answers.js";
import { toLabelFile } from "./label-file.js";
import { scanIdOf } from "./scan-identity.js";
import { verifyStandardWebhook, webhookKey } from "./standard-webhook-signature.js";
import { meaningOf } from "./tracking-codes.js";

export interface HttpCourierSettings {
  /** Our own name of the courier. */
  readonly id: string;
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** The shop's, ISO 4217: what was charged in another one is no price. Absent: whatever is named. */
  readonly currency?: string;
  /** Valid ones; two while one is being rotated. */
  readonly webhookSecrets: readonly string[];
  /** Bound of one call. Default 5,000. */
  readonly timeoutMs?: number;
  /** Default 16. */
  readonly socketsMax?: number;
}

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

  /** @throws GatewayError `rejected` with status 404 where the courier gives no rates: its price is then known only by its bookings */
  async rate({ shipmentId, parcel, destination, cashOnDeliveryMinor }: RateRequest): Promise<readonly Rate[]> {
    // Who lives there is no matter of the price.
    const { city, postalCode, country } = destination;
    const request = this.#post("/v1/rates", null, {
      shipment_id: shipmentId, parcel: { weight_grams: parcel.weightGrams, size_mm: parcel.sizeMm },
      destination: { city, postal_code: postalCode, country }, cash_on_delivery_minor: cashOnDeliveryMinor,
    });
    const { rates } = await this.#ask(request, ratesAnswer).catch((error: unknown) => { throw withoutDoubt(error); });
    return rates.map(({ service, price_minor, currency, promised_days, rate_id }) => (
      { service, priceMinor: price_minor, currency, promisedDays: promised_days ?? null, rateReference: rate_id ?? null }
    )).sort((one, other) => one.priceMinor - other.priceMinor);
  }

  /**
   * Of several live bookings that are not known it gives one: who cancels it asks again, until there is none.
   * @throws GatewayError `rejected` with status 404 where the courier cannot be asked: booking again with the same key tells it then
   */
  async find(shipmentId: string, known?: ReadonlySet<string>): Promise<Booking | null> {
    const request = this.#get(`/v1/bookings?shipment_id=${encodeURIComponent(shipmentId)}`);
    const { bookings } = await this.#ask(request, bookingsAnswer);
    // Somebody who does not know the question lists everything: none of it may be taken for ours.
    if (bookings.some(({ shipment_id }) => shipment_id !== shipmentId)) throw unreadable({ status: 200 }, request, "bookings of another shipment");
    const live = bookings.find(({ status, booking_id }) => status !== "cancelled" && !known?.has(booking_id));
    return live ? this.#toBooking(live) : null;
  }

  async book({ shipmentId, orderId, weightGrams, destination, idempotencyKey, rate, cashOnDeliveryMinor }: BookingRequest): Promise<Booking> {
    const { postalCode, ...address } = destination;
    const request = this.#post("/v1/bookings", idempotencyKey, {
      shipment_id: shipmentId, order_id: orderId, weight_grams: weightGrams, destination: { ...address, postal_code: postalCode },
      service: rate?.service, rate_id: rate?.rateReference ?? undefined, cash_on_delivery_minor: cashOnDeliveryMinor,
    });
    return this.#toBooking(await this.#ask(request, bookingAnswer));
  }

  async cancel({ bookingReference, idempotencyKey }: CancelRequest): Promise<CancelResult> {
    const request = this.#post(`/v1/bookings/${encodeURIComponent(bookingReference)}/cancel`, idempotencyKey, {});
    const answer = await this.#http.send(request);
    if (answer.status === 409 && codeOf(answer) === "too_late") return { kind: "too_late" };
    if (answer.status !== 200) throw failure(answer, request);
    readAnswer(cancelAnswer, answer, request);
    return { kind: "cancelled" };
  }

  async track(trackingCode: string): Promise<readonly TrackingScan[]> {
    const { scans } = await this.#ask(this.#get(`/v1/tracking/${encodeURIComponent(trackingCode)}`), trackingAnswer);
    return scans.map((scan) => toTrackingScan(trackingCode, scan));
  }

  /** The label to be printed. @throws GatewayError */
  async label(bookingReference: string): Promise<LabelFile> {
    const request = { ...this.#get(`/v1/labels/${encodeURIComponent(bookingReference)}`), answerEncoding: "latin1" } as const;
    const answer = await this.#http.send(request);
    if (answer.status !== 200) throw failure(answer, request);
    return toLabelFile(answer, request);
  }

  async instruct({ bookingReference, instruction, idempotencyKey }: InstructRequest): Promise<InstructResult> {
    const request = this.#post(`/v1/bookings/${encodeURIComponent(bookingReference)}/instructions`, idempotencyKey, { instruction });
    const answer = await this.#http.send(request);
    if (answer.status === 409 && codeOf(answer) === "too_late") return { kind: "too_late" };
    // Couriers of an older version do not know the path.
    if (answer.status === 404) return { kind: "unsupported" };
    if (answer.status !== 200) throw failure(answer, request);
    readAnswer(instructionAnswer, answer, request);
    return { kind: "accepted" };
  }

  verify(rawBody: string, headers: WebhookHeaders, nowMs: number): { readonly eventId: string } | null {
    const eventId = verifyStandardWebhook(rawBody, headers, this.#keys, nowMs);
    return eventId === null ? null : { eventId };
  }

  /** @throws Error for news of a parcel that cannot be read: forgotten in silence, nobody would learn that its courier has changed its form */
  parseWebhook(rawBody: string): CourierNews | null {
    const body = parseJson(rawBody);
    if (anyEventBody.safeParse(body).data?.type !== parcelNews) return null;
    const parsed = eventBody.safeParse(body);
    if (!parsed.success) throw new Error(`the webhook of ${this.id} is not of the contract's form: ${parsed.error.issues.map(({ path }) => path.join(".")).join(", ")}`);
    const { id: eventId, data } = parsed.data;
    return { eventId, trackingCode: data.tracking_code, bookingReference: data.booking_id, scans: data.scans.map((scan) => toTrackingScan(data.tracking_code, scan)) };
  }

  close(): void {
    this.#http.close();
  }

  async #ask<Schema extends z.ZodType>(request: OutgoingRequest, schema: Schema): Promise<z.infer<Schema>> {
    const answer = await this.#http.send(request);
    if (answer.status !== 200 && answer.status !== 201) throw failure(answer, request);
    return readAnswer(schema, answer, request);
  }

  #get(path: string): OutgoingRequest {
    return { method: "GET", url: `${this.#settings.baseUrl}${path}`, headers: { authorization: `Bearer ${this.#settings.apiKey}` }, repeatable: true };
  }

  /** @param idempotencyKey null where nothing is changed */
  #post(path: string, idempotencyKey: string | null, body: object): OutgoingRequest {
    return {
      method: "POST",
      url: `${this.#settings.baseUrl}${path}`,
      headers: {
        authorization: `Bearer ${this.#settings.apiKey}`,
        "content-type": "application/json",
        ...(idempotencyKey === null ? {} : { "idempotency-key": idempotencyKey }),
      },
      body: JSON.stringify(body),
      repeatable: true,
    };
  }

  #toBooking({ booking_id, tracking_code, label_url, price_minor, currency, service }: BookingAnswer): Booking {
    const isOurs = !currency || currency === (this.#settings.currency ?? currency);
    return {
      bookingReference: booking_id, trackingCode: tracking_code,
      ...(label_url ? { labelUrl: new URL(label_url, this.#settings.baseUrl).href } : {}),
      ...(price_minor === undefined || price_minor === null || !isOurs ? {} : { priceMinor: price_minor }),
      ...(service ? { service } : {}),
    };
  }
}

/** The contract's word for an event that tells of a parcel. */
const parcelNews = "tracking.updated";

/** Codes that say why by themselves: what becomes of the parcel hangs on them, whatever its courier adds. */
const definite: ReadonlySet<string> = new Set(["ADDRESS_UNKNOWN", "REFUSED", "DAMAGED", "LOST", "RETURNED"]);

function reasonOf(code: string, given: string | null | undefined): string | null {
  return definite.has(code) ? null : given ?? null;
}

function toTrackingScan(trackingCode: string, { id, code, reason, city, at }: Scan): TrackingScan {
  const { status, reasonCode } = meaningOf(code);
  const said = { rawCode: code, status, reasonCode: reasonOf(code, reason) ?? reasonCode, city: city ?? null, occurredAt: new Date(at).toISOString() };
  return { scanId: id ?? scanIdOf(trackingCode, said), ...said };
}

function codeOf(answer: HttpAnswer): string | undefined {
  const parsed = errorAnswer.safeParse(parseJson(answer.text));
  return parsed.success ? parsed.data.error.code : undefined;
}

/** Asking for a price changes nothing, though it is a POST. */
function withoutDoubt(error: unknown): unknown {
  if (!(error instanceof GatewayError) || !error.inDoubt) return error;
  const { kind, message, retryAfterSeconds, heldBack, status, code } = error;
  return new GatewayError(kind, message, { inDoubt: false, retryAfterSeconds, heldBack, status, code, cause: error });
}

function failure(answer: HttpAnswer, request: OutgoingRequest): GatewayError {
  return failedAnswer(answer, request, codeOf(answer));
}
