import type { TrackingStatus } from "../../events/shipping.js";
import type { WebhookHeaders, WebhookSource } from "../../platform/http-client/webhook-source.js";

/** Where a parcel goes. Personal data: it passes through, nothing here keeps or logs it. */
export interface Destination {
  readonly name: string;
  readonly street: string;
  readonly city: string;
  readonly postalCode: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly phone?: string | undefined;
  readonly email?: string | undefined;
}

/** What has to be carried. Lengths in millimetres, longest first; absent where nobody measured. */
export interface ParcelSize {
  readonly weightGrams: number;
  readonly sizeMm?: readonly [number, number, number];
}

export interface RateRequest {
  readonly shipmentId: string;
  readonly parcel: ParcelSize;
  readonly destination: Destination;
  /** What the courier has to collect at the door, in the shop's currency; absent where nothing. */
  readonly cashOnDeliveryMinor?: number;
}

/** What a courier asks for one of its services. */
export interface Rate {
  /** The courier's own word, e.g. `express`. */
  readonly service: string;
  readonly priceMinor: number;
  /** ISO 4217. */
  readonly currency: string;
  /** What the courier promises, in days; null where it promises nothing. */
  readonly promisedDays: number | null;
  /** To be named when this very rate is booked; null where the courier needs none. */
  readonly rateReference: string | null;
}

export interface BookingRequest {
  readonly shipmentId: string;
  readonly orderId: string;
  readonly weightGrams: number;
  readonly destination: Destination;
  /** The same key never makes two labels. */
  readonly idempotencyKey: string;
  /** One of the rates that the courier gave; absent takes its usual service. */
  readonly rate?: Pick<Rate, "service" | "rateReference">;
  readonly cashOnDeliveryMinor?: number;
}

export interface Booking {
  /** The courier's own id of the booking. */
  readonly bookingReference: string;
  readonly trackingCode: string;
  /** Where its label can be fetched; absent where the courier gives none. */
  readonly labelUrl?: string;
  /** What it costs; absent where the courier does not say. */
  readonly priceMinor?: number;
  readonly service?: string;
}

export interface CancelRequest {
  readonly bookingReference: string;
  readonly idempotencyKey: string;
}

/** `too_late`: the courier holds the parcel already. */
export interface CancelResult {
  readonly kind: "cancelled" | "too_late";
}

/** A label that a printer takes. */
export interface LabelFile {
  /** `application/pdf`, `image/png` or `application/zpl`. */
  readonly contentType: string;
  readonly bytes: Buffer;
}

/** What is to become of a parcel that could not be given to its buyer. */
export type DeliveryInstruction = "redeliver" | "return";

export interface InstructRequest {
  readonly bookingReference: string;
  readonly instruction: DeliveryInstruction;
  readonly idempotencyKey: string;
}

/** `too_late`: the parcel is where nobody can turn it. `unsupported`: the courier takes no such word from a program; a person has to call. */
export interface InstructResult {
  readonly kind: "accepted" | "too_late" | "unsupported";
}

/** One sighting of a parcel, in DESIGN's words, the courier's own code beside them. */
export interface TrackingScan {
  /** The same at every repetition. */
  readonly scanId: string;
  readonly rawCode: string;
  /** `unknown` where the code is none that we know. */
  readonly status: TrackingStatus;
  readonly reasonCode: string | null;
  readonly city: string | null;
  /** RFC 3339 UTC, the courier's clock. */
  readonly occurredAt: string;
}

/** A webhook that concerns a parcel. */
export interface CourierNews {
  readonly eventId: string;
  readonly trackingCode: string;
  readonly bookingReference: string;
  readonly scans: readonly TrackingScan[];
}

/** Whoever carries parcels for us. Every call throws nothing but `GatewayError`. */
export interface Courier extends WebhookSource {
  readonly id: string;
  /** The services that it offers for a parcel, dearest last; none where it does not go there. */
  rate(request: RateRequest): Promise<readonly Rate[]>;
  /** Asks after a booking whose answer was lost. Null where the courier certainly made none under that shipment, besides those whose references are `known`. */
  find(shipmentId: string, known?: ReadonlySet<string>): Promise<Booking | null>;
  /** @param wanted aborted where it is not to be sent any more; what is under way then goes on */
  book(request: BookingRequest, wanted?: AbortSignal): Promise<Booking>;
  cancel(request: CancelRequest): Promise<CancelResult>;
  /** All scans so far, oldest first. @throws GatewayError `rejected` for an unknown code */
  track(trackingCode: string): Promise<readonly TrackingScan[]>;
  /** The label's file; absent where the courier keeps none. @param labelUrl as the booking named it @throws GatewayError `rejected` where there is none */
  label?(bookingReference: string, labelUrl: string | undefined): Promise<LabelFile>;
  /** Absent where the courier takes no instructions. */
  instruct?(request: InstructRequest): Promise<InstructResult>;
  /**
   * Reads a webhook that `verify` accepted when it came. Its signature is not checked again,
   * since by the time its job runs it may be older than the tolerance.
   * @returns null for news that is no parcel's
   */
  parseWebhook(rawBody: string, headers: WebhookHeaders, nowMs: number): CourierNews | null;
  /** Closes all sockets. */
  close(): void;
}
