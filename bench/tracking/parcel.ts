import type { moveShipment, recordBooking } from "../../src/commands/shipping/shipment/record-shipment.js";
import type { CommandDefinition } from "../../src/kernel/command.js";

type InputOf<Definition> = Definition extends CommandDefinition<infer Input, infer _Answer> ? Input : never;

const at = "2026-01-01T08:00:00.000Z";
const lines = [{ sku: "COLD-0", quantity: 1 }];
const service = { courierId: "swift", service: null, rateReference: null, priceMinor: null, promisedDays: null, region: "DE-1" } as const;

/** A courier was chosen for the parcel, and is asked. */
export function choiceOf(orderId: string, shipmentId: string): InputOf<typeof moveShipment>["step"] {
  return {
    type: "Decide", next: { ...service, attemptedAt: at }, delayReason: "",
    decision: {
      orderId, shipmentId, lines, parcelCount: 1, weightGrams: 300, cashOnDeliveryMinor: 0, country: "DE", region: service.region, currency: "EUR", deadline: null, policy: "cheapest",
      weights: { price: 1, dayMinor: 0, lateDayMinor: 0, failureMinor: 0, bookingFailureMinor: 0 }, seed: null,
      chosen: { courierId: service.courierId, service: "standard" }, explored: false, candidates: [], unanswered: [],
    },
  };
}

/** It took the parcel. */
export function bookingOf(orderId: string, shipmentId: string): InputOf<typeof recordBooking> {
  return {
    orderId, shipmentId, courierId: service.courierId, bookingReference: `b-${shipmentId}`, trackingCode: `T-${shipmentId}`, lines,
    weightGrams: 300, parcelCount: 1, attempt: 1, service: null, region: service.region, priceMinor: null, promisedDays: null, bookedAt: at, handOverBy: at, expectedDelivery: null,
  };
}
