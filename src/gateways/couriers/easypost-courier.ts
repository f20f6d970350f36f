import { GatewayError } from "../../platform/http-client/gateway-error.js";
import type { WebhookHeaders } from "../../platform/http-client/webhook-source.js";
import type { Booking, BookingRequest, CancelRequest, CancelResult, Courier, CourierNews, LabelFile, Rate, RateRequest, TrackingScan } from "./courier-port.js";
import {
  bookingOf, isVoided, ratesAnswer, ratesByPrice, readySinceMs, serviceOf, shipment, toRates, type EasyPostRate, type EasyPostShipment,
} from "./easypost-answers.js";
import { EasyPostHttp, leavingDoubt } from "./easypost-http.js";
import { goesTo, shipmentBody, type EasyPostOrigin } from "./easypost-request.js";
import { EasyPostShelf } from "./easypost-shelf.js";
import { easyPostKey, verifyEasyPostWebhook } from "./easypost-signature.js";
import { scansOf, toCourierNews, trackerPage } from "./easypost-tracking.js";

export interface EasyPostSettings extends EasyPostOrigin {
  /** Our own name of the courier. */
  readonly id: string;
  /** Without a slash at its end. Default https://api.easypost.com */
  readonly baseUrl?: string;
  readonly apiKey: string;
  /** Valid ones; two while one is being rotated. */
  readonly webhookSecrets: readonly string[];
  /** Bound of one call to EasyPost; a booking makes three. Default 5,000. */
  readonly timeoutMs?: number;
  /** Default 16. */
  readonly socketsMax?: number;
  /** The clock; the machine's by default. */
  readonly nowMs?: () => number;
}

/**
 * A purchase whose answer was lost may still be under way for so long: EasyPost's own clients wait a minute for one.
 * Until then a shipment without a label is no proof that none was bought.
 */
const settledSeconds = 120;

const labelExists = "SHIPMENT.POSTAGE.EXISTS";

/** The carriers behind EasyPost (docs/easypost.md). */
export class EasyPostCourier implements Courier {
  readonly id: string;
  readonly provider: string;
  readonly #settings: EasyPostSettings;
  readonly #keys: readonly Buffer[];
  readonly #http: EasyPostHttp;
  readonly #shelf: EasyPostShelf;

  /** @throws RangeError where a webhook secret is empty */
  constructor(settings: EasyPostSettings) {
    const { id, apiKey, webhookSecrets, baseUrl = "https://api.easypost.com", timeoutMs = 5_000, socketsMax = 16 } = settings;
    this.id = id;
    this.provider = `courier:${id}`;
    this.#settings = settings;
    this.#keys = webhookSecrets.map(easyPostKey);
    this.#http = new EasyPostHttp({ baseUrl, apiKey, timeoutMs, socketsMax });
    this.#shelf = new EasyPostShelf(this.#http);
  }

  async rate({ parcel, destination, cashOnDeliveryMinor }: RateRequest): Promise<readonly Rate[]> {
    const body = shipmentBody(this.#settings, { parcel, destination, cashOnDeliveryMinor });
    return toRates(await this.#http.send({ method: "POST", path: "/v2/shipments", body, answer: shipment, repeatable: true }), this.#settings.currency);
  }

  async find(shipmentId: string, known?: ReadonlySet<string>): Promise<Booking | null> {
    const { found } = await this.#shelf.placeOf(shipmentId);
    const booking = found && bookingOf(found, this.#settings.currency);
    // One label a parcel: where it is known, there is no other.
    if (booking && known?.has(booking.bookingReference)) return null;
    if (found === null || booking) return booking;
    const nowMs = this.#settings.nowMs?.() ?? Date.now();
    const waitSeconds = settledSeconds - Math.max(0, nowMs - readySinceMs(found)) / 1_000;
    if (waitSeconds <= 0) return null;
    // As if it had said so itself: it is not down, and other parcels need not wait.
    throw new GatewayError("unavailable", "EasyPost may still be buying the label", { inDoubt: true, status: 409, retryAfterSeconds: Math.ceil(waitSeconds) });
  }

  async book(request: BookingRequest): Promise<Booking> {
    const { reference, found } = await leavingDoubt(this.#shelf.placeOf(request.shipmentId));
    const booked = found && bookingOf(found, this.#settings.currency);
    if (booked) return booked;
    // The label of the other address may be on its way to us.
    if (found && !goesTo(found, request.destination)) throw refused("DESTINATION_CHANGED", "the parcel's shipment was made for another address");
    if (!found) return await this.#buyNew(reference, request);
    return await leavingDoubt(this.#buyFirst(found.id, request.rate, () => this.#rerate(found.id)));
  }

  async cancel({ bookingReference }: CancelRequest): Promise<CancelResult> {
    try {
      return await this.#refund(bookingReference);
    } catch (error) {
      if (!(error instanceof GatewayError) || error.kind !== "rejected" || error.status === 404) throw error;
      // Refused, since it was asked for before, or since the parcel is on its way.
      const known = await leavingDoubt(this.#shelf.retrieve(bookingReference));
      if (known && isVoided(known)) return { kind: "cancelled" };
      if (known?.refund_status === "rejected" || error.code === "SHIPMENT.REFUND.UNAVAILABLE") return { kind: "too_late" };
      throw error;
    }
  }

  async track(trackingCode: string): Promise<readonly TrackingScan[]> {
    const path = `/v2/trackers?${new URLSearchParams({ tracking_code: trackingCode, page_size: "5" }).toString()}`;
    const { trackers } = await this.#http.send({ method: "GET", path, answer: trackerPage, repeatable: true });
    // Carriers use codes again: the newest comes first, and ours came with a shipment.
    const ours = trackers.filter((each) => each.tracking_code === trackingCode);
    const tracker = ours.find(({ shipment_id }) => shipment_id) ?? ours[0];
    if (!tracker) throw refused("TRACKER.NOT_FOUND", "no tracker has that code");
    return scansOf(tracker);
  }

  async label(bookingReference: string, labelUrl: string | undefined): Promise<LabelFile> {
    const url = labelUrl ?? (await this.#shelf.retrieve(bookingReference))?.postage_label?.label_url;
    if (!url || !/^https?:/.test(url)) throw refused("LABEL.NOT_FOUND", "the booking has no label file");
    return await this.#http.download(url);
  }

  verify(rawBody: string, headers: WebhookHeaders): { readonly eventId: string } | null {
    return verifyEasyPostWebhook(rawBody, headers, this.#keys);
  }

  parseWebhook(rawBody: string): CourierNews | null {
    return toCourierNews(rawBody);
  }

  close(): void {
    this.#http.close();
  }

  async #buyNew(reference: string, { weightGrams, destination, rate, cashOnDeliveryMinor }: BookingRequest): Promise<Booking> {
    const body = shipmentBody(this.#settings, { reference, parcel: { weightGrams }, parcelId: rate?.rateReference, destination, cashOnDeliveryMinor });
    // Not repeated by itself: it would make a second one of the same reference.
    const made = await this.#http.send({ method: "POST", path: "/v2/shipments", body, answer: shipment, repeatable: false });
    return await this.#buyFirst(made.id, rate, () => Promise.resolve(made.rates));
  }

  /** Buys the cheapest rate of the wanted service, or of all. Told that there is a label already, it takes that one. */
  async #buyFirst(id: string, wanted: BookingRequest["rate"], ratesNow: () => Promise<readonly EasyPostRate[]>): Promise<Booking> {
    try {
      const offers = ratesByPrice(await ratesNow(), this.#settings.currency);
      const offer = offers.find(({ rate }) => wanted === undefined || serviceOf(rate) === wanted.service);
      if (!offer) throw refused("RATE_NOT_OFFERED", "no rate of the wanted service was offered");
      return this.#booking(await this.#buy(id, offer.rate.id));
    } catch (error) {
      if (!(error instanceof GatewayError) || error.code !== labelExists) throw error;
      return this.#booking(await leavingDoubt(this.#shelf.retrieve(id)));
    }
  }

  /** EasyPost sells one label a shipment, so that repeating it does no harm. */
  async #buy(id: string, rateId: string): Promise<EasyPostShipment> {
    const path = `/v2/shipments/${encodeURIComponent(id)}/buy`;
    return await this.#http.send({ method: "POST", path, body: { rate: { id: rateId } }, answer: shipment, binding: true, repeatable: true });
  }

  /** Rates grow old; those of a shipment that was left lying are asked for anew. */
  async #rerate(id: string): Promise<readonly EasyPostRate[]> {
    const path = `/v2/shipments/${encodeURIComponent(id)}/rerate`;
    return (await this.#http.send({ method: "POST", path, body: {}, answer: ratesAnswer, repeatable: true })).rates;
  }

  async #refund(id: string): Promise<CancelResult> {
    const path = `/v2/shipments/${encodeURIComponent(id)}/refund`;
    const answer = await this.#http.send({ method: "POST", path, body: {}, answer: shipment, binding: true, repeatable: true });
    if (isVoided(answer)) return { kind: "cancelled" };
    if (answer.refund_status === "rejected") return { kind: "too_late" };
    throw new GatewayError("unavailable", "EasyPost answered a refund without a refund status that is known", { inDoubt: true, status: 200 });
  }

  #booking(bought: EasyPostShipment | null): Booking {
    const booking = bought && bookingOf(bought, this.#settings.currency);
    if (!booking) throw new GatewayError("unavailable", "EasyPost sold a label and does not show it", { inDoubt: true });
    return booking;
  }
}

function refused(code: string, why: string): GatewayError {
  return new GatewayError("rejected", `EasyPost: ${why}`, { inDoubt: false, code });
}
