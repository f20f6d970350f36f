import type { BreakerState } from "../../events/courier-decisions.js";
import type { Outside } from "../../platform/outside/outside.js";
import type { Courier, InstructRequest } from "./courier-port.js";

/** A courier, and how its breaker stands. */
export interface GuardedCourier extends Courier {
  /** As calls meet it: `closed` also where the breaker only judges, `open` also in a long pause that the courier asked for. */
  readonly state: BreakerState;
  /** Half open, and a booking would be let through to try it. */
  readonly probeFree: boolean;
}

/** Nothing was booked, and the next parcel may be; calls are as welcome as before. */
const noPause: ReadonlySet<string> = new Set(["capacity_reached"]);

/**
 * The same courier, each of its calls by the one way to it. Only a booking is a probe: a courier whose rates answer and whose bookings fail
 * stays half open. Rates have places of their own, so that asking for prices never keeps a booking waiting. Closing it closes the way too.
 */
export function guardedCourier(courier: Courier, outside: Outside): GuardedCourier {
  const [label, instruct] = [courier.label?.bind(courier), courier.instruct?.bind(courier)];
  return {
    id: courier.id,
    provider: courier.provider,
    get state() { return outside.way; },
    get probeFree() { return outside.probeFree; },
    rate: (request) => outside.call(() => courier.rate(request), { kind: "question", noPause }),
    find: (shipmentId, known) => outside.call(() => courier.find(shipmentId, known), { kind: "errand", noPause }),
    book: (request, wanted) => outside.call(() => {
      // It may have waited for its turn for too long. No `GatewayError`: this says nothing of the courier.
      wanted?.throwIfAborted();
      return courier.book(request);
    }, { kind: "deed", noPause }),
    cancel: (request) => outside.call(() => courier.cancel(request), { kind: "errand", noPause }),
    track: (trackingCode) => outside.call(() => courier.track(trackingCode), { kind: "errand", noPause }),
    ...(label ? { label: (bookingReference: string, labelUrl: string | undefined) => outside.call(() => label(bookingReference, labelUrl), { kind: "errand", noPause }) } : {}),
    ...(instruct ? { instruct: (request: InstructRequest) => outside.call(() => instruct(request), { kind: "errand", noPause }) } : {}),
    verify: (rawBody, headers, nowMs) => courier.verify(rawBody, headers, nowMs),
    parseWebhook: (rawBody, headers, nowMs) => courier.parseWebhook(rawBody, headers, nowMs),
    close() {
      outside.close();
      courier.close();
    },
  };
}
