import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { couriersInDoubt, openAttempt } from "../../src/commands/shipping/shipment/allocation.rules.js";
import type { Attempt, Shipment } from "../../src/commands/shipping/shipment/shipment-state.js";
import { shipmentDecider, type ShipmentCommand } from "../../src/commands/shipping/shipment/shipment.decider.js";
import type { ShipmentEvent } from "../../src/events/shipping.js";
import { asking, bookingFacts } from "../support/booked-parcel.js";

const ids = { shipmentId: "s1", orderId: "o1" };
const couriers = ["comet", "snail", "steady"] as const;

/** What happens, in any order: workers act on what they read a while ago, couriers do or do not what they were asked, news comes late or twice. */
const happening = fc.oneof(
  { weight: 4, arbitrary: fc.record({ what: fc.constant("decide" as const), courierId: fc.constantFrom(...couriers, null) }) },
  { weight: 6, arbitrary: fc.record({ what: fc.constantFrom("answered" as const, "asked" as const, "called_off" as const), pick: fc.nat(9) }) },
  { weight: 6, arbitrary: fc.record({ what: fc.constant("given_up" as const), pick: fc.nat(9), labelled: fc.boolean(), courierId: fc.constantFrom(...couriers, null) }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant("refused" as const), pick: fc.nat(9), courierId: fc.constantFrom(...couriers, null) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("unwanted" as const) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("impossible" as const) }) },
);
type Happening = typeof happening extends fc.Arbitrary<infer Value> ? Value : never;

/** One parcel and the couriers' true books of it. */
class World {
  shipment: Shipment = shipmentDecider.initial;
  readonly events: ShipmentEvent[] = [];
  /** Labels that couriers have made and not called off, by attempt. */
  readonly live = new Map<number, string>();

  tell(command: ShipmentCommand): void {
    for (const event of shipmentDecider.decide(command, this.shipment)) {
      if (event.type === "ShipmentAttempted") {
        expect(["absent", "impossible"]).toContain(this.shipment.booking);
        expect(couriersInDoubt(this.shipment)).not.toContain(event.courierId);
      }
      this.events.push(event);
      this.shipment = shipmentDecider.evolve(this.shipment, event);
      expect(this.shipment.attempts.filter(({ state }) => state === "open").length).toBeLessThanOrEqual(1);
    }
    expect(this.events.filter(({ type }) => type === "ShipmentBooked").length).toBeLessThanOrEqual(1);
    expect(this.shipment.attempts.filter(({ state }) => state === "booked").length).toBeLessThanOrEqual(1);
  }

  happen(one: Happening): void {
    if (one.what === "decide") return this.tell({ ...asking(ids), next: nextOf(one.courierId), delayReason: "" });
    if (one.what === "impossible") return this.tell({ type: "RecordImpossible", ...ids, reason: "x" });
    if (one.what === "unwanted") return this.#cancelBooking();
    const { attempts } = this.shipment;
    const attempt = attempts[one.pick % Math.max(1, attempts.length)];
    if (!attempt) return;
    switch (one.what) {
      case "answered": return this.#answer(attempt);
      case "asked": return this.ask(attempt);
      case "called_off": return this.callOff(attempt);
      case "given_up": return this.#giveUp(attempt, one.labelled, one.courierId);
      case "refused":
        if (attempt.state !== "open" || this.live.has(attempt.attempt)) return;
        return this.tell({ type: "GiveUpAttempt", attempt: attempt.attempt, code: "rejected", message: "", inDoubt: false, next: nextOf(one.courierId) });
    }
  }

  /** The call's own answer: of one under way, or late, when others had given it up, and at worst had been told that there would be no label. */
  #answer(attempt: Attempt): void {
    if (attempt.state === "open" || attempt.state === "none") this.live.set(attempt.attempt, `label-${String(attempt.attempt)}`);
    const label = this.live.get(attempt.attempt);
    if (label !== undefined) this.tell(bookingOf(attempt, label));
  }

  #giveUp({ attempt, state }: Attempt, labelled: boolean, courierId: string | null): void {
    if (labelled && state === "open") this.live.set(attempt, `label-${String(attempt)}`);
    this.tell({ type: "GiveUpAttempt", attempt, code: "timeout", message: "", inDoubt: true, next: nextOf(courierId) });
  }

  /** Whoever asks is told the truth, and may have looked at the parcel long before. */
  ask(attempt: Attempt): void {
    if (attempt.state === "open") return;
    const label = this.live.get(attempt.attempt);
    this.tell(label === undefined ? { type: "SettleAttempt", attempt: attempt.attempt, outcome: "none" } : bookingOf(attempt, label));
  }

  callOff({ attempt, state }: Attempt): void {
    if (state !== "surplus") return;
    this.live.delete(attempt);
    this.tell({ type: "SettleAttempt", attempt, outcome: "voided" });
  }

  #cancelBooking(): void {
    if (this.shipment.booking !== "booked") return;
    const own = this.shipment.attempts.find(({ state }) => state === "booked");
    if (own) this.live.delete(own.attempt);
    this.tell({ type: "RecordCancellation", reason: "x" });
  }

  /** All jobs run until they have nothing to do. */
  rest(): void {
    const open = openAttempt(this.shipment);
    if (open) this.#giveUp(open, false, null);
    for (const attempt of this.shipment.attempts) if (attempt.state === "in_doubt") this.ask(attempt);
    for (const attempt of this.shipment.attempts) this.callOff(attempt);
  }
}

function nextOf(courierId: string | null) {
  return courierId === null ? null : asking(ids, courierId).next;
}

function bookingOf({ attempt, courierId }: Attempt, label: string): ShipmentCommand {
  return { type: "RecordBooking", ...ids, ...bookingFacts, attempt, courierId, bookingReference: label, trackingCode: `t-${label}`, lines: [], weightGrams: 1, parcelCount: 1 };
}

describe("whatever comes in whatever order", () => {
  it("a parcel is booked once, one courier is asked at a time, and no label is left but its own", () => {
    fc.assert(fc.property(fc.array(happening, { maxLength: 40 }), (story) => {
      const world = new World();
      for (const one of story) world.happen(one);
      world.rest();
      expect([...couriersInDoubt(world.shipment)]).toEqual([]);
      expect([...world.live.values()]).toEqual(world.shipment.booking === "booked" ? [world.shipment.bookingReference] : []);
    }), { numRuns: 500 });
  });
});
