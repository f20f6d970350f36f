import { afterEach, describe, expect, it } from "@jest/globals";
import { Registry } from "prom-client";
import { bookWithin } from "../../src/commands/shipping/booking-call.process.js";
import type { Booking, BookingRequest, Courier, Rate, RateRequest } from "../../src/gateways/couriers/courier-port.js";
import { guardedCourier, type GuardedCourier } from "../../src/gateways/couriers/guarded-courier.js";
import { GatewayError } from "../../src/platform/http-client/gateway-error.js";
import { createLogger } from "../../src/platform/log/logger.js";
import { Outside } from "../../src/platform/outside/outside.js";
import { LocalBreaker } from "../../src/platform/outside/shared-breaker.js";
import { until } from "../replication/until.js";

const booking: Booking = { bookingReference: "bk_1", trackingCode: "T1" };
const rates: readonly Rate[] = [{ service: "standard", priceMinor: 500, currency: "EUR", promisedDays: 2, rateReference: null }];
const timeout = () => Promise.reject(new GatewayError("timeout", "the courier is silent", { inDoubt: true }));

const outsides: Outside[] = [];
afterEach(() => { for (const outside of outsides.splice(0)) outside.close(); });

/** A courier that does as it is told, behind a breaker of this process alone. */
function courierThat(does: Partial<Courier>, breaker: { readonly probes?: number; readonly openMs?: number; readonly slowMs?: number } = {}, shared?: LocalBreaker, callsPerSecond = 0): GuardedCourier & { readonly outside: Outside } {
  const outside = new Outside({
    party: "swift", registry: new Registry(), logger: createLogger("silent"), callsMax: 5, callsWaitingMax: 0, callsPerSecond, shared,
    breaker: { slowMs: 1_000, callsMin: 5, failureRate: 0.5, failuresInRow: 5, openMs: 30, ...breaker },
  });
  outsides.push(outside);
  const well: Courier = {
    id: "swift", provider: "courier:swift",
    rate: async () => rates, find: async () => null, book: async () => booking, cancel: async () => ({ kind: "cancelled" }), track: async () => [],
    verify: () => ({ eventId: "e1" }), parseWebhook: () => null, close: () => undefined,
  };
  return Object.defineProperty(guardedCourier({ ...well, ...does }, outside), "outside", { value: outside }) as GuardedCourier & { readonly outside: Outside };
}

const code = (work: Promise<unknown>): Promise<string> => work.then(() => "ok", (error: unknown) => (error instanceof GatewayError ? error.code ?? error.kind : String(error)));
const [rated, booked] = [{} as RateRequest, {} as BookingRequest];
async function times(count: number, work: () => Promise<unknown>): Promise<string[]> {
  const outcomes: string[] = [];
  for (let call = 0; call < count; call += 1) outcomes.push(await code(work()));
  return outcomes;
}

describe("a guarded courier", () => {
  it("lets no call out while its way is held, and still reads webhooks", async () => {
    const courier = courierThat({ label: async () => ({ contentType: "application/pdf", bytes: Buffer.from("x") }) });
    courier.outside.hold();
    const calls = [courier.rate(rated), courier.find("s"), courier.book(booked), courier.cancel({ bookingReference: "b", idempotencyKey: "k" }), courier.track("T1"), courier.label!("b", undefined)];
    expect(await Promise.all(calls.map(code))).toEqual(Array.from({ length: 6 }, () => "held_breaker"));
    expect([courier.state, courier.probeFree, courier.verify("{}", {}, 0)]).toEqual(["held_open", false, { eventId: "e1" }]);
    expect(courierThat({}).label).toBeUndefined();
  });

  it("opens by rates that fail: a courier that is dead gets no booking to find it out", async () => {
    const courier = courierThat({ rate: timeout }, { openMs: 30_000 });
    await times(5, () => courier.rate(rated));
    expect([courier.state, await code(courier.book(booked))]).toEqual(["open", "held_breaker"]);
  });

  it("opens by bookings that fail among many rates that answer, and is closed by bookings alone", async () => {
    let works = false;
    const courier = courierThat({ book: async () => (works ? booking : timeout()) }, { probes: 2 });
    for (let parcel = 0; parcel < 5; parcel += 1) {
      await times(4, () => courier.rate(rated));
      await code(courier.book(booked));
    }
    expect(courier.state).toBe("open");
    await until("it may be tried", async () => courier.probeFree);
    expect(await times(3, () => courier.rate(rated))).toEqual(["ok", "ok", "ok"]);
    expect(await times(1, () => courier.track("T1"))).toEqual(["ok"]);
    expect([courier.state, courier.probeFree]).toEqual(["half_open", true]);
    expect(await times(1, () => courier.book(booked))).toEqual(["timeout"]);
    expect(courier.state).toBe("open");
    works = true;
    await until("it may be tried again", async () => courier.probeFree);
    expect(await times(2, () => courier.book(booked))).toEqual(["ok", "ok"]);
    expect(courier.state).toBe("closed");
  });

  it("is as good as any other for those who choose while its breaker only judges, unless it is held by hand", async () => {
    const shared = new LocalBreaker("swift");
    await shared.move({ type: "SetDryRun", dryRun: true, by: "olga" });
    const courier = courierThat({ book: timeout }, { openMs: 30_000 }, shared);
    expect(await times(7, () => courier.book(booked))).toEqual(Array.from({ length: 7 }, () => "timeout"));
    expect([courier.outside.state, courier.state]).toEqual(["open", "closed"]);
    courier.outside.hold();
    expect(courier.state).toBe("held_open");
  });

  it("is passed over while it keeps everybody waiting, not for a moment's pause", async () => {
    const paused = async (retryAfterSeconds: number) => {
      const courier = courierThat({ book: () => Promise.reject(new GatewayError("rate_limited", "no", { inDoubt: false, status: 429, retryAfterSeconds })) });
      expect(await times(2, () => courier.book(booked))).toEqual(["rate_limited", "held_pause"]);
      return courier;
    };
    expect((await paused(2)).state).toBe("closed");
    const long = await paused(3_600);
    expect([long.state, long.outside.state]).toEqual(["open", "closed"]);
    long.outside.reset();
    expect(long.state).toBe("closed");
  });

  it("takes a refusal for a sign of life, and no capacity for no reason to stop calling", async () => {
    const refused = { rejected: { status: 422, code: "parcel_too_heavy" }, rate_limited: { status: 429, code: "capacity_reached", retryAfterSeconds: 3_600 } } as const;
    for (const kind of ["rejected", "rate_limited"] as const) {
      const courier = courierThat({ book: () => Promise.reject(new GatewayError(kind, "no", { inDoubt: false, ...refused[kind] })) });
      expect(new Set(await times(10, () => courier.book(booked)))).toEqual(new Set([refused[kind].code]));
      expect([courier.state, await code(courier.track("T1"))]).toEqual(["closed", "ok"]);
    }
  });

  it("never lets rates that hang take a booking's place", async () => {
    let release: () => void = () => undefined;
    const hanging = new Promise<readonly Rate[]>((resolve) => { release = () => { resolve(rates); }; });
    const courier = courierThat({ rate: () => hanging });
    const asked = Array.from({ length: 9 }, () => code(courier.rate(rated)));
    expect(await code(courier.book(booked))).toBe("ok");
    release();
    // Three at work, three waiting for their places.
    expect((await Promise.all(asked)).filter((outcome) => outcome === "ok")).toHaveLength(6);
  });

  it("finds out one that hangs when it is slow, not when it has been given up", async () => {
    const courier = courierThat({ book: () => new Promise<Booking>(() => undefined) }, { slowMs: 20, openMs: 30_000 });
    for (let parcel = 0; parcel < 5; parcel += 1) void courier.book(booked);
    await until("it is open though nobody was answered", async () => courier.state === "open");
  });
});

describe("a booking that is given up", () => {
  it("is not sent any more where it waited for its turn", async () => {
    let sent = 0;
    const courier = courierThat({ book: async () => { sent += 1; return booking; } }, { slowMs: 10_000 }, undefined, 2);
    await courier.book(booked);
    expect(await code(bookWithin(courier, booked, 50, () => undefined))).toBe("timeout");
    expect(await code(courier.book(booked))).toBe("ok"); // its turn comes after that one's
    expect(sent).toBe(2);
  });

  it("and comes all the same is told of", async () => {
    let answer: (booking: Booking) => void = () => undefined;
    const courier = courierThat({ book: () => new Promise<Booking>((resolve) => { answer = resolve; }) });
    const labels: Booking[] = [];
    expect(await code(bookWithin(courier, booked, 50, (label) => labels.push(label)))).toBe("timeout");
    answer(booking);
    await until("its label is known", async () => labels.length > 0);
    expect(labels).toEqual([booking]);
  });
});
