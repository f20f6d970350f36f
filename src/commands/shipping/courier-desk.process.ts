import type { Pool } from "pg";
import type { ShipmentAttempted, ShipmentBooked } from "../../events/shipping.js";
import type { Booking, BookingRequest, Destination } from "../../gateways/couriers/courier-port.js";
import type { GuardedCourier } from "../../gateways/couriers/guarded-courier.js";
import { newId } from "../../kernel/ids.js";
import { Refusal } from "../../kernel/refusal.js";
import type { AlertDesk } from "../../platform/alerts/alert-port.js";
import type { CommandBus, CommandEnvelope } from "../../platform/bus/command-bus.js";
import { GatewayError } from "../../platform/http-client/gateway-error.js";
import { orderDestinationReader } from "./destination.reader.js";
import { GoneCourierAlert, whatToDo } from "./gone-courier.alert.js";
import type { ParcelMarket } from "./market/parcel-market.js";
import { parcelReader } from "./parcel.reader.js";
import type { ParcelLimits } from "./parcels.js";
import { moveShipment, recordBooking, type ShipmentAnswer } from "./shipment/record-shipment.js";
import type { ParcelContent, Shipment } from "./shipment/shipment-state.js";
import type { ShipmentCommand } from "./shipment/shipment.decider.js";

/** What shipping jobs work with. */
export interface ShippingJobs {
  readonly bus: CommandBus;
  readonly pool: Pool;
  readonly alerts: AlertDesk;
  readonly market: ParcelMarket;
  readonly parcelLimits: ParcelLimits;
  /** A courier that has not answered a booking by then is in doubt, and the next one is asked. */
  readonly bookTimeoutMs: number;
}

/** A parcel, and on whose behalf something is done with it. */
export interface OfParcel {
  readonly shipmentId: string;
  readonly orderId: string;
  /** The job's queue, and the event that it works off. */
  readonly queue: string;
  readonly causationId: string;
}

/** What of an attempt its call and its booking need. */
export type CalledAttempt = Pick<ShipmentAttempted, "attempt" | "courierId" | "service" | "rateReference" | "priceMinor" | "promisedDays" | "region">;

/** What all jobs of a parcel do: ask its couriers, and write down what they say. Each step may be done again. */
export class CourierDesk {
  readonly parcel: ReturnType<typeof parcelReader>;
  readonly #destinationOf: (orderId: string) => Promise<Destination | null>;
  readonly #gone: GoneCourierAlert;

  constructor(readonly jobs: ShippingJobs) {
    this.parcel = parcelReader(jobs.pool);
    this.#destinationOf = orderDestinationReader(jobs.pool);
    this.#gone = new GoneCourierAlert(jobs.alerts);
  }

  /** @throws GatewayError for one that the settings no longer name: what is open there waits for it, and somebody is told at once */
  async courier(id: string): Promise<GuardedCourier> {
    const courier = this.jobs.market.courier(id);
    if (courier) {
      await this.#gone.over(id);
      return courier;
    }
    await this.#gone.raise(id);
    throw new GatewayError("unavailable", `the settings do not name the courier ${id} any more: ${whatToDo}`, { inDoubt: false });
  }

  async move({ shipmentId, orderId, ...cause }: OfParcel, step: Exclude<ShipmentCommand, { type: "RecordBooking" }>): Promise<ShipmentAnswer> {
    return answerOf(await this.jobs.bus.execute(moveShipment, { shipmentId, orderId, step }, envelopeOf(cause)));
  }

  /** A label was made: the parcel's own, or one too many. */
  async record({ shipmentId, orderId, ...cause }: OfParcel, content: ParcelContent, called: CalledAttempt, booking: Booking): Promise<ShipmentAnswer> {
    const { attempt, courierId, region, promisedDays } = called;
    const { bookingReference, trackingCode, labelUrl } = booking;
    const service = booking.service ?? called.service;
    const nowMs = Date.now();
    const handOverBy = this.jobs.market.handOverBy(courierId, nowMs);
    const times = { bookedAtMs: nowMs, handedOverAtMs: Date.parse(handOverBy), nowMs };
    const arriving = { courierId, service, region, promisedDays, ...times, status: "pre_transit" } as const;
    const { lines, weightGrams, parcelCount, packing } = content;
    const booked: Omit<ShipmentBooked, "type"> = {
      shipmentId, orderId, courierId, bookingReference, trackingCode, lines, weightGrams, parcelCount, ...(packing === undefined ? {} : { packing }),
      attempt, service, region, priceMinor: booking.priceMinor ?? called.priceMinor, promisedDays, bookedAt: new Date(nowMs).toISOString(), handOverBy,
      // A label is there: it is written down, whether its arrival can be told or not.
      expectedDelivery: await this.jobs.market.expectedDelivery(arriving).catch(() => null), ...(labelUrl === undefined ? {} : { labelUrl }),
    };
    return answerOf(await this.jobs.bus.execute(recordBooking, booked, envelopeOf(cause)));
  }

  /** Asks after an attempt that is in doubt, and writes down what became of it. @throws GatewayError where the courier does not say */
  async settle(of: OfParcel, { attempts }: Pick<Shipment, "attempts">, content: ParcelContent, called: CalledAttempt): Promise<ShipmentAnswer> {
    const booking = await this.#ask(of, content, called, labelsBeside(attempts, called.attempt));
    return booking ? this.record(of, content, called, booking) : this.move(of, { type: "SettleAttempt", attempt: called.attempt, outcome: "none" });
  }

  async #ask(of: OfParcel, content: ParcelContent, called: CalledAttempt, known: ReadonlySet<string>): Promise<Booking | null> {
    const courier = await this.courier(called.courierId);
    try {
      return await courier.find(of.shipmentId, known);
    } catch (error) {
      if (!isUnknown(error)) throw error;
    }
    // A courier that cannot be asked: the same key makes no second label, and tells of the first.
    const destination = await this.#destinationOf(of.orderId);
    if (!destination) throw new Error(`attempt ${String(called.attempt)} of ${of.shipmentId} cannot be asked after: the customer has no address any more`);
    try {
      return await courier.book(requestOf(of, content, called, destination));
    } catch (error) {
      // A no to our request is an answer, but where the key is taken there is a label that only a person can find.
      if (error instanceof GatewayError && error.kind === "rejected" && error.status === 422 && error.code !== "idempotency_key_reused") return null;
      throw error;
    }
  }
}

/** References of a parcel's labels that came of other attempts than this one: its own may be among them. */
export function labelsBeside(attempts: Shipment["attempts"], attempt: number): ReadonlySet<string> {
  return new Set(attempts.flatMap((one) => (one.attempt !== attempt && one.bookingReference !== null ? [one.bookingReference] : [])));
}

/** The same at every repetition, as its key is. */
export function requestOf({ shipmentId, orderId }: OfParcel, content: ParcelContent, called: CalledAttempt, destination: Destination): BookingRequest {
  const { weightGrams, cashOnDeliveryMinor } = content;
  const { attempt, service, rateReference } = called;
  return {
    shipmentId, orderId, weightGrams, destination, idempotencyKey: `book:${shipmentId}:${String(attempt)}`,
    ...(service === null ? {} : { rate: { service, rateReference } }), ...(cashOnDeliveryMinor === 0 ? {} : { cashOnDeliveryMinor }),
  };
}

/** It does not have the call, or nothing of that name. */
export function isUnknown(error: unknown): boolean {
  return error instanceof GatewayError && error.kind === "rejected" && error.status === 404;
}

/** The deciders tell repetitions: what is said twice says nothing new, and a job that comes again may have something else to say. */
function envelopeOf({ queue, causationId }: Pick<OfParcel, "queue" | "causationId">): CommandEnvelope {
  return { actor: { role: "system", id: queue }, idempotencyKey: newId(), causationId };
}

function answerOf({ answer, refusal }: Awaited<ReturnType<CommandBus["execute"]>>): ShipmentAnswer {
  if (refusal) throw new Refusal(refusal.code, refusal.message, refusal.field);
  return answer as ShipmentAnswer;
}
