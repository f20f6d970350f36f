import { describe, expect, it } from "@jest/globals";
import { NoCourierAlert } from "../../src/commands/shipping/no-courier.alert.js";
import type { NextAttempt } from "../../src/commands/shipping/shipment/allocation.rules.js";
import { shipmentDecider, type ShipmentCommand } from "../../src/commands/shipping/shipment/shipment.decider.js";
import type { ShipmentEvent } from "../../src/events/shipping.js";
import { fold } from "../../src/kernel/decider.js";
import { asking, bookingFacts } from "../support/booked-parcel.js";
import { specification } from "../support/specification.js";

const given = specification(shipmentDecider);
const ids = { shipmentId: "s1", orderId: "o1" };
const after = (...commands: readonly ShipmentCommand[]): readonly ShipmentEvent[] => commands.reduce<readonly ShipmentEvent[]>(
  (events, command) => [...events, ...shipmentDecider.decide(command, fold(shipmentDecider, events))], []);
const next = (courierId: string): NextAttempt => asking(ids, courierId).next;
const nobody: ShipmentCommand = { ...asking(ids), next: null, delayReason: "all are down" };
const giveUp = (attempt: number, inDoubt: boolean, to: string | null, change: object = {}): ShipmentCommand => (
  { type: "GiveUpAttempt", attempt, code: "timeout", message: "no answer", inDoubt, next: to === null ? null : next(to), ...change });
const book = (attempt: number, courierId: string, label = `b${String(attempt)}`): ShipmentCommand => (
  { type: "RecordBooking", ...ids, ...bookingFacts, attempt, courierId, bookingReference: label, trackingCode: `t-${label}`, lines: [], weightGrams: 100, parcelCount: 1 });
const settle = (attempt: number, outcome: "none" | "voided" | "left"): ShipmentCommand => ({ type: "SettleAttempt", attempt, outcome });
const typesOf = (events: readonly ShipmentEvent[]): readonly string[] => events.map(({ type }) => type);
const said = (history: readonly ShipmentEvent[], command: ShipmentCommand): readonly string[] => typesOf(shipmentDecider.decide(command, fold(shipmentDecider, history)));

describe("finding a courier for a parcel", () => {
  const asked = after(asking(ids, "comet"));

  it("writes down who was chosen, and the attempt, before the call", () => {
    expect(typesOf(asked)).toEqual(["ShipmentDecided", "ShipmentAttempted"]);
    expect(asked[1]).toMatchObject({ attempt: 1, courierId: "comet" });
  });
  it("lets one attempt be under way: a second worker says nothing", () => given(...asked).when(asking(ids, "steady")).thenNothing());
  it("goes to the next courier in the same breath", () => {
    const failed = shipmentDecider.decide(giveUp(1, true, "steady"), fold(shipmentDecider, asked));
    expect(failed).toMatchObject([{ type: "ShipmentAttemptFailed", attempt: 1, courierId: "comet", inDoubt: true }, { type: "ShipmentAttempted", attempt: 2, courierId: "steady" }]);
  });
  it("gives an attempt up once", () => given(...asked, ...after(asking(ids, "comet"), giveUp(1, false, null)).slice(2)).when(giveUp(1, true, "steady")).thenNothing());
  it("does not ask a courier that may have a label of it already", () => {
    const inDoubt = after(asking(ids, "comet"), giveUp(1, true, null));
    given(...inDoubt).when(asking(ids, "comet")).thenNothing();
    expect(said(asked, giveUp(1, true, "comet"))).toEqual(["ShipmentAttemptFailed"]);
    expect(said([...inDoubt, ...after(asking(ids, "comet"), giveUp(1, true, null), settle(1, "none")).slice(3)], asking(ids, "comet"))).toEqual(["ShipmentDecided", "ShipmentAttempted"]);
  });
  it("tells once that it waits, until somebody is asked again", () => {
    const waiting = after(nobody);
    expect(typesOf(waiting)).toEqual(["ShipmentDecided", "ShipmentDelayed"]);
    given(...waiting).when(nobody).thenNothing();
    expect(said(after(nobody, asking(ids, "comet"), giveUp(1, false, null)), nobody)).toEqual(["ShipmentDecided", "ShipmentDelayed"]);
  });
  it("keeps what is in it, whatever the shop's limits become", () => {
    const { content } = fold(shipmentDecider, after(nobody, { ...asking(ids), decision: { ...asking(ids).decision, weightGrams: 999 } }));
    expect(content).toEqual({ lines: [], weightGrams: 100, cashOnDeliveryMinor: 0, parcelCount: 1 });
  });
  it("remembers who will never take it", () => {
    const { attempts } = fold(shipmentDecider, after(asking(ids, "comet"), giveUp(1, false, "steady", { forGood: true })));
    expect(attempts.map(({ courierId, state, forGood }) => ({ courierId, state, forGood }))).toEqual([
      { courierId: "comet", state: "failed", forGood: true }, { courierId: "steady", state: "open", forGood: false },
    ]);
  });
  it("is impossible only while nobody is asked and nobody has it", () => {
    const impossible: ShipmentCommand = { type: "RecordImpossible", ...ids, reason: "nobody goes there" };
    given().when(impossible).then({ type: "ShipmentImpossible", ...ids, reason: "nobody goes there" });
    given(...asked).when(impossible).thenNothing();
    given(...after(asking(ids, "comet"), book(1, "comet"))).when(impossible).thenNothing();
  });
  it("is impossible once for whoever wanted it sent, and once more for who lets the order go on", () => {
    const impossible = (wantedBy: string): ShipmentCommand => ({ type: "RecordImpossible", ...ids, reason: "nobody goes there", wantedBy });
    const found = { type: "ShipmentImpossible", ...ids, reason: "nobody goes there", wantedBy: "paid" } as const;
    given(found).when(impossible("paid")).thenNothing();
    given(found).when(impossible("resumed")).then({ ...found, wantedBy: "resumed" });
    const { wantedBy: _, ...ofOld } = found;
    given(ofOld).when(impossible("paid")).then(found);
  });
  it("is looked for again where somebody lets the order go on that was impossible, and who said no is asked again", () => {
    const impossible: ShipmentCommand = { type: "RecordImpossible", ...ids, reason: "nobody goes there" };
    const refused = after(asking(ids, "comet"), giveUp(1, false, null, { forGood: true }), impossible);
    expect(said(refused, impossible)).toEqual(["ShipmentImpossible"]);
    expect(said(refused, nobody)).toEqual(["ShipmentDecided", "ShipmentDelayed"]);
    expect(fold(shipmentDecider, refused).attempts.some(({ forGood }) => forGood)).toBe(false);
    const again = after(asking(ids, "comet"), giveUp(1, false, null, { forGood: true }), impossible, asking(ids, "comet"), book(2, "comet"));
    expect(typesOf(again).slice(-3)).toEqual(["ShipmentDecided", "ShipmentAttempted", "ShipmentBooked"]);
    expect(fold(shipmentDecider, again).booking).toBe("booked");
  });
});

describe("an attempt in doubt", () => {
  const failedOver = after(asking(ids, "comet"), giveUp(1, true, "steady"));

  it("becomes the parcel's label where it has none and nobody else is asked", () => expect(said(after(asking(ids, "comet"), giveUp(1, true, null)), book(1, "comet"))).toEqual(["ShipmentBooked"]));
  it("has made a label too many while another courier is asked", () => expect(said(failedOver, book(1, "comet"))).toEqual(["ShipmentSurplusFound"]));
  it("has made a label too many where another courier has the parcel", () => {
    const twice = after(asking(ids, "comet"), giveUp(1, true, "steady"), book(2, "steady"), book(1, "comet"));
    expect(typesOf(twice).slice(-2)).toEqual(["ShipmentBooked", "ShipmentSurplusFound"]);
    expect(fold(shipmentDecider, twice)).toMatchObject({ booking: "booked", courierId: "steady", bookingReference: "b2" });
  });
  it("has made a label too many where the parcel was called off or cannot be sent", () => {
    expect(said(after(asking(ids, "comet"), giveUp(1, true, "steady"), book(2, "steady"), { type: "RecordCancellation", reason: "x" }), book(1, "comet"))).toEqual(["ShipmentSurplusFound"]);
    expect(said(after(asking(ids, "comet"), giveUp(1, true, null), { type: "RecordImpossible", ...ids, reason: "x" }), book(1, "comet"))).toEqual(["ShipmentSurplusFound"]);
  });
  it("hears of its label once", () => {
    given(...after(asking(ids, "comet"), giveUp(1, true, "steady"), book(1, "comet"))).when(book(1, "comet")).thenNothing();
    given(...after(asking(ids, "comet"), book(1, "comet"))).when(book(1, "comet")).thenNothing();
  });
  it("is not forgotten where the courier had said that there is no label", () =>
    expect(said(after(asking(ids, "comet"), giveUp(1, true, null), settle(1, "none")), book(1, "comet"))).toEqual(["ShipmentBooked"]));
  it("is cleared up only by who asked: one under way, or one whose label was found, has a label or may have one", () => {
    given(...after(asking(ids, "comet"))).when(settle(1, "none")).thenNothing();
    given(...after(asking(ids, "comet"), giveUp(1, true, "steady"), book(1, "comet"))).when(settle(1, "none")).thenNothing();
    given(...failedOver).when(settle(1, "voided")).thenNothing();
    expect(said(after(asking(ids, "comet"), giveUp(1, true, "steady"), book(1, "comet")), settle(1, "voided"))).toEqual(["ShipmentAttemptSettled"]);
    expect(said(failedOver, settle(1, "none"))).toEqual(["ShipmentAttemptSettled"]);
  });
  it("has no label of its own where its courier names that of another attempt: one label is never both the parcel's and too many", () => {
    // Taken for certain that there is none, then asked again, and only then the first answer came.
    const askedAgain = after(asking(ids, "comet"), giveUp(1, true, null), settle(1, "none"), asking(ids, "comet"));
    const own = [...askedAgain, ...shipmentDecider.decide(book(2, "comet", "b"), fold(shipmentDecider, askedAgain))];
    given(...own).when(book(1, "comet", "b")).thenNothing();
    const early = [...askedAgain, ...shipmentDecider.decide(book(1, "comet", "b"), fold(shipmentDecider, askedAgain))];
    expect(typesOf(early).at(-1)).toBe("ShipmentSurplusFound");
    expect(shipmentDecider.decide(book(2, "comet", "b"), fold(shipmentDecider, early))).toMatchObject([
      { type: "ShipmentAttemptSettled", attempt: 1, outcome: "none" }, { type: "ShipmentBooked", attempt: 2, bookingReference: "b" },
    ]);
    const doubted = [...askedAgain, ...shipmentDecider.decide(giveUp(2, true, null), fold(shipmentDecider, askedAgain))];
    const adopted = [...doubted, ...shipmentDecider.decide(book(1, "comet", "b"), fold(shipmentDecider, doubted))];
    expect(typesOf(adopted).at(-1)).toBe("ShipmentBooked");
    expect(shipmentDecider.decide(book(2, "comet", "b"), fold(shipmentDecider, adopted))).toMatchObject([{ type: "ShipmentAttemptSettled", attempt: 2, outcome: "none" }]);
    // Another courier may use the same words.
    expect(said(after(asking(ids, "comet"), giveUp(1, true, "steady"), book(2, "steady", "b")), book(1, "comet", "b"))).toEqual(["ShipmentSurplusFound"]);
  });
  it("of which nobody knows is a mistake of ours", () => expect(() => said(failedOver, book(7, "comet"))).toThrow("no attempt 7"));
});

describe("the alert that no courier takes parcels", () => {
  it("is told once, and ends with the next booking, also where the process before this one had raised it", () => {
    const told: string[] = [];
    const alert = new NoCourierAlert({ raise: async ({ key }) => { told.push(key); }, resolve: async (key) => { told.push(`${key} over`); } });
    alert.over();
    alert.over();
    expect(told).toEqual(["no_courier over"]);
    alert.raise("all are down");
    alert.raise("all are down");
    alert.over();
    alert.over();
    alert.raise("all are down");
    expect(told.slice(1)).toEqual(["no_courier", "no_courier over", "no_courier"]);
  });
});
