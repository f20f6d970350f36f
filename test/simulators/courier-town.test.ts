import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { HttpCourier } from "../../src/gateways/couriers/http-courier.js";
import { GatewayError } from "../../src/platform/http-client/gateway-error.js";
import { freePort } from "../../src/platform/embedded/free-port.js";
import { createLogger } from "../../src/platform/log/logger.js";
import { startCourierSimulators, type CourierTown, type CourierTownOptions, type TownTotals } from "../../src/simulators/couriers/courier-town.js";
import { couriersOfTheTown } from "../../src/simulators/couriers/personalities.js";
import type { CourierPersonality } from "../../src/simulators/couriers/personality.js";
import { apiKey, bookingOf, calm, fast, failureOf, home, mondayMs, rateRequest, webhookSecret } from "./couriers-ground.js";
import { eventually } from "./webhook-receiver.js";

let directory: string;
let town: CourierTown | undefined;
const couriers: HttpCourier[] = [];
const children: ChildProcess[] = [];

beforeEach(() => { directory = mkdtempSync(join(tmpdir(), "millrace-town-")); });
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const made of couriers.splice(0)) made.close();
  await town?.stop();
  town = undefined;
  rmSync(directory, { recursive: true });
});

const tuesdayMorningMs = mondayMs + 34 * 3_600_000;

async function open(personalities: readonly CourierPersonality[], options: Partial<CourierTownOptions> = {}): Promise<CourierTown> {
  town = await startCourierSimulators(personalities, {
    apiKey, webhookSecret, speed: 1, logger: createLogger("silent"), directory, beginsAtMs: tuesdayMorningMs, seed: "town", ...options,
  });
  return town;
}

function to(baseUrl: string, timeoutMs = 10_000): HttpCourier {
  const made = new HttpCourier({ id: "x", baseUrl, apiKey, webhookSecrets: [webhookSecret], timeoutMs });
  couriers.push(made);
  return made;
}

const at = (id: string): HttpCourier => to(town!.couriers.get(id)!.url);

/** Until it gives an answer that means something. */
async function insist<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await call();
    } catch (error) {
      if (tries > 50 || !(error instanceof GatewayError) || error.kind === "rejected") throw error;
    }
  }
}

describe("five couriers at once", () => {
  it("each have their own prices and places", async () => {
    await open(couriersOfTheTown);
    const prices = async (country: string, postalCode: string): Promise<Record<string, number[]>> => Object.fromEntries(await Promise.all(
      couriersOfTheTown.map(async ({ id }) => {
        const courier = to(town!.couriers.get(id)!.url, 300);
        return [id, (await insist(() => courier.rate(rateRequest({ destination: { ...home, country, postalCode } })))).map(({ priceMinor }) => priceMinor)] as const;
      })));
    expect(await prices("DE", "12345")).toEqual({ snail: [449], comet: [749, 1_249], dales: [890], flicker: [559], steady: [649] });
    expect(await prices("DE", "50667")).toEqual({ snail: [449], comet: [749, 1_249], dales: [], flicker: [559], steady: [649] });
    expect(await prices("GB", "LS1")).toEqual({ snail: [1_699], comet: [], dales: [], flicker: [1_459], steady: [2_249] });
  });
  it("pick nothing up whose label nobody fetched, where they are told so", async () => {
    await open([calm], { speed: fast, awaitsLabel: true });
    const [kept, sent] = [await at("calm").book(bookingOf("kept")), await at("calm").book(bookingOf("sent"))];
    const scans = async (code: string): Promise<number> => (await at("calm").track(code)).length;
    await at("calm").label(sent.bookingReference);
    await eventually("the one is delivered", () => town!.books().couriers["calm"]!.delivered === 1);
    expect(await scans(kept.trackingCode)).toBe(1);
    expect(town!.books().couriers["calm"]).toMatchObject({ labelled: 1, delivered: 1 });
  });
  it("compare their books: two labels of a shipment are found, whoever made them", async () => {
    await open(couriersOfTheTown);
    const first = await at("snail").book(bookingOf("s1"));
    await at("steady").book(bookingOf("s2"));
    const books = async (): Promise<TownTotals> => await (await fetch(`${town!.controlUrl}/_simulator/books`)).json() as TownTotals;
    expect(await books()).toMatchObject({ shipmentsLabelledTwice: [], couriers: { snail: { bookings: 1 }, steady: { bookings: 1 }, comet: { bookings: 0 } } });
    await at("steady").book(bookingOf("s1"));
    expect((await books()).shipmentsLabelledTwice).toEqual(["s1"]);
    expect((await books()).couriers["steady"]!.shipmentsLabelledTwice).toEqual([]);
    await at("snail").cancel({ bookingReference: first.bookingReference, idempotencyKey: "c" });
    expect(await books()).toEqual(town!.books());
    expect(town!.books().shipmentsLabelledTwice).toEqual([]);
  });
  it("take orders for faults at one address, also while one refuses connections", async () => {
    await open(couriersOfTheTown);
    const order = async (id: string, quirks: object): Promise<number> =>
      (await fetch(`${town!.controlUrl}/_simulator/couriers/${id}/quirks`, { method: "POST", body: JSON.stringify(quirks) })).status;
    expect(await order("steady", { refuse: true })).toBe(200);
    const refused = async (): Promise<boolean> => to(town!.couriers.get("steady")!.url).track("x").then(() => false, (error: unknown) => String(error).includes("ECONNREFUSED"));
    while (!await refused());
    await at("snail").book(bookingOf("s1"));
    expect(await order("steady", { refuse: false })).toBe(200);
    while (await refused());
    await at("steady").book(bookingOf("s2"));
    expect(await order("nobody", { refuse: true })).toBe(404);
    const { couriers: known } = await (await fetch(`${town!.controlUrl}/_simulator/couriers`)).json() as { couriers: { id: string }[] };
    expect(known.map(({ id }) => id)).toEqual(["snail", "comet", "dales", "flicker", "steady"]);
  });
  it("are none where two have one name", async () => {
    await expect(open([calm, calm])).rejects.toThrow(RangeError);
  });
});

describe("many parcels", () => {
  const [service] = calm.services;
  const rough: CourierPersonality = {
    ...calm, services: [{ ...service!, lanes: service!.lanes.map((lane) => ({ ...lane, lossRate: 0.1, returnRate: 0.2, lateRate: 0.3, attemptFailsRate: 0.1 })) }],
  };
  const parcels = 600;

  async function carryAll(): Promise<ReadonlyMap<string, string>> {
    await open([rough], { speed: 4 * fast, directory: join(directory, String(Math.random())) });
    const courier = at("calm");
    await Promise.all(Array.from({ length: parcels }, (_, n) => courier.book(bookingOf(`s${n}`))));
    const books = (): ReturnType<CourierTown["books"]>["couriers"][string] => town!.books().couriers["calm"]!;
    await eventually("all to arrive", () => books().delivered + books().returned + books().lost === parcels);
    const fates = new Map([...town!.couriers.get("calm")!.parcels()].map(({ booking, state, seen }) => [booking.shipmentId, `${state} ${seen.length}`]));
    expect(books()).toMatchObject({ bookings: parcels, labelled: 0, inTransit: 0, cancelled: 0, chargedMinor: { EUR: 649 * parcels } });
    await town!.stop();
    town = undefined;
    return fates;
  }

  it("get lost and come back as often as the personality says, and the same seed gives each the same fate", async () => {
    const fates = await carryAll();
    const share = (state: string): number => [...fates.values()].filter((fate) => fate.startsWith(state)).length / parcels;
    expect(share("lost")).toBeGreaterThan(0.05);
    expect(share("lost")).toBeLessThan(0.15);
    expect(share("returned")).toBeGreaterThan(0.12);
    expect(share("returned")).toBeLessThan(0.25);
    expect(await carryAll()).toEqual(fates);
  });
});

describe("a courier that dies on Mondays", () => {
  it("is itself again on Tuesday", async () => {
    const fails: CourierPersonality = { ...calm, episodes: [{ weekdays: [1], quirks: { down: true } }] };
    await open([fails], { beginsAtMs: mondayMs, directory: join(directory, "monday") });
    expect(await failureOf(at("calm").book(bookingOf()))).toMatchObject({ status: 503, inDoubt: true });
    expect(town!.books().couriers["calm"]!.bookings).toBe(0);
    await town!.stop();
    await open([fails], { directory: join(directory, "tuesday") });
    await at("calm").book(bookingOf());
  });
});

const program = fileURLToPath(new URL("../../dist/simulators/couriers/courier-town.js", import.meta.url));
const isBuilt = existsSync(program);
if (!isBuilt) process.stderr.write(`skipped: kill -9 of the couriers, ${program} is not built\n`);

(isBuilt ? describe : describe.skip)("kill -9", () => {
  async function startChild(port: number, controlPort: number): Promise<ChildProcess> {
    const script = `
      const { startCourierSimulators } = await import(${JSON.stringify(program)});
      const { steady } = await import(${JSON.stringify(program.replace("courier-town", "personalities"))});
      const logger = { error() {}, warn() {}, info() {}, debug() {} };
      await startCourierSimulators([{ ...steady, quirks: {} }], {
        apiKey: ${JSON.stringify(apiKey)}, webhookSecret: ${JSON.stringify(webhookSecret)}, speed: 1, ports: { steady: ${port} }, controlPort: ${controlPort},
        directory: ${JSON.stringify(directory)}, logger, beginsAtMs: ${tuesdayMorningMs},
      });
      console.log("ready");`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    children.push(child);
    await once(child.stdout, "data");
    return child;
  }

  it("loses no booking and no cancellation that was answered; keys, rates and the day's beginning outlive it", async () => {
    const port = await freePort(undefined, new Set());
    const controlPort = await freePort(undefined, new Set([port]));
    const courier = to(`http://127.0.0.1:${port}`);
    const child = await startChild(port, controlPort);
    const [rate] = await courier.rate(rateRequest());
    const booked = new Map<string, string>(), cancelled = new Set<string>();
    const work = Array.from({ length: 300 }, async (_, n) => {
      const made = await courier.book(bookingOf(`s${n}`, { rate: rate! })).catch(() => null);
      if (!made) return;
      booked.set(`s${n}`, made.bookingReference);
      if (booked.size === 80) child.kill("SIGKILL");
      const off = n % 3 === 0 ? await courier.cancel({ bookingReference: made.bookingReference, idempotencyKey: `c${n}` }).catch(() => null) : null;
      if (off) cancelled.add(`s${n}`);
    });
    await Promise.all([...work, once(child, "exit")]);
    expect(booked.size).toBeGreaterThanOrEqual(80);
    await startChild(port, controlPort);
    for (let n = 0; n < 300; n += 1) {
      const { bookingReference, priceMinor } = await courier.book(bookingOf(`s${n}`, { rate: rate! }));
      expect(priceMinor).toBe(rate!.priceMinor);
      if (booked.has(`s${n}`)) expect(bookingReference).toBe(booked.get(`s${n}`));
      if (cancelled.has(`s${n}`)) expect(await courier.find(`s${n}`)).toBeNull();
    }
    const books = await (await fetch(`http://127.0.0.1:${controlPort}/_simulator/books`)).json() as { couriers: { steady: { cancelled: number } } };
    expect(books).toMatchObject({ shipmentsLabelledTwice: [], couriers: { steady: { bookings: 300 } } });
    expect(books.couriers.steady.cancelled).toBeGreaterThanOrEqual(cancelled.size);
  });
});
