import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { BookingRequest } from "../../src/gateways/couriers/courier-port.js";
import { EasyPostCourier, type EasyPostSettings } from "../../src/gateways/couriers/easypost-courier.js";
import { EasyPostLedger } from "./easypost-ledger.js";
import { EasyPostServer, refusedWith, type Answer, type Fault } from "./easypost-server.js";

const from = { name: "Mill", street: "Quay 1", city: "Rotterdam", postalCode: "3011", country: "NL" };
const destination = { name: "Ada Byron", street: "Dam 1", city: "Amsterdam", postalCode: "1012 AB", country: "NL" };
const request: BookingRequest = { shipmentId: "parcel-1", orderId: "order-1", weightGrams: 900, destination, idempotencyKey: "book:parcel-1" };
const label = (id: string) => ({ bookingReference: id, trackingCode: `T-${id}`, labelUrl: `https://labels.test/${id}.png`, priceMinor: 490, service: "Post/Standard" });

let ledger: EasyPostLedger;
let server: EasyPostServer;
const couriers: EasyPostCourier[] = [];

function courier(settings: Partial<EasyPostSettings> = {}): EasyPostCourier {
  const made = new EasyPostCourier({ id: "easypost", baseUrl: server.url, apiKey: "k", webhookSecrets: [], currency: "EUR", from, timeoutMs: 300, nowMs: () => ledger.nowMs, ...settings });
  couriers.push(made);
  return made;
}

beforeEach(async () => {
  ledger = new EasyPostLedger();
  server = await EasyPostServer.open(ledger.answer);
});
afterEach(async () => {
  for (const made of couriers.splice(0)) made.close();
  await server.close();
});

/** A kept-alive socket's reset is tried once more by the client itself, so that two are needed. */
function goWrong(call: RegExp, fault: Fault): void {
  server.next(call, fault);
  if (typeof fault === "string" && fault.endsWith("reset")) server.next(call, fault);
}

/** Books until it is told how that ended, as a job does. */
async function bookUntilTold(with_: EasyPostCourier, what: BookingRequest = request): Promise<unknown> {
  for (let turn = 1; turn <= 5; turn += 1) {
    try {
      return await with_.book(what);
    } catch (error) {
      if ((error as { kind?: string }).kind === "rejected") throw error;
    }
  }
  throw new Error("five bookings went wrong");
}
const minutesLater = (minutes: number): void => { ledger.nowMs += minutes * 60_000; };

describe("a label's file", () => {
  const page: Answer = { status: 200, body: "PNG of the label", headers: { "content-type": "image/png" } };

  it("is fetched from where the booking says it lies, without the key", async () => {
    server.next(/^GET \/files\//, page);
    expect(await courier().label("shp_1", `${server.url}/files/1.png`)).toEqual({ contentType: "image/png", bytes: Buffer.from("PNG of the label") });
    expect(server.seen[0]?.headers.authorization).toBeUndefined();
  });

  it("is no page that tells of a trouble, and no other address than one of the web", async () => {
    server.next(/^GET \/files\//, { ...page, headers: { "content-type": "text/html" } });
    await expect(courier().label("shp_1", `${server.url}/files/1.png`)).rejects.toMatchObject({ kind: "unavailable", inDoubt: false });
    await expect(courier().label("shp_1", "file:///etc/passwd")).rejects.toMatchObject({ kind: "rejected", code: "LABEL.NOT_FOUND" });
  });
});

describe("a parcel at EasyPost", () => {
  it("gets the service that was chosen, as it was measured for its rates, and one label however often it is booked", async () => {
    const easypost = courier();
    const rates = await easypost.rate({ shipmentId: "parcel-1", parcel: { weightGrams: 900, sizeMm: [300, 200, 100] }, destination });
    expect(rates.map(({ service, priceMinor, currency, promisedDays }) => [service, priceMinor, currency, promisedDays])).toEqual([["Post/Standard", 490, "EUR", null], ["Post/Express", 1_250, "EUR", 1]]);
    const booking = await easypost.book({ ...request, rate: rates[1]! });
    expect(booking).toMatchObject({ service: "Post/Express", priceMinor: 1_250 });
    expect(server.seen.filter(({ method, path }) => `${method} ${path}` === "POST /v2/shipments").map(({ body }) => (body as { shipment: { reference?: string; parcel: unknown } }).shipment))
      .toMatchObject([{ parcel: { weight: 31.8, length: 11.9, width: 7.9, height: 4 } }, { reference: "parcel-1", parcel: { id: rates[1]?.rateReference } }]);
    expect(await easypost.book(request)).toEqual(booking);
    expect(await easypost.find("parcel-1")).toEqual(booking);
    expect(ledger.live).toEqual(["parcel-1"]);
  });
  it("that only has been asked about has no booking", async () => {
    const easypost = courier();
    await easypost.rate({ shipmentId: "parcel-1", parcel: { weightGrams: 1 }, destination });
    expect(await easypost.find("parcel-1")).toBeNull();
    expect(ledger.live).toEqual([]);
  });

  const faults: readonly Fault[] = ["hang", "reset", "done, then hang", "done, then reset", "done, then 500", { status: 200, body: "<html>" }, { status: 504, body: {} }];
  const calls = [/GET \/v2\/shipments\/parcel-1$/, /POST \/v2\/shipments$/, /POST .*\/buy$/];
  it.each(calls.flatMap((call) => faults.map((fault) => [String(call), JSON.stringify(fault), call, fault] as const)))("gets one label where %s meets %s once", async (_call, _fault, call, fault) => {
    goWrong(call, fault);
    const easypost = courier();
    expect(await bookUntilTold(easypost)).toMatchObject({ service: "Post/Standard", priceMinor: 490 });
    expect(ledger.live).toEqual(["parcel-1"]);
  });
  it.each(["hang", "reset", "done, then hang", "done, then reset", "done, then 500"] as const)("is in doubt where its purchase meets %s, and is found when that has settled", async (fault) => {
    const easypost = courier();
    goWrong(/\/buy$/, fault);
    await expect(easypost.book(request)).rejects.toMatchObject({ name: "GatewayError", inDoubt: true });
    const bought = fault.startsWith("done");
    if (!bought) {
      // The carrier may be at work on it still: nobody can say that there is none.
      await expect(easypost.find("parcel-1")).rejects.toMatchObject({ kind: "unavailable", inDoubt: true, retryAfterSeconds: 120 });
      minutesLater(2);
    }
    expect(await easypost.find("parcel-1")).toEqual(bought ? label("shp_1") : null);
    minutesLater(60);
    expect(await easypost.book(request)).toEqual(label("shp_1"));
    expect(ledger.live).toEqual(["parcel-1"]);
  });
  it("gets its label at once where a kept-alive socket breaks after the purchase", async () => {
    server.next(/\/buy$/, "done, then reset");
    expect(await courier().book(request)).toEqual(label("shp_1"));
    expect(ledger.live).toEqual(["parcel-1"]);
  });
  it("is not prepared twice by itself where a kept-alive socket breaks after it was", async () => {
    const easypost = courier();
    server.next(/POST \/v2\/shipments$/, "done, then reset");
    await expect(easypost.book(request)).rejects.toMatchObject({ kind: "unavailable", inDoubt: false });
    expect(ledger.shipments).toHaveLength(1);
    expect(await easypost.book(request)).toEqual(label("shp_1"));
  });
  it("waits again after a second try at a shipment that was left lying", async () => {
    const easypost = courier();
    server.next(/\/buy$/, "hang");
    await expect(easypost.book(request)).rejects.toMatchObject({ kind: "timeout" });
    minutesLater(60);
    server.next(/\/buy$/, "hang");
    await expect(easypost.book(request)).rejects.toMatchObject({ kind: "timeout", inDoubt: true });
    minutesLater(1);
    await expect(easypost.find("parcel-1")).rejects.toMatchObject({ retryAfterSeconds: 60 });
  });
  it.each(["SHIPMENT.PURCHASE.IN_PROGRESS", "SHIPMENT.POSTAGE.TIMED_OUT", "SHIPMENT.POSTAGE.NO_RESPONSE"])("is in doubt where EasyPost itself does not know: %s", async (code) => {
    server.next(/\/buy$/, refusedWith(code));
    await expect(courier().book(request)).rejects.toMatchObject({ kind: "unavailable", inDoubt: true, code, status: 422 });
  });
  it("takes the label that exists already, and is in doubt while it cannot be seen", async () => {
    const easypost = courier();
    server.next(/\/buy$/, "hang");
    await expect(easypost.book(request)).rejects.toMatchObject({ kind: "timeout" });
    // The first purchase ends between the second one's look and its own purchase.
    const [made] = ledger.shipments;
    Object.assign(made!, { tracking_code: "T-shp_1", postage_label: { label_url: "https://labels.test/shp_1.png" }, selected_rate: made!.rates[1] });
    server.next(/GET \/v2\/shipments\/parcel-1$/, { status: 200, body: { ...made, postage_label: null, tracking_code: null } });
    server.next(/GET \/v2\/shipments$/, { status: 200, body: { shipments: [], has_more: false } });
    server.next(/GET \/v2\/shipments\/shp_1$/, { status: 503, body: {} });
    await expect(easypost.book(request)).rejects.toMatchObject({ kind: "unavailable", inDoubt: true });
    expect(await easypost.book(request)).toEqual(label("shp_1"));
    expect(server.calls.filter((call) => call.endsWith("/buy"))).toHaveLength(1);
  });
  it.each(["oldest", "newest"] as const)("keeps its label where a creation that was given up still happened and the %s is found", async (finds) => {
    const easypost = courier();
    ledger.finds = finds;
    await easypost.book(request);
    const [bought] = ledger.shipments;
    const twin = { ...bought!, id: "shp_late", postage_label: null, tracking_code: null, selected_rate: null };
    ledger.shipments.splice(finds === "oldest" ? 0 : 1, 0, twin);
    // Others' labels of the same minutes, more than a page.
    for (let each = 1; each <= 30; each += 1) ledger.shipments.push({ ...bought!, id: `shp_other_${String(each)}`, reference: `parcel-${String(each + 1)}` });
    expect(await easypost.find("parcel-1")).toEqual(label(bought!.id));
    expect(await easypost.book(request)).toEqual(label(bought!.id));
    expect(server.calls.filter((call) => call === "GET /v2/shipments")).toHaveLength(4);
    expect(ledger.live.filter((reference) => reference === "parcel-1")).toHaveLength(1);
  });
  it("is not called free where more was bought at the time than is looked through", async () => {
    const easypost = courier();
    server.next(/\/buy$/, "hang");
    await expect(easypost.book(request)).rejects.toMatchObject({ kind: "timeout" });
    const [made] = ledger.shipments;
    for (let each = 1; each <= 201; each += 1) ledger.shipments.push({ ...made!, id: `shp_other_${String(each)}`, reference: `other-${String(each)}`, postage_label: { label_url: "" }, tracking_code: "T" });
    minutesLater(5);
    await expect(easypost.find("parcel-1")).rejects.toMatchObject({ kind: "unavailable" });
    expect(server.calls.filter((call) => call === "GET /v2/shipments")).toHaveLength(10);
  });
  it("does not go to an address that was given up", async () => {
    const easypost = courier();
    server.next(/\/buy$/, "hang");
    await expect(easypost.book(request)).rejects.toMatchObject({ kind: "timeout" });
    await expect(easypost.book({ ...request, destination: { ...destination, street: "Dam 2" } })).rejects.toMatchObject({ kind: "rejected", code: "DESTINATION_CHANGED" });
    expect(await easypost.book({ ...request, destination: { ...destination, street: "DAM 1", postalCode: "1012ab" } })).toEqual(label("shp_1"));
  });
});

describe("a voided label at EasyPost", () => {
  it("is none any more, and its parcel can be booked again", async () => {
    const easypost = courier();
    const first = await easypost.book(request);
    const cancel = { bookingReference: first.bookingReference, idempotencyKey: "cancel:1" };
    expect(await easypost.cancel(cancel)).toEqual({ kind: "cancelled" });
    expect(await easypost.find("parcel-1")).toBeNull();
    const second = await easypost.book(request);
    expect(second.bookingReference).not.toBe(first.bookingReference);
    expect(await easypost.find("parcel-1")).toEqual(second);
    expect(ledger.live).toEqual(["parcel-1:2"]);
    // Asked once more, EasyPost refuses; what it did then is seen.
    expect(await easypost.cancel(cancel)).toEqual({ kind: "cancelled" });
    expect(ledger.live).toEqual(["parcel-1:2"]);
  });
  it.each([["submitted", "cancelled"], ["refunded", "cancelled"], ["not_applicable", "cancelled"], ["rejected", "too_late"]])("whose refund is %s counts as %s", async (refund, kind) => {
    const easypost = courier();
    const { bookingReference } = await easypost.book(request);
    ledger.refund = refund;
    const cancel = { bookingReference, idempotencyKey: "c" };
    expect(await easypost.cancel(cancel)).toEqual({ kind });
    expect(await easypost.cancel(cancel)).toEqual({ kind });
    expect((await easypost.find("parcel-1")) === null).toBe(kind === "cancelled");
  });
  it("comes too late for a parcel that was sent", async () => {
    const easypost = courier();
    const { bookingReference } = await easypost.book(request);
    server.next(/\/refund$/, refusedWith("SHIPMENT.REFUND.UNAVAILABLE"));
    expect(await easypost.cancel({ bookingReference, idempotencyKey: "c" })).toEqual({ kind: "too_late" });
    expect(ledger.live).toEqual(["parcel-1"]);
  });
  it.each([["hang", true], ["reset", true], ["done, then hang", true], ["done, then 500", true], [refusedWith("REFUND.NO_RESPONSE"), true], [refusedWith("SHIPMENT.REFUND.FAILURE"), false], [{ status: 404, body: {} }, false], [{ status: 429, body: {}, headers: { "retry-after": "4" } }, false]] as const)("that meets %j is in doubt: %p, and repeated is voided", async (fault, inDoubt) => {
    const easypost = courier();
    const { bookingReference } = await easypost.book(request);
    goWrong(/\/refund$/, fault);
    await expect(easypost.cancel({ bookingReference, idempotencyKey: "c" })).rejects.toMatchObject({ name: "GatewayError", inDoubt });
    expect(await easypost.cancel({ bookingReference, idempotencyKey: "c" })).toEqual({ kind: "cancelled" });
  });
  it("with a state that EasyPost did not have yet is in doubt", async () => {
    const easypost = courier();
    const { bookingReference } = await easypost.book(request);
    ledger.refund = "pondered";
    await expect(easypost.cancel({ bookingReference, idempotencyKey: "c" })).rejects.toMatchObject({ kind: "unavailable", inDoubt: true });
  });
});
