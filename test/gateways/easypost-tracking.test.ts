import { describe, expect, it } from "@jest/globals";
import { createHmac } from "node:crypto";
import { trackingStatuses } from "../../src/events/shipping.js";
import { easyPostKey, verifyEasyPostWebhook } from "../../src/gateways/couriers/easypost-signature.js";
import { scansOf, toCourierNews } from "../../src/gateways/couriers/easypost-tracking.js";

const sighting = (fields: object) => ({ status: "in_transit", status_detail: "departed_facility", message: "Left", datetime: "2026-03-01T10:00:00Z", tracking_location: { city: "LEEDS" }, ...fields });
const scanOf = (fields: object) => scansOf({ tracking_code: "T1", tracking_details: [sighting(fields)] })[0];

describe("a sighting at EasyPost", () => {
  it.each(trackingStatuses)("that is %s is so to us", (status) => {
    expect(scanOf({ status })).toMatchObject({ status, rawCode: `${status}/departed_facility`, reasonCode: "departed_facility", city: "LEEDS" });
  });
  it("of a status that EasyPost did not have yet is unknown, its own words kept", () => {
    expect(scanOf({ status: "teleported", message: "" , status_detail: null })).toMatchObject({ status: "unknown", rawCode: "teleported", reasonCode: null });
  });
  it.each([["refused", "refused_by_recipient"], ["weather_delay", "delayed"], ["damaged", "damaged"], ["unknown", null], ["status_update", null], ["", null]])("with the detail %p has the reason %p", (status_detail, reasonCode) => {
    expect(scanOf({ status_detail })?.reasonCode).toBe(reasonCode);
  });
  it("keeps the carrier's code, and nothing of what people write: some name who signed", () => {
    const scan = scanOf({ status: "delivered", status_detail: "arrived_at_destination", message: "DELIVERED, SIGNED FOR BY: A. LOVELACE", carrier_code: "OK" });
    expect(scan).toMatchObject({ rawCode: "delivered/arrived_at_destination/OK", reasonCode: "arrived_at_destination" });
    expect(JSON.stringify(scan)).not.toContain("LOVELACE");
  });
  it("has its time in UTC and no city where none is told", () => {
    expect(scanOf({ datetime: "2026-03-01T10:00:00+02:00", tracking_location: { city: "" } })).toMatchObject({ occurredAt: "2026-03-01T08:00:00.000Z", city: null });
    expect(scanOf({ tracking_location: null })?.city).toBeNull();
  });
  it("is another in another place, at another time or of another parcel", () => {
    const ids = [scanOf({}), scanOf({ tracking_location: { city: "YORK" } }), scanOf({ datetime: "2026-03-01T10:00:01Z" }), scanOf({ message: "Gone" }), scansOf({ tracking_code: "T2", tracking_details: [sighting({})] })[0]];
    expect(new Set(ids.map((scan) => scan?.scanId)).size).toBe(5);
    expect(scanOf({ datetime: "2026-03-01T11:00:00+01:00" })?.scanId).toBe(ids[0]?.scanId);
  });
  it("without a readable time is left out, the others stay, oldest first and the newest 500", () => {
    const at = (minute: number) => sighting({ datetime: new Date(Date.parse("2026-03-01T00:00:00Z") + minute * 60_000).toISOString() });
    const scans = scansOf({ tracking_code: "T1", tracking_details: [sighting({ datetime: "yesterday" }), sighting({ datetime: "0000-01-01T00:00:00Z" }), null, at(5), at(3), at(4)] });
    expect(scans.map(({ occurredAt }) => occurredAt.slice(11, 16))).toEqual(["00:03", "00:04", "00:05"]);
    const long = scansOf({ tracking_code: "T1", tracking_details: Array.from({ length: 600 }, (_, minute) => at(minute)) });
    expect([long.length, long[0]?.occurredAt, long.at(-1)?.occurredAt]).toEqual([500, "2026-03-01T01:40:00.000Z", "2026-03-01T09:59:00.000Z"]);
    expect(scansOf({ tracking_code: "T1", tracking_details: null })).toEqual([]);
  });
});

describe("an event of EasyPost's", () => {
  const event = (fields: object): string => JSON.stringify({ id: "evt_1", object: "Event", description: "tracker.updated", result: { tracking_code: "T1", shipment_id: "shp_1", tracking_details: [sighting({})] }, ...fields });
  it("about a tracker is news", () => {
    expect(toCourierNews(event({}))).toMatchObject({ eventId: "evt_1", trackingCode: "T1", bookingReference: "shp_1", scans: [{ rawCode: "in_transit/departed_facility" }] });
    expect(toCourierNews(event({ description: "tracker.created" }))).not.toBeNull();
  });
  it("about anything else is none", () => {
    for (const body of [event({ description: "refund.successful" }), event({ result: { id: "batch_1" } }), event({ id: "" }), event({ result: { tracking_code: "T\0" } }), "[]", "no"]) expect(toCourierNews(body)).toBeNull();
  });
});

describe("EasyPost's signature", () => {
  const sign = (body: string, key: Buffer): object => ({ "x-hmac-signature": `hmac-sha256-hex=${createHmac("sha256", key).update(body).digest("hex")}` });
  it("needs a secret, and a body with an event id", () => {
    expect(() => easyPostKey("")).toThrow(RangeError);
    const key = easyPostKey("secret");
    expect(verifyEasyPostWebhook('{"id":"evt_9"}', sign('{"id":"evt_9"}', key) as Record<string, string>, [key])).toEqual({ eventId: "evt_9" });
    for (const body of ["{}", '{"id":7}', "no JSON", ""]) expect(verifyEasyPostWebhook(body, sign(body, key) as Record<string, string>, [key])).toBeNull();
  });
});
