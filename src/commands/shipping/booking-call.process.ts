import { setTimeout as delay } from "node:timers/promises";
import type { Booking, BookingRequest, Courier } from "../../gateways/couriers/courier-port.js";
import { GatewayError } from "../../platform/http-client/gateway-error.js";

/** Why a courier did not take a parcel, as `ShipmentAttemptFailed` tells it. */
export interface BookingFailure {
  readonly code: string;
  readonly message: string;
  readonly inDoubt: boolean;
  readonly forGood?: true;
}

/** The call's own bound is the same: what it says of a call that never left is better than ours. */
const graceMs = 100;
/** Where all of a courier's places are taken, one may be free in a moment. */
const placeWaitMs = 250;
const placeLookMs = 60;

/** What a courier says of a parcel that it will never take; any other refusal may be over another time. */
const forGood = /^(invalid_request|destination_not_served|parcel_too_heavy|parcel_too_large|cash_on_delivery_unsupported|ADDRESS\..*)$/;

/**
 * Books, and waits no longer than that. What has not left by then is not sent any more.
 * @param tooLate told of the label that comes after all @throws GatewayError
 */
export async function bookWithin(courier: Courier, request: BookingRequest, timeoutMs: number, tooLate: (booking: Booking) => void): Promise<Booking> {
  const wanted = new AbortController();
  const calling = bookInTurn(courier, request, wanted.signal, performance.now() + Math.min(placeWaitMs, timeoutMs / 2));
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    wanted.abort();
    calling.then(tooLate, () => undefined);
    late.reject(new GatewayError("timeout", `booking at ${courier.id} gave no answer within ${String(timeoutMs)} ms`, { inDoubt: true }));
  }, timeoutMs + graceMs);
  try {
    return await Promise.race([calling, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function bookInTurn(courier: Courier, request: BookingRequest, wanted: AbortSignal, untilMs: number): Promise<Booking> {
  for (;;) {
    try {
      return await courier.book(request, wanted);
    } catch (error) {
      const isCrowded = error instanceof GatewayError && error.heldBack && error.code === "held_bulkhead";
      if (!isCrowded || performance.now() > untilMs) throw error;
      await delay(placeLookMs * (1 + Math.random()));
    }
  }
}

export function bookingFailureOf(error: GatewayError): BookingFailure {
  const { message, inDoubt, heldBack, kind } = error;
  if (heldBack) return { code: "held_back", message, inDoubt: false };
  if (kind === "timeout" || kind === "unavailable") return { code: kind, message, inDoubt };
  return { code: error.code ?? kind, message, inDoubt, ...(kind === "rejected" && forGood.test(error.code ?? "") ? { forGood: true } : {}) };
}

/** A job that has to come back later, which costs it no attempt. */
export function comeBack(seconds: number, why: string): GatewayError {
  return new GatewayError("unavailable", why, { inDoubt: false, heldBack: true, retryAfterSeconds: seconds });
}
