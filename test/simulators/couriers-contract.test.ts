import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { createServer } from "node:http";
import { createLogger } from "../../src/platform/log/logger.js";
import { startCourierSimulator } from "../../src/simulators/couriers/courier-simulator.js";
import { rateId } from "../../src/simulators/couriers/rate-stamp.js";
import { comet, dales, snail } from "../../src/simulators/couriers/personalities.js";
import { apiKey, bookingOf, CourierGround, calm, failureOf, home, mondayMs, rateRequest } from "./couriers-ground.js";
import { eventually } from "./webhook-receiver.js";

let ground: CourierGround;
beforeEach(async () => { ground = await CourierGround.open(); });
afterEach(() => ground.close());

const abroad = { ...home, country: "FR", postalCode: "75001" };
const hour = 3_600_000;

describe("rates", () => {
  it("are the price list's, cheapest first, each with its promise", async () => {
    await ground.start({ personality: comet, beginsAtMs: mondayMs + 24 * hour });
    const rates = await ground.courier().rate(rateRequest());
    expect(rates).toEqual([
      { service: "next_day", priceMinor: 749, currency: "EUR", promisedDays: 1.5, rateReference: expect.stringMatching(/^rt_next_day\.749\./) },
      { service: "express", priceMinor: 1_249, currency: "EUR", promisedDays: 1, rateReference: expect.any(String) },
    ]);
    expect(await ground.courier().rate(rateRequest({ destination: abroad }))).toMatchObject([{ service: "next_day", priceMinor: 1_349, promisedDays: 2.5 }]);
  });
  it("depend on weight, size and what is collected at the door", async () => {
    await ground.start({ personality: comet, beginsAtMs: mondayMs + 24 * hour });
    const services = async (change: Parameters<typeof rateRequest>[0]): Promise<unknown> =>
      (await ground.courier().rate(rateRequest(change))).map(({ service, priceMinor }) => [service, priceMinor]);
    expect(await services({ parcel: { weightGrams: 1_000 } })).toEqual([["next_day", 599], ["express", 1_099]]);
    expect(await services({ parcel: { weightGrams: 1_001 } })).toEqual([["next_day", 749], ["express", 1_249]]);
    expect(await services({ parcel: { weightGrams: 20_001 } })).toEqual([]);
    expect(await services({ parcel: { weightGrams: 1_000, sizeMm: [1_100, 500, 500] } })).toEqual([["next_day", 599]]);
    expect(await services({ parcel: { weightGrams: 1_000, sizeMm: [1_300, 100, 100] } })).toEqual([]);
    expect(await services({ cashOnDeliveryMinor: 5_000 })).toEqual([["next_day", 749 + 390]]);
  });
  it("are none where it does not go", async () => {
    await ground.start({ personality: dales });
    const to = async (postalCode: string, country = "DE"): Promise<unknown> =>
      (await ground.courier().rate(rateRequest({ destination: { ...home, postalCode, country } }))).map(({ priceMinor }) => priceMinor);
    expect([await to("12345"), await to("80331"), await to("50667"), await to("12345", "FR")]).toEqual([[890], [1_190], [], []]);
    expect(await failureOf(ground.courier().book(bookingOf("s", { destination: abroad })))).toMatchObject({ kind: "rejected", code: "destination_not_served", inDoubt: false });
    expect(ground.simulator.books().bookings).toBe(0);
  });
  it("promise a day more after the cut-off, and a weekend more on Friday", async () => {
    const promised = async (beginsAtMs: number): Promise<number | null> => {
      await ground.start({ personality: snail, beginsAtMs, dataFile: `${ground.dataFile}.${beginsAtMs}` });
      const [rate] = await ground.courier().rate(rateRequest());
      await ground.simulator.stop();
      return rate!.promisedDays;
    };
    expect(await promised(mondayMs + 11 * hour)).toBe(3);
    expect(await promised(mondayMs + 13 * hour)).toBe(4);
    expect(await promised(mondayMs + 4 * 24 * hour + 13 * hour)).toBe(6);
  });
  it("go by the day of the first start, also after a restart", async () => {
    await ground.start({ personality: snail, beginsAtMs: mondayMs + 11 * hour });
    await ground.simulator.stop();
    await ground.start({ personality: snail, beginsAtMs: mondayMs + 13 * hour });
    expect((await ground.courier().rate(rateRequest()))[0]).toMatchObject({ promisedDays: 3 });
  });
  it("hold nothing of the buyer but the place", async () => {
    await ground.start();
    const bodies: string[] = [];
    const server = createServer((incoming, outgoing) => {
      incoming.setEncoding("utf8").on("data", (chunk: string) => bodies.push(chunk)).on("end", () => outgoing.end('{"rates":[]}'));
    });
    await new Promise<void>((resolve) => { server.listen(0, "127.0.0.1", resolve); });
    const address = server.address() as { port: number };
    expect(await ground.courier({ baseUrl: `http://127.0.0.1:${address.port}` }).rate(rateRequest())).toEqual([]);
    expect(bodies.join("")).toContain("12345");
    for (const personal of ["Ada", "Mill Lane", "ada@example.com"]) expect(bodies.join("")).not.toContain(personal);
    server.closeAllConnections();
    server.close();
  });
});

describe("a booking", () => {
  it("by a rate costs what the rate said, whatever happened to prices", async () => {
    await ground.start();
    const [rate] = await ground.courier().rate(rateRequest());
    ground.simulator.setEpisodes([{ priceFactor: 2 }]);
    expect(await ground.courier().book(bookingOf("s1", { rate: rate! }))).toEqual({
      bookingReference: expect.stringMatching(/^bk_/), trackingCode: expect.stringMatching(/^CAL/), service: "standard", priceMinor: 649,
      labelUrl: expect.stringMatching(new RegExp(`^${ground.simulator.url}/v1/labels/bk_`)),
    });
    expect(await ground.courier().book(bookingOf("s2"))).toMatchObject({ service: "standard", priceMinor: 1_298 });
    expect(ground.simulator.books()).toMatchObject({ bookings: 2, labelled: 2, chargedMinor: { EUR: 649 + 1_298 } });
  });
  it("refuses a rate that is forged, another parcel's, another service's, or too old", async () => {
    await ground.start({ personality: comet, beginsAtMs: mondayMs + 24 * hour });
    const [rate, express] = await ground.courier().rate(rateRequest());
    const code = async (change: Parameters<typeof bookingOf>[1]): Promise<string | undefined> => (await failureOf(ground.courier().book(bookingOf("s", change)))).code;
    expect(await code({ rate: { service: "next_day", rateReference: rate!.rateReference!.replace(".749.", ".1.") } })).toBe("rate_unknown");
    expect(await code({ rate: rate!, weightGrams: 1_201 })).toBe("rate_unknown");
    expect(await code({ rate: rate!, cashOnDeliveryMinor: 1 })).toBe("rate_unknown");
    expect(await code({ rate: { service: "next_day", rateReference: express!.rateReference } })).toBe("rate_unknown");
    const parcel = { weightGrams: 1_200, country: "DE", postalCode: "12345" };
    const old = rateId({ service: "next_day", priceMinor: 749, validUntil: Math.floor(Date.now() / 1_000) - 1 }, parcel, apiKey);
    expect(await code({ rate: { service: "next_day", rateReference: old } })).toBe("rate_expired");
    expect(await code({ rate: { service: "by_balloon", rateReference: null } })).toBe("service_unknown");
    expect(await code({ rate: { service: "express", rateReference: null }, cashOnDeliveryMinor: 1 })).toBe("cash_on_delivery_unsupported");
    expect(await code({ weightGrams: 20_001 })).toBe("parcel_too_heavy");
    expect(ground.simulator.books().bookings).toBe(0);
    expect(await ground.courier().book(bookingOf("s", { rate: express! }))).toMatchObject({ service: "express", priceMinor: 1_249 });
  });
  it("is refused until midnight once the day is full, also after a restart; it is in no doubt", async () => {
    const personality = { ...calm, capacityPerDay: 2 };
    await ground.start({ personality });
    const first = await ground.courier().book(bookingOf("s1"));
    await ground.courier().book(bookingOf("s2"));
    const full = { kind: "rate_limited", inDoubt: false, code: "capacity_reached", retryAfterSeconds: 3_600 };
    expect(await failureOf(ground.courier().book(bookingOf("s3")))).toMatchObject(full);
    await ground.simulator.stop();
    await ground.start({ personality });
    expect(await failureOf(ground.courier().book(bookingOf("s3")))).toMatchObject(full);
    expect(await failureOf(ground.courier().rate(rateRequest()))).toMatchObject(full);
    expect(await ground.courier().book(bookingOf("s1"))).toMatchObject({ bookingReference: first.bookingReference });
    expect(ground.simulator.books().bookings).toBe(2);
  });
});

describe("asking after a booking", () => {
  it("finds it, until it is called off; of two it gives one after the other", async () => {
    await ground.start();
    const courier = ground.courier();
    expect(await courier.find("shipment-1")).toBeNull();
    const booked = await courier.book(bookingOf());
    expect(await courier.find("shipment-1")).toEqual(booked);
    expect(await courier.find("shipment-2")).toBeNull();
    await courier.book(bookingOf("shipment-1", { idempotencyKey: "another" }));
    expect(ground.simulator.books().shipmentsLabelledTwice).toEqual(["shipment-1"]);
    const gone = new Set<string>();
    for (let found = await courier.find("shipment-1"); found; found = await courier.find("shipment-1")) {
      gone.add(found.bookingReference);
      await courier.cancel({ bookingReference: found.bookingReference, idempotencyKey: found.bookingReference });
    }
    expect(gone.size).toBe(2);
    expect(ground.simulator.books()).toMatchObject({ bookings: 2, cancelled: 2, shipmentsLabelledTwice: [], chargedMinor: {} });
  });
  it("tells nothing while one is being made", async () => {
    await ground.start();
    ground.simulator.orderFault({ kind: "book", fault: "latency=700" });
    const abandoned = failureOf(ground.hasty().book(bookingOf()));
    await eventually("the call", () => ground.simulator.calls().book === 1);
    expect(await failureOf(ground.courier().find("shipment-1"))).toMatchObject({ kind: "unavailable", code: "booking_in_progress", inDoubt: false });
    expect(await abandoned).toMatchObject({ kind: "timeout", inDoubt: true });
    await eventually("the booking", () => ground.simulator.books().bookings === 1);
    expect(await ground.courier().find("shipment-1")).not.toBeNull();
  });
});

describe("a label", () => {
  it("is a PDF whose table leads to its objects, without the buyer's name", async () => {
    await ground.start();
    const { bookingReference, trackingCode } = await ground.courier().book(bookingOf());
    const { contentType, bytes } = await ground.courier().label(bookingReference);
    expect(contentType).toBe("application/pdf");
    const file = bytes.toString("latin1");
    expect(file).toMatch(/^%PDF-1\.4\n[^]*%%EOF\n$/);
    expect(file.slice(Number(/startxref\n(\d+)\n/.exec(file)![1]))).toMatch(/^xref\n0 6\n/);
    const places = [...file.matchAll(/^(\d{10}) 00000 n $/gm)].map(([, place]) => Number(place));
    expect(places.map((place) => file.slice(place, place + 7))).toEqual([1, 2, 3, 4, 5].map((n) => `${n} 0 obj`));
    expect(file).toContain(`(${trackingCode})`);
    expect(file).toContain("(To Koln ?Sud?)");
    expect(file).not.toContain("Ada");
  });
  it("is ZPL where the courier's printers want it, and gone when it was called off", async () => {
    await ground.start({ personality: { ...calm, label: "zpl" } });
    const { bookingReference, trackingCode } = await ground.courier().book(bookingOf());
    const { contentType, bytes } = await ground.courier().label(bookingReference);
    expect(contentType).toBe("application/zpl");
    expect(bytes.toString()).toMatch(new RegExp(`^\\^XA.*\\^BCN,200,Y,N,N\\^FD${trackingCode}\\^FS\\^XZ\n$`));
    await ground.courier().cancel({ bookingReference, idempotencyKey: "c" });
    expect(await failureOf(ground.courier().label(bookingReference))).toMatchObject({ kind: "rejected", status: 410 });
    expect(await failureOf(ground.courier().label("bk_unknown"))).toMatchObject({ kind: "rejected", status: 404 });
  });
});

it("a courier of the contract's first version books without a price, and says that it knows nothing else", async () => {
  ground.simulator = await startCourierSimulator({ id: "old", apiKey, webhookSecret: "c2VjcmV0", logger: createLogger("silent"), speed: 1 });
  const booked = await ground.courier().book(bookingOf("s", { rate: { service: "x", rateReference: "y" } }));
  expect(booked).toEqual({ bookingReference: expect.any(String), trackingCode: expect.stringMatching(/^OLD/) });
  for (const call of [ground.courier().rate(rateRequest()), ground.courier().find("s"), ground.courier().label(booked.bookingReference)]) {
    expect(await failureOf(call)).toMatchObject({ kind: "rejected", status: 404, inDoubt: false });
  }
});

describe("an instruction", () => {
  const picked = async (): Promise<{ readonly bookingReference: string; readonly trackingCode: string }> => {
    const booking = await ground.courier().book(bookingOf());
    await ground.control("POST", `/bookings/${booking.bookingReference}/seen`, { code: "PICKED_UP", city: "Leeds" });
    await ground.control("POST", `/bookings/${booking.bookingReference}/seen`, { code: "ATTEMPT_FAILED", city: "Leeds" });
    return booking;
  };
  const codesOf = async (trackingCode: string): Promise<string[]> => (await ground.courier().track(trackingCode)).map(({ rawCode }) => rawCode);

  it.each([["return", ["RETURNING", "RETURNED"]], ["redeliver", ["OUT_FOR_DELIVERY", "DELIVERED"]]] as const)("to %s a parcel is followed, once, and nothing else happens to it", async (instruction, codes) => {
    await ground.start({ speed: 100_000 });
    const { bookingReference, trackingCode } = await picked();
    const say = () => ground.courier().instruct({ bookingReference, instruction, idempotencyKey: "k" });
    expect(await say()).toEqual({ kind: "accepted" });
    expect(await say()).toEqual({ kind: "accepted" });
    await eventually("its end", () => [...ground.simulator.parcels()].some(({ seen }) => seen.some(({ code }) => code === codes[1])));
    expect((await codesOf(trackingCode)).filter((code) => code !== "LABEL_CREATED")).toEqual(["PICKED_UP", "ATTEMPT_FAILED", ...codes]);
    expect(await say()).toEqual({ kind: "accepted" });
  });

  it("comes too late for a parcel that is not under way, also after a restart", async () => {
    await ground.start();
    const { bookingReference } = await picked();
    expect(await ground.courier().instruct({ bookingReference, instruction: "return", idempotencyKey: "k" })).toEqual({ kind: "accepted" });
    await ground.simulator.stop();
    await ground.start();
    expect(await ground.courier().instruct({ bookingReference, instruction: "return", idempotencyKey: "k2" })).toEqual({ kind: "accepted" });
    const fresh = await ground.courier().book(bookingOf("another"));
    expect(await ground.courier().instruct({ bookingReference: fresh.bookingReference, instruction: "return", idempotencyKey: "k3" })).toEqual({ kind: "too_late" });
  });

  it("is unknown to couriers of an older version: a person has to call", async () => {
    const old = await startCourierSimulator({ id: "old", apiKey, webhookSecret: Buffer.from("old").toString("base64"), speed: 1, logger: createLogger("silent") });
    await ground.start();
    const courier = ground.courier({ baseUrl: old.url });
    const { bookingReference } = await courier.book(bookingOf());
    expect(await courier.instruct({ bookingReference, instruction: "return", idempotencyKey: "k" })).toEqual({ kind: "unsupported" });
    await old.stop();
  });
});
