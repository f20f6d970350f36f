import type { Pool } from "pg";
import type { OrderLinesCancelled, OrderPaid, OrderReinstated, OrderResumed } from "../../events/orders.js";
import type { Courier, Destination } from "../../gateways/couriers/courier-port.js";
import { defineConsumer } from "../../kernel/consumer.js";
import { nameId } from "../../kernel/ids.js";
import type { CommandBus } from "../../platform/bus/command-bus.js";
import type { JobHandler } from "../../platform/jobs/job-handler.js";
import { destinationReader } from "./destination.reader.js";
import { regionOf } from "./choice/lanes.js";
import { weightsOf } from "./choice/policy.js";
import { packParcels, type Parcel, type ParcelLimits } from "./parcels.js";
import { moveShipment, recordBooking } from "./shipment/record-shipment.js";
import { wantedPackingReader } from "./wanted-packing.reader.js";

/** What shipping jobs work with. */
export interface ShippingJobs {
  readonly bus: CommandBus;
  readonly pool: Pool;
  readonly courier: Courier;
  readonly parcelLimits: ParcelLimits;
}

/** An order that may be sent, for the first time or in another way than before. */
export type BookCause = OrderPaid | OrderReinstated | OrderResumed | OrderLinesCancelled;

export const bookConsumer = defineConsumer<BookCause>({
  queue: "shipping.book",
  on: ["OrderPaid", "OrderReinstated", "OrderResumed", "OrderLinesCancelled"],
  when: ({ lines }) => lines !== undefined,
});

/** An order in more parcels than that is freight: a person has to arrange it. */
const parcelsMax = 200;
/** Parcels of one order that are booked at once. */
const bookedAtOnce = 10;

/** The n-th parcel of an order's packing: the same at every repetition, as packing is. */
export function shipmentIdOf(orderId: string, packing: number, parcel: number): string {
  return packing === 1 ? nameId("shipment", orderId, String(parcel)) : nameId("shipment", orderId, String(packing), String(parcel));
}

/** Gives every parcel of a paid order to a courier. The key at the courier is the shipment's, so that none gets two labels. */
export function bookHandler(jobs: ShippingJobs): JobHandler<BookCause> {
  const wantedPacking = wantedPackingReader(jobs.pool);
  const destinationOf = destinationReader(jobs.pool);
  return async ({ eventId, streamId, event }) => {
    const { orderId, customerId, lines = [] } = event;
    const packing = "packing" in event ? event.packing : 1;
    if (await wantedPacking(streamId) !== packing) return;
    const destination = await destinationOf(customerId);
    const parcels = packParcels(lines, jobs.parcelLimits);
    const reason = destination ? `${String(parcels.length)} parcels are too many for a courier` : "the customer has no address any more";
    if (!destination || parcels.length > parcelsMax) {
      const ids = { shipmentId: shipmentIdOf(orderId, packing, 0), orderId };
      await jobs.bus.execute(moveShipment, { ...ids, step: { ...ids, type: "RecordImpossible", reason, ...unlessFirst(packing) } }, envelopeOf(eventId, "0"));
      return;
    }
    const waiting = parcels.map((parcel, index): ParcelToBook => ({ eventId, orderId, packing, parcel, index, destination, count: parcels.length }));
    while (waiting.length > 0) {
      await Promise.all(waiting.splice(0, bookedAtOnce).map((parcel) => bookParcel(jobs, parcel)));
      // What was booked meanwhile is called off by its own news.
      if (waiting.length > 0 && await wantedPacking(streamId) !== packing) return;
    }
  };
}

/** Nothing tells of the first packing: most orders have no other. */
function unlessFirst(packing: number): { readonly packing?: number } {
  return packing === 1 ? {} : { packing };
}

interface ParcelToBook {
  readonly eventId: string;
  readonly orderId: string;
  readonly packing: number;
  readonly parcel: Parcel;
  readonly index: number;
  readonly count: number;
  readonly destination: Destination;
}

async function bookParcel({ bus, courier }: ShippingJobs, { eventId, orderId, packing, parcel, index, count, destination }: ParcelToBook): Promise<void> {
  const shipmentId = shipmentIdOf(orderId, packing, index);
  const { weightGrams, lines } = parcel;
  const now = new Date().toISOString();
  const { country } = destination;
  const region = regionOf(destination);
  const ids = { shipmentId, orderId };
  const service = { courierId: courier.id, service: null, priceMinor: null, promisedDays: null, region } as const;
  await bus.execute(moveShipment, {
    ...ids, step: {
      type: "Decide", delayReason: "", next: { ...service, rateReference: null, attemptedAt: now },
      decision: {
        ...ids, weightGrams, cashOnDeliveryMinor: 0, country, region, currency: "EUR", deadline: null, policy: "cheapest",
        weights: weightsOf({ kind: "cheapest" }), seed: null, chosen: { courierId: courier.id, service: "" }, explored: false, candidates: [], unanswered: [],
      },
    },
  }, envelopeOf(eventId, `${String(index)}:decide`));
  const booking = await courier.book({ ...ids, weightGrams, destination, idempotencyKey: `book:${shipmentId}:1` });
  await bus.execute(recordBooking, {
    ...ids, ...service, bookingReference: booking.bookingReference, attempt: 1, bookedAt: now, handOverBy: now, expectedDelivery: null,
    trackingCode: booking.trackingCode, lines, weightGrams, parcelCount: count, ...unlessFirst(packing),
  }, envelopeOf(eventId, String(index)));
}

function envelopeOf(eventId: string, step: string) {
  return { actor: { role: "system", id: bookConsumer.queue }, idempotencyKey: `${eventId}:${step}`, causationId: eventId } as const;
}
