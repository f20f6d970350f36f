import type { Pool } from "pg";
import type { OrderPaid } from "../../events/orders.js";
import type { Courier, Destination } from "../../gateways/couriers/courier-port.js";
import { defineConsumer } from "../../kernel/consumer.js";
import { nameId } from "../../kernel/ids.js";
import type { CommandBus } from "../../platform/bus/command-bus.js";
import { streamHas } from "../../platform/jobs/event-reader.js";
import type { JobHandler } from "../../platform/jobs/job-handler.js";
import { destinationReader } from "./destination.reader.js";
import { packParcels, type Parcel } from "./parcels.js";
import { recordBooking, recordImpossible } from "./record-shipment.js";

/** What shipping jobs work with. */
export interface ShippingJobs {
  readonly bus: CommandBus;
  readonly pool: Pool;
  readonly courier: Courier;
  readonly parcelMaxGrams: number;
}

export const bookConsumer = defineConsumer<OrderPaid>({ queue: "shipping.book", on: ["OrderPaid"] });

/** An order in more parcels than that is freight: a person has to arrange it. */
const parcelsMax = 200;
/** Parcels of one order that are booked at once. */
const bookedAtOnce = 10;

/** The n-th parcel of an order: the same at every repetition, as packing is. */
export function shipmentIdOf(orderId: string, parcel: number): string {
  return nameId("shipment", orderId, String(parcel));
}

/** Gives every parcel of a paid order to a courier. The key at the courier is the shipment's, so that none gets two labels. */
export function bookHandler(jobs: ShippingJobs): JobHandler<OrderPaid> {
  const isCalledOff = streamHas(jobs.pool, "OrderCancelled");
  const destinationOf = destinationReader(jobs.pool);
  return async ({ eventId, streamId, event }) => {
    const { orderId, customerId, lines } = event;
    if (await isCalledOff(streamId)) return;
    const destination = await destinationOf(customerId);
    const parcels = packParcels(lines, jobs.parcelMaxGrams);
    const reason = destination ? `${String(parcels.length)} parcels are too many for a courier` : "the customer has no address any more";
    if (!destination || parcels.length > parcelsMax) {
      await jobs.bus.execute(recordImpossible, { type: "RecordImpossible", shipmentId: shipmentIdOf(orderId, 0), orderId, reason }, envelopeOf(eventId, 0));
      return;
    }
    const waiting = parcels.map((parcel, index): ParcelToBook => ({ eventId, orderId, parcel, index, destination, count: parcels.length }));
    while (waiting.length > 0) await Promise.all(waiting.splice(0, bookedAtOnce).map((parcel) => bookParcel(jobs, parcel)));
  };
}

interface ParcelToBook {
  readonly eventId: string;
  readonly orderId: string;
  readonly parcel: Parcel;
  readonly index: number;
  readonly count: number;
  readonly destination: Destination;
}

async function bookParcel({ bus, courier }: ShippingJobs, { eventId, orderId, parcel, index, count, destination }: ParcelToBook): Promise<void> {
  const shipmentId = shipmentIdOf(orderId, index);
  const { weightGrams, lines } = parcel;
  const booking = await courier.book({ shipmentId, orderId, weightGrams, destination, idempotencyKey: `book:${shipmentId}` });
  await bus.execute(recordBooking, {
    type: "RecordBooking", shipmentId, orderId, courierId: courier.id, bookingReference: booking.bookingReference,
    trackingCode: booking.trackingCode, lines, weightGrams, parcelCount: count,
  }, envelopeOf(eventId, index));
}

function envelopeOf(eventId: string, parcel: number) {
  return { actor: { role: "system", id: bookConsumer.queue }, idempotencyKey: `${eventId}:${String(parcel)}`, causationId: eventId } as const;
}
