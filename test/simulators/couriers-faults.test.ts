import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { HttpCourier } from "../../src/gateways/couriers/http-courier.js";
import type { GatewayErrorKind } from "../../src/platform/http-client/gateway-error.js";
import type { CallKind } from "../../src/simulators/couriers/courier-trouble.js";
import { bookingOf, CourierGround, failureOf, rateRequest } from "./couriers-ground.js";
import { eventually } from "./webhook-receiver.js";

let ground: CourierGround;
beforeEach(async () => { ground = await CourierGround.open(); });
afterEach(() => ground.close());

/** One call of each kind about one booking that stands. */
async function callsAboutOne(): Promise<Readonly<Record<Exclude<CallKind, "instruct">, (courier: HttpCourier) => Promise<unknown>>>> {
  const { bookingReference, trackingCode } = await ground.courier().book(bookingOf("standing"));
  return {
    rates: (courier) => courier.rate(rateRequest({ shipmentId: "standing" })),
    book: (courier) => courier.book(bookingOf("new")),
    find: (courier) => courier.find("standing"),
    cancel: (courier) => courier.cancel({ bookingReference, idempotencyKey: "cancel" }),
    track: (courier) => courier.track(trackingCode),
    label: (courier) => courier.label(bookingReference),
  };
}

/** Calling off comes last: what is called off has no label any more. */
const kinds = ["rates", "book", "find", "track", "label", "cancel"] as const;
const changes: readonly CallKind[] = ["book", "cancel"];

const befores: readonly (readonly [fault: string, kind: GatewayErrorKind, isInDoubt: boolean])[] = [
  ["fail_before", "unavailable", true], ["unavailable", "unavailable", true], ["rate_limited", "rate_limited", false],
  ["hang_before", "timeout", true], ["cut_before", "unavailable", true], ["garbage_before", "unavailable", true],
];
const afters: readonly (readonly [fault: string, kind: GatewayErrorKind])[] = [
  ["hang_after", "timeout"], ["late=5000", "timeout"], ["cut_after", "unavailable"], ["fail_after", "unavailable"], ["garbage_after", "unavailable"],
];

describe("a fault that is ordered for one call", () => {
  it.each(befores)("%s before anything is done: %s, and nothing is done", async (fault, kind, isInDoubt) => {
    await ground.start();
    const calls = await callsAboutOne();
    for (const call of kinds) {
      ground.simulator.orderFault({ kind: call, fault, times: fault === "cut_before" ? 2 : 1 });
      expect([call, await failureOf(calls[call](ground.hasty()))]).toMatchObject([call, { kind, inDoubt: isInDoubt && changes.includes(call) }]);
      ground.simulator.control({ method: "DELETE", path: "/_simulator/orders", query: new URLSearchParams(), headers: {}, body: "" });
    }
    expect(ground.simulator.books()).toMatchObject({ bookings: 1, labelled: 1, cancelled: 0 });
    for (const call of kinds) await calls[call](ground.courier());
    expect(ground.simulator.books()).toMatchObject({ bookings: 2, labelled: 1, cancelled: 1 });
  });
  it.each(afters)("%s once a booking or a voiding is done: %s in doubt; asking and repeating tell", async (fault, kind) => {
    await ground.start();
    ground.simulator.orderFault({ kind: "book", fault });
    expect(await failureOf(ground.hasty().book(bookingOf()))).toMatchObject({ kind, inDoubt: true });
    expect(ground.simulator.books().bookings).toBe(1);
    const found = await ground.courier().find("shipment-1");
    // Where the answer is still on its way the key is at work.
    if (fault !== "late=5000") expect(await ground.courier().book(bookingOf())).toEqual(found);
    else expect(await failureOf(ground.courier().book(bookingOf()))).toMatchObject({ code: "idempotency_key_in_use", inDoubt: true });

    ground.simulator.orderFault({ kind: "cancel", fault });
    expect(await failureOf(ground.hasty().cancel({ bookingReference: found!.bookingReference, idempotencyKey: "c" }))).toMatchObject({ kind, inDoubt: true });
    expect(ground.simulator.books()).toMatchObject({ bookings: 1, cancelled: 1, labelled: 0 });
    expect(await ground.courier().find("shipment-1")).toBeNull();
  });
  it("meets only the shipment and the number of calls that it was ordered for", async () => {
    await ground.start();
    ground.simulator.orderFault({ kind: "book", fault: "fail_before", times: 2, shipmentId: "s2" });
    const courier = ground.courier();
    await courier.book(bookingOf("s1"));
    await failureOf(courier.book(bookingOf("s2")));
    expect((await ground.control("GET", "/orders")).body).toEqual({ orders: [{ kind: "book", fault: "fail_before", times: 1, shipmentId: "s2" }] });
    await failureOf(courier.book(bookingOf("s2")));
    await courier.book(bookingOf("s2"));
    expect(ground.simulator.books().bookings).toBe(2);
    expect(ground.simulator.calls()).toMatchObject({ book: 4, rates: 0 });
  });
  it("is refused where it makes no sense, and nothing is ordered", async () => {
    await ground.start();
    for (const order of [{ kind: "book", fault: "explode" }, { kind: "pay", fault: "cut_before" }, { kind: "book", fault: "late=soon" }, { kind: "book", fault: "cut_before=1" }]) {
      expect([order, (await ground.control("POST", "/orders", order)).status]).toEqual([order, 400]);
    }
    expect((await ground.control("GET", "/orders")).body).toEqual({ orders: [] });
    expect((await ground.control("POST", "/episodes", { toDay: 1 })).status).toBe(400);
    expect((await ground.control("POST", "/episodes", [{ quirks: { slow: true } }])).status).toBe(400);
    expect((await ground.control("POST", "/quirks", { hangRate: 2 })).status).toBe(400);
    expect((await ground.control("GET", "/nothing")).status).toBe(404);
  });
});

describe("a standing fault", () => {
  it("refused connections are in no doubt; the courier comes back at the same address", async () => {
    await ground.start();
    ground.simulator.setQuirks({ refuse: true });
    const refused = async (): Promise<string> => { try { await ground.courier().track("x"); return "answered"; } catch (error) { return String(error); } };
    let last = "";
    const ask = setInterval(() => void refused().then((text) => { last = text; }), 10);
    await eventually("the door to close", () => last.includes("ECONNREFUSED"));
    clearInterval(ask);
    expect(await failureOf(ground.courier().book(bookingOf()))).toMatchObject({ kind: "unavailable", inDoubt: false });
    ground.simulator.setQuirks({ refuse: false });
    const again = setInterval(() => void refused().then((text) => { last = text; }), 10);
    await eventually("the door to open", () => last.includes("404"));
    clearInterval(again);
    await ground.courier().book(bookingOf());
    expect(ground.simulator.books().bookings).toBe(1);
  });
  it.each([
    ["hang", { hang: true }, "timeout"], ["hangRate", { hangRate: 1 }, "timeout"], ["resetRate", { resetRate: 1 }, "unavailable"],
    ["garbageRate", { garbageRate: 1 }, "unavailable"], ["failRate", { failRate: 1 }, "unavailable"], ["down", { down: true }, "unavailable"],
  ] as const)("%s: nothing is booked, and it ends when it is told to", async (_name, quirks, kind) => {
    await ground.start({ quirks });
    expect(await failureOf(ground.hasty().book(bookingOf()))).toMatchObject({ kind, inDoubt: true });
    expect(ground.simulator.books().bookings).toBe(0);
    expect((await ground.control("POST", "/quirks", { hang: false, hangRate: 0, resetRate: 0, garbageRate: 0, failRate: 0, down: false })).status).toBe(200);
    await ground.courier().book(bookingOf());
  });
  it.each([
    ["timeoutAfterRate", { timeoutAfterRate: 1 }, "timeout"], ["failAfterRate", { failAfterRate: 1 }, "unavailable"],
    ["lateAnswerRate", { lateAnswerRate: 1, lateAnswerMs: 60_000 }, "timeout"],
  ] as const)("%s: it is booked, and asking finds it", async (_name, quirks, kind) => {
    await ground.start({ quirks });
    expect(await failureOf(ground.hasty().book(bookingOf()))).toMatchObject({ kind, inDoubt: true });
    expect(await ground.courier().find("shipment-1")).toMatchObject({ service: "standard" });
    expect(ground.simulator.books().bookings).toBe(1);
  });
  it("slow prices leave bookings as fast as they were", async () => {
    await ground.start({ quirks: { rateLatencyMs: 60_000 } });
    expect(await failureOf(ground.hasty().rate(rateRequest()))).toMatchObject({ kind: "timeout", inDoubt: false });
    await ground.courier().book(bookingOf());
  });
  it("a voiding refused leaves the label, one whose answer is lost does not", async () => {
    await ground.start({ quirks: { cancelRefusedRate: 1 } });
    const cancel = { bookingReference: (await ground.courier().book(bookingOf())).bookingReference, idempotencyKey: "c" };
    expect(await failureOf(ground.courier().cancel(cancel))).toMatchObject({ kind: "rejected", code: "not_cancellable", inDoubt: false });
    expect(ground.simulator.books()).toMatchObject({ labelled: 1, cancelled: 0 });
    ground.simulator.setQuirks({ cancelRefusedRate: 0, cancelTimeoutRate: 1 });
    expect(await failureOf(ground.hasty().cancel(cancel))).toMatchObject({ kind: "timeout", inDoubt: true });
    expect(ground.simulator.books()).toMatchObject({ labelled: 0, cancelled: 1 });
  });
  it("an episode's quirks lie over what stands, and end with it", async () => {
    await ground.start();
    expect((await ground.control("POST", "/episodes", [{ quirks: { down: true } }, { fromDay: 9_000, quirks: { down: false } }])).body.day).toBeGreaterThanOrEqual(0);
    expect(await failureOf(ground.courier().book(bookingOf()))).toMatchObject({ status: 503 });
    expect((await ground.control("GET", "/quirks")).body.down).toBe(false);
    await ground.control("DELETE", "/episodes");
    await ground.courier().book(bookingOf());
  });
});
