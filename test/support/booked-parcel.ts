import type { ShipmentCommand } from "../../src/commands/shipping/shipment/shipment.decider.js";

/** What of a booking most tests do not care about. */
export const bookingFacts = {
  attempt: 1, service: null, region: "DE-1", priceMinor: null, promisedDays: null, bookedAt: "2026-01-01T08:00:00.000Z", handOverBy: "2026-01-01T16:00:00.000Z",
  expectedDelivery: null,
} as const;

/** The step that has to stand before a booking: somebody was chosen, and is being asked. */
export function asking(ids: { readonly shipmentId: string; readonly orderId: string }, courierId = "swift") {
  const next = { courierId, service: null, rateReference: null, priceMinor: null, promisedDays: null, region: "DE-1", attemptedAt: "2026-01-01T08:00:00.000Z" };
  return {
    type: "Decide", next, delayReason: "",
    decision: {
      ...ids, lines: [], parcelCount: 1, weightGrams: 100, cashOnDeliveryMinor: 0, country: "DE", region: "DE-1", currency: "EUR", deadline: null, policy: "cheapest",
      weights: { price: 1, dayMinor: 0, lateDayMinor: 0, failureMinor: 0, bookingFailureMinor: 0 }, seed: null, chosen: { courierId, service: "standard" },
      explored: false, candidates: [], unanswered: [],
    },
  } as const satisfies Extract<ShipmentCommand, { type: "Decide" }>;
}
