import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BookingRequest, CourierNews } from "../../src/gateways/couriers/courier-port.js";
import { HttpCourier, type HttpCourierSettings } from "../../src/gateways/couriers/http-courier.js";
import { createLogger } from "../../src/platform/log/logger.js";
import { startCourierSimulator, type CourierSimulator, type CourierSimulatorOptions } from "../../src/simulators/couriers/courier-simulator.js";
import { eventually, startWebhookReceiver, type WebhookReceiver } from "./webhook-receiver.js";

const apiKey = "courier-key";
const webhookSecret = `whsec_${Buffer.from("a secret of some length").toString("base64")}`;
const logger = createLogger("silent");
/** A journey of two days takes 0.1 s. */
const fast = 1_500_000;
/** Nothing happens by itself while a test runs. */
const standing = 1;

const booking: BookingRequest = {
  shipmentId: "shipment-1", orderId: "order-1", weightGrams: 1_200, idempotencyKey: "shipment-1/book/1",
  destination: { name: "Ada Byron", street: "1 Mill Lane", city: "Leeds", postalCode: "LS1 4AP", country: "GB", email: "ada@example.com" },
};

let directory: string;
let receiver: WebhookReceiver;
let simulator: CourierSimulator;
const couriers: HttpCourier[] = [];

async function start(speed: number, options: Partial<CourierSimulatorOptions> = {}): Promise<void> {
  simulator = await startCourierSimulator({
    id: "acme", apiKey, webhookSecret, logger, speed, webhookUrl: receiver.url, dataFile: join(directory, "acme.jsonl"), ...options,
  });
}

function courier(settings: Partial<HttpCourierSettings> = {}): HttpCourier {
  const made = new HttpCourier({ id: "acme", baseUrl: simulator.url, apiKey, webhookSecrets: [webhookSecret], timeoutMs: 2_000, ...settings });
  couriers.push(made);
  return made;
}

function news(): CourierNews[] {
  const acme = courier();
  return receiver.received.map(({ body }) => acme.parseWebhook(body)!);
}

const delivered = (): boolean => news().some(({ scans }) => scans.some(({ status }) => status === "delivered"));

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "millrace-couriers-"));
  receiver = await startWebhookReceiver();
});
afterEach(async () => {
  for (const made of couriers.splice(0)) made.close();
  await simulator.stop();
  await receiver.stop();
  rmSync(directory, { recursive: true });
});

describe("a parcel", () => {
  it("is booked, reports its way by signed webhooks, and can be asked after", async () => {
    await start(fast);
    const acme = courier();
    const booked = await acme.book(booking);
    expect(booked).toEqual({ bookingReference: expect.stringMatching(/^bk_/), trackingCode: expect.stringMatching(/^ACM[0-9A-F]{12}$/) });
    await receiver.until("delivery", delivered);
    const scans = news().flatMap(({ scans: some }) => some).sort((a, b) => a.occurredAt < b.occurredAt ? -1 : 1);
    const way = scans.map(({ status }) => status).filter((status) => status !== "out_for_delivery");
    expect(way).toEqual(["pre_transit", "in_transit", "delivered"]);
    expect(news().every(({ trackingCode, bookingReference }) => trackingCode === booked.trackingCode && bookingReference === booked.bookingReference)).toBe(true);
    expect(scans.at(-1)).toMatchObject({ rawCode: "DELIVERED", city: "Leeds", reasonCode: null });
    expect(await acme.track(booked.trackingCode)).toEqual(scans);

    const { body, headers } = receiver.received[0]!;
    expect(acme.verify(body, headers, Date.now())).toEqual({ eventId: news()[0]!.eventId });
    expect(acme.verify(`${body} `, headers, Date.now())).toBeNull();
    expect(acme.verify(body, headers, Date.now() + 302_000)).toBeNull();
    const rotated = courier({ webhookSecrets: [Buffer.from("the next secret").toString("base64"), webhookSecret] });
    expect(rotated.verify(body, headers, Date.now())).not.toBeNull();
    expect(simulator.books()).toMatchObject({ bookings: 1, delivered: 1, shipmentsLabelledTwice: [] });
  });
  it("is booked once for one key, and the key with another body is refused", async () => {
    await start(standing);
    const first = await courier().book(booking);
    expect(await courier().book(booking)).toEqual(first);
    await expect(courier().book({ ...booking, weightGrams: 1 })).rejects.toMatchObject({ kind: "rejected", code: "idempotency_key_reused" });
    expect(simulator.books().bookings).toBe(1);
    await courier().book({ ...booking, idempotencyKey: "another" });
    expect(simulator.books().shipmentsLabelledTwice).toEqual(["shipment-1"]);
  });
  it("can be called off until it was picked up, also twice", async () => {
    await start(standing);
    const { bookingReference } = await courier().book(booking);
    const cancel = { bookingReference, idempotencyKey: "c1" };
    expect(await courier().cancel(cancel)).toEqual({ kind: "cancelled" });
    expect(await courier().cancel(cancel)).toEqual({ kind: "cancelled" });
    expect(simulator.books()).toMatchObject({ bookings: 1, cancelled: 1 });
    await expect(courier().cancel({ bookingReference: "bk_unknown", idempotencyKey: "c2" })).rejects.toMatchObject({ kind: "rejected", status: 404 });
  });
  it("cannot be called off once it is on its way", async () => {
    await start(fast);
    const { bookingReference } = await courier().book(booking);
    await receiver.until("pick-up", () => news().some(({ scans }) => scans.some(({ status }) => status === "in_transit")));
    expect(await courier().cancel({ bookingReference, idempotencyKey: "c1" })).toEqual({ kind: "too_late" });
    expect(simulator.books().cancelled).toBe(0);
  });
  it("that is called off is never seen", async () => {
    await start(fast, { times: { label: [1, 1], pickup: [1, 1], transit: [1, 1], delivery: [1, 1], outForDeliveryRate: 1 } });
    const { bookingReference, trackingCode } = await courier().book(booking);
    await courier().cancel({ bookingReference, idempotencyKey: "c1" });
    await courier().book({ ...booking, idempotencyKey: "after it" });
    await receiver.until("the other's delivery", delivered);
    expect(news().filter((item) => item.trackingCode === trackingCode)).toEqual([]);
  });
  it("with a bad address or a wrong key is rejected, without its data in the message", async () => {
    await start(standing);
    const wrong = { ...booking, destination: { ...booking.destination, country: "Great Britain" } };
    const failure = await courier().book(wrong).catch((error: unknown) => error);
    expect(failure).toMatchObject({ kind: "rejected", code: "invalid_request", inDoubt: false });
    expect(String(failure)).not.toContain("Ada");
    await expect(courier({ apiKey: "wrong" }).book(booking)).rejects.toMatchObject({ kind: "rejected", status: 401 });
    await expect(courier().track("nothing")).rejects.toMatchObject({ kind: "rejected", status: 404 });
    expect(simulator.books().bookings).toBe(0);
  });
});

describe("quirks", () => {
  it("a label whose answer never came is found again by its key", async () => {
    await start(standing, { quirks: { timeoutAfterRate: 1 } });
    await expect(courier({ timeoutMs: 100 }).book(booking)).rejects.toMatchObject({ kind: "timeout", inDoubt: true });
    expect(await courier().book(booking)).toMatchObject({ trackingCode: expect.any(String) });
    expect(simulator.books().bookings).toBe(1);
  });
  it("down, failing: nothing is booked", async () => {
    await start(standing, { quirks: { down: true } });
    await expect(courier().book(booking)).rejects.toMatchObject({ kind: "unavailable", status: 503 });
    const answer = await fetch(`${simulator.url}/_simulator/quirks`, { method: "POST", body: '{"down":false,"failRate":1}' });
    expect(answer.status).toBe(200);
    await expect(courier().book(booking)).rejects.toMatchObject({ kind: "unavailable", status: 500 });
    expect(simulator.books().bookings).toBe(0);
    expect((await fetch(`${simulator.url}/_simulator/quirks`, { method: "POST", body: '{"latency":1}' })).status).toBe(400);
  });
  it("duplicates carry the same event id", async () => {
    await start(fast, { quirks: { duplicateRate: 1 } });
    await courier().book(booking);
    await receiver.until("delivery twice", () => news().filter(({ scans }) => scans[0]?.status === "delivered").length === 2);
    await eventually("all to be settled", () => simulator.books().webhooksWaiting === 0);
    const ids = news().map(({ eventId }) => eventId);
    expect(new Set(ids).size).toBeLessThanOrEqual(ids.length / 2);
  });
  it("news comes out of order, its own times do not", async () => {
    await start(200_000, { quirks: { outOfOrderRate: 1 }, random: () => 0.5 });
    await courier().book(booking);
    // Every scan but the last is held until the one after it: the last one overtakes the one before it.
    await receiver.until("all four", ({ length }) => length === 4);
    const times = news().map(({ scans }) => scans[0]!.occurredAt);
    expect(times).not.toEqual([...times].sort());
    expect(news().at(-1)!.scans[0]!.status).toBe("out_for_delivery");
  });
  it("an unknown code stays as it came", async () => {
    await start(fast, { quirks: { unknownCodeRate: 1 } });
    const { trackingCode } = await courier().book(booking);
    await receiver.until("delivery", delivered);
    const strange = (await courier().track(trackingCode)).filter(({ status }) => status === "unknown");
    expect(strange).toEqual([expect.objectContaining({ rawCode: expect.stringMatching(/^(SORT-7F|XQ17|EVT_0042)$/), reasonCode: null })]);
  });
  it("a silent courier tells nobody, but can be asked", async () => {
    await start(fast, { quirks: { silent: true } });
    const { trackingCode } = await courier().book(booking);
    await eventually("delivery", () => simulator.books().delivered === 1);
    expect(receiver.received).toEqual([]);
    expect((await courier().track(trackingCode)).at(-1)).toMatchObject({ status: "delivered" });
  });
});

describe("a restart", () => {
  it("goes on with the journey, remembers keys and cancellations, and tells what was not told", async () => {
    receiver.answerWith(503);
    await start(100_000);
    const acme = courier();
    const booked = await acme.book(booking);
    const cancelled = await acme.book({ ...booking, shipmentId: "shipment-2", idempotencyKey: "2" });
    await acme.cancel({ bookingReference: cancelled.bookingReference, idempotencyKey: "c" });
    await receiver.until("a first attempt", ({ length }) => length >= 1);
    const first = news()[0]!.eventId;
    await simulator.stop();
    receiver.answerWith(200);
    const seen = receiver.received.length;
    await start(100_000);
    expect(await courier().book(booking)).toEqual(booked);
    expect(simulator.books()).toMatchObject({ bookings: 2, cancelled: 1 });
    await receiver.until("delivery", delivered);
    await eventually("all to be settled", () => simulator.books().webhooksWaiting === 0);
    const after = news().slice(seen);
    expect(after.map(({ eventId }) => eventId)).toContain(first);
    expect(new Set(after.map(({ bookingReference }) => bookingReference))).toEqual(new Set([booked.bookingReference]));
    const kept = after.length;
    await simulator.stop();
    await start(fast);
    expect(simulator.books()).toMatchObject({ bookings: 2, delivered: 1, cancelled: 1, webhooksWaiting: 0 });
    expect(receiver.received.length - seen).toBe(kept);
  });
  it("finds no personal data in the journal but the city", async () => {
    await start(standing);
    await courier().book(booking);
    const journal = readFileSync(join(directory, "acme.jsonl"), "utf8");
    expect(journal).toContain("Leeds");
    for (const secret of ["Ada", "Mill Lane", "LS1 4AP", "ada@example.com", apiKey]) expect(journal).not.toContain(secret);
  });
});

describe("many parcels", () => {
  it("2,000 at once are all delivered, each scan told once", async () => {
    await start(fast);
    const acme = courier({ socketsMax: 32, timeoutMs: 20_000 });
    await Promise.all(Array.from({ length: 2_000 }, (_, n) => acme.book({ ...booking, shipmentId: `s${n}`, idempotencyKey: `s${n}` })));
    await eventually("all to be delivered and told", () => simulator.books().delivered === 2_000 && simulator.books().webhooksWaiting === 0);
    const ids = news().map(({ eventId }) => eventId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(news().filter(({ scans }) => scans[0]?.status === "delivered")).toHaveLength(2_000);
  });
});
