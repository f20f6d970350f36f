import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { bookingOf, CourierGround, calm, fast, webhookSecret } from "./couriers-ground.js";
import { eventually } from "./webhook-receiver.js";

let ground: CourierGround;
beforeEach(async () => { ground = await CourierGround.open(); });
afterEach(() => ground.close());

const next = Buffer.from("the secret after it").toString("base64");
const other = Buffer.from("nobody's secret").toString("base64");

describe("two secrets", () => {
  it("both sign while one is rotated; whoever knows either accepts, and afterwards only the new one counts", async () => {
    await ground.start();
    const { bookingReference } = await ground.courier().book(bookingOf());
    const seen = async (code: string): Promise<{ readonly [secret: string]: boolean }> => {
      const before = ground.receiver.received.length;
      expect((await ground.control("POST", `/bookings/${bookingReference}/seen`, { code, city: "Leeds" })).status).toBe(200);
      await ground.receiver.until(code, ({ length }) => length > before);
      const { body, headers } = ground.receiver.received[before]!;
      const accepts = (...secrets: string[]): boolean => ground.courier({ webhookSecrets: secrets }).verify(body, headers, Date.now()) !== null;
      return { old: accepts(webhookSecret), next: accepts(next), both: accepts(next, webhookSecret), other: accepts(other) };
    };
    expect(await seen("PICKED_UP")).toEqual({ old: true, next: false, both: true, other: false });
    ground.simulator.setWebhookSecrets([webhookSecret, next]);
    expect(await seen("ARRIVED_AT_HUB")).toEqual({ old: true, next: true, both: true, other: false });
    ground.simulator.setWebhookSecrets([next]);
    expect(await seen("DELAYED")).toEqual({ old: false, next: true, both: true, other: false });
  });
});

describe("a sighting on order", () => {
  it("is told, tracked and kept over a restart, between the steps of the plan", async () => {
    await ground.start();
    const { bookingReference, trackingCode } = await ground.courier().book(bookingOf());
    await ground.control("POST", `/bookings/${bookingReference}/seen`, { code: "FELL_OFF_A_CART" });
    const scans = await ground.courier().track(trackingCode);
    expect(scans).toEqual([{ scanId: `${bookingReference}-0`, rawCode: "FELL_OFF_A_CART", status: "unknown", reasonCode: null, city: null, occurredAt: expect.any(String) }]);
    await ground.receiver.until("its webhook", ({ length }) => length === 1);
    expect(ground.news()[0]).toMatchObject({ eventId: `evt_${bookingReference}_0`, scans });
    await ground.simulator.stop();
    await ground.start({ speed: fast });
    await eventually("delivery", () => ground.simulator.books().delivered === 1);
    const all = await ground.courier().track(trackingCode);
    expect(all.map(({ scanId }) => scanId)).toEqual(all.map((_scan, index) => `${bookingReference}-${index}`));
    expect(all[0]).toEqual(scans[0]);
    expect(all.map(({ occurredAt }) => occurredAt)).toEqual(all.map(({ occurredAt }) => occurredAt).sort());
  });
  it("of a booking that is not there is refused", async () => {
    await ground.start();
    expect((await ground.control("POST", "/bookings/bk_none/seen", { code: "PICKED_UP" })).status).toBe(404);
  });
});

describe("a parcel that was called off", () => {
  it("is carried all the same where the courier is like that: no live label, but scans", async () => {
    await ground.start({ speed: 20_000, quirks: { carriesCancelledRate: 1 } });
    const { bookingReference } = await ground.courier().book(bookingOf());
    expect(await ground.courier().cancel({ bookingReference, idempotencyKey: "c" })).toEqual({ kind: "cancelled" });
    expect(ground.simulator.books()).toMatchObject({ cancelled: 1, carriedThoughCancelled: 1 });
    await ground.simulator.stop();
    await ground.start({ speed: fast });
    await ground.receiver.until("a scan after the cancellation", () => ground.news().some(({ scans }) => scans.some(({ status }) => status === "in_transit")));
    expect(ground.simulator.books()).toMatchObject({ cancelled: 1, delivered: 0, inTransit: 0, shipmentsLabelledTwice: [] });
  });
});

describe("a label that nobody scans", () => {
  it("stays labelled for ever, as one of its lane", async () => {
    await ground.start({ speed: fast, personality: { ...calm, forgottenRate: 1 } });
    const forgotten = await ground.courier().book(bookingOf());
    await ground.receiver.until("its label", ({ length }) => length === 1);
    expect((await ground.courier().track(forgotten.trackingCode)).map(({ rawCode }) => rawCode)).toEqual(["LABEL_CREATED"]);
    await ground.courier().cancel({ bookingReference: forgotten.bookingReference, idempotencyKey: "c" });
    const { body } = await ground.control("GET", "/bookings?shipmentId=shipment-1");
    expect(body.bookings).toMatchObject([{ state: "cancelled", region: "home", service: "standard", price_minor: 649, order_id: "order-1" }]);
  });
});
