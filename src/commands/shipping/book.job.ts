import type { OrderLinesCancelled, OrderPaid, OrderReinstated, OrderResumed } from "../../events/orders.js";
import type { Destination } from "../../gateways/couriers/courier-port.js";
import { defineConsumer } from "../../kernel/consumer.js";
import { nameId } from "../../kernel/ids.js";
import { GatewayError } from "../../platform/http-client/gateway-error.js";
import type { JobHandler } from "../../platform/jobs/job-handler.js";
import { AskCouriers, type ParcelToSend } from "./ask-couriers.process.js";
import { comeBack } from "./booking-call.process.js";
import { cashOnDeliveryReader } from "./cash-on-delivery.reader.js";
import { CourierDesk, type OfParcel, type ShippingJobs } from "./courier-desk.process.js";
import { destinationReader } from "./destination.reader.js";
import { packParcels, type Parcel } from "./parcels.js";
import { wantedPackingReader } from "./wanted-packing.reader.js";

/** An order that may be sent, for the first time or in another way than before. */
export type BookCause = OrderPaid | OrderReinstated | OrderResumed | OrderLinesCancelled;

export const bookConsumer = defineConsumer<BookCause>({
  queue: "shipping.book",
  on: ["OrderPaid", "OrderReinstated", "OrderResumed", "OrderLinesCancelled"],
  when: ({ lines }) => lines !== undefined,
});

/** An order in more parcels than that is freight: a person has to arrange it. */
const parcelsMax = 200;
/** Parcels of one order that couriers are asked for at once. */
const askedAtOnce = 10;
/** An attempt of a job is over after a minute: before that it gives the rest of its parcels to another one. */
const turnMs = 30_000;

/** The n-th parcel of an order's packing: the same at every repetition, as packing is. */
export function shipmentIdOf(orderId: string, packing: number, parcel: number): string {
  return packing === 1 ? nameId("shipment", orderId, String(parcel)) : nameId("shipment", orderId, String(packing), String(parcel));
}

/** Gives every parcel of a paid order to a courier. Parcels that have to wait do not hold up the others. */
export function bookHandler(jobs: ShippingJobs): JobHandler<BookCause> {
  const couriers = new AskCouriers(jobs);
  const desk = new CourierDesk(jobs);
  const wantedPacking = wantedPackingReader(jobs.pool);
  const destinationOf = destinationReader(jobs.pool);
  const cashOnDelivery = cashOnDeliveryReader(jobs.pool);
  return async ({ eventId, streamId, event }, { signal }) => {
    const { orderId, customerId, lines = [] } = event;
    const packing = "packing" in event ? event.packing : 1;
    const parcels = packParcels(lines, jobs.parcelLimits);
    const of = (index: number): OfParcel => ({ orderId, shipmentId: shipmentIdOf(orderId, packing, index), queue: bookConsumer.queue, causationId: eventId });
    if (await wantedPacking(streamId) !== packing) {
      if (parcels.length <= parcelsMax) await inTurns(parcels.keys(), (index) => couriers.leave(of(index)), () => Promise.resolve(true), signal);
      return;
    }
    const destination = await destinationOf(customerId);
    const reason = destination ? `${String(parcels.length)} parcels are too many for a courier` : "the customer has no address any more";
    if (!destination || parcels.length > parcelsMax) {
      await desk.move(of(0), { type: "RecordImpossible", orderId, shipmentId: of(0).shipmentId, reason, wantedBy: eventId, ...unlessFirst(packing) });
      return;
    }
    const collectMinor = await cashOnDelivery(orderId);
    const toSend = parcels.map((parcel, index) => toParcel(of(index), parcel, {
      destination, packing, parcelCount: parcels.length, cashOnDeliveryMinor: index === 0 ? collectMinor : 0,
    }));
    // What was booked meanwhile is called off by its own news.
    await inTurns(toSend, (parcel) => couriers.send(parcel), async () => await wantedPacking(streamId) === packing, signal);
  };
}

interface Sending {
  readonly destination: Destination;
  readonly packing: number;
  readonly parcelCount: number;
  readonly cashOnDeliveryMinor: number;
}

function toParcel(of: OfParcel, { lines, weightGrams, sizeMm }: Parcel, { destination, packing, parcelCount, cashOnDeliveryMinor }: Sending): ParcelToSend {
  return { ...of, destination, ...(sizeMm ? { sizeMm } : {}), content: { lines, weightGrams, cashOnDeliveryMinor, parcelCount, ...unlessFirst(packing) } };
}

/** Nothing tells of the first packing: most orders have no other. */
function unlessFirst(packing: number): { readonly packing?: number } {
  return packing === 1 ? {} : { packing };
}

/**
 * Does something for each, some at once, while that is wanted. All are tried before one that failed, or has to wait, is told of.
 * @throws what one of them threw, rather that it failed than that it has to wait
 */
async function inTurns<Each>(all: Iterable<Each>, work: (each: Each) => Promise<void>, goesOn: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  const waiting = [...all];
  const untilMs = performance.now() + turnMs;
  const problems: unknown[] = [];
  while (waiting.length > 0) {
    const results = await Promise.allSettled(waiting.splice(0, askedAtOnce).map(work));
    for (const result of results) if (result.status === "rejected") problems.push(result.reason);
    if (waiting.length === 0 || !await goesOn()) break;
    if (signal.aborted || performance.now() > untilMs) {
      problems.push(comeBack(1, `${String(waiting.length)} parcels of the order are left`));
      break;
    }
  }
  if (problems.length > 0) throw problems.find((problem) => !(problem instanceof GatewayError)) ?? problems.reduce(sooner);
}

function sooner(one: unknown, other: unknown): unknown {
  const secondsOf = (problem: unknown): number => (problem instanceof GatewayError ? problem.retryAfterSeconds ?? 0 : 0);
  return secondsOf(other) < secondsOf(one) ? other : one;
}
