import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { standingOfTicket } from "../../src/commands/inventory/waiting-room.steps.js";
import { saleTicketState } from "../../src/commands/inventory/sale-ticket.write-state.js";
import { RoomDesk } from "./room-desk.js";

type Step = (desk: RoomDesk, known: Known) => void;

/** Ids that earlier steps were given; a step names one by its place, whatever became of it. */
interface Known {
  readonly reservations: string[];
  readonly orders: string[];
}

const names = ["ada", "bob", "eve"];
const who = fc.constantFrom(...names);
const quantity = fc.integer({ min: 1, max: 3 });
const place = fc.nat({ max: 9 });
const at = (ids: readonly string[], index: number): string => ids[index % Math.max(ids.length, 1)] ?? "unknown";

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: who.map((buyer): Step => (desk) => { desk.join(buyer); }) },
  { weight: 4, arbitrary: fc.constant<Step>((desk) => { desk.admit(); }) },
  who.map((buyer): Step => (desk) => { desk.leave(buyer); }),
  fc.tuple(who, quantity).map(([buyer, units]): Step => (desk, known) => {
    const { refusal, answer } = desk.reserve(buyer, "TEA", units, desk.saleId);
    if (!refusal) known.reservations.push(answer.reservationId);
  }),
  fc.tuple(who, quantity).map(([buyer, units]): Step => (desk, known) => {
    const { refusal, answer } = desk.order(buyer, "TEA", units, desk.saleId);
    if (!refusal) known.orders.push(answer.orderId);
  }),
  fc.tuple(who, place).map(([buyer, index]): Step => (desk, known) => {
    const { refusal, answer } = desk.claim(buyer, at(known.reservations, index));
    if (!refusal) known.orders.push(answer.orderId);
  }),
  fc.tuple(who, place, quantity, fc.boolean()).map(([buyer, index, units, inSale]): Step => (desk, known) => {
    desk.change(buyer, at(known.reservations, index), "TEA", units, inSale ? desk.saleId : null);
  }),
  fc.tuple(who, place).map(([buyer, index]): Step => (desk, known) => { desk.release(buyer, at(known.reservations, index)); }),
  place.map((index): Step => (desk, known) => { desk.expire(at(known.reservations, index)); }),
  place.map((index): Step => (desk, known) => { desk.cancel(at(known.orders, index)); }),
  { weight: 3, arbitrary: fc.constantFrom(100, 1_000, 30_000, 60_000, 105_000, 120_000).map((milliseconds): Step => (desk) => { desk.later(milliseconds); }) },
);

describe("whatever buyers do with a waiting room, in any order", () => {
  it("passes can be served, numbers have no gap, and the books are right between any two steps", () => {
    fc.assert(fc.property(fc.array(steps, { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 3 }), (plan, allocation, limitPerCustomer) => {
      const desk = new RoomDesk({ allocation, limitPerCustomer });
      const known: Known = { reservations: [], orders: [] };
      for (const step of plan) {
        step(desk, known);
        desk.checkBooks();
      }
    }), { numRuns: 300 });
  });

  it("nobody waits for ever while there is something to be had", () => {
    fc.assert(fc.property(fc.array(steps, { maxLength: 40 }), fc.integer({ min: 1, max: 3 }), (plan, allocation) => {
      const desk = new RoomDesk({ allocation });
      const known: Known = { reservations: [], orders: [] };
      for (const step of plan) step(desk, known);
      // Everybody's passes and holds run out; whoever waits then is let in, or has been told that all is sold.
      desk.join("zoe");
      for (let look = 0; look < 12 && desk.room.state !== "ENDED"; look += 1) desk.admit(121_000);
      const zoe = desk.row(saleTicketState, `${desk.saleId}/customer:zoe`);
      const hasPassed = zoe === undefined || zoe.number <= desk.room.admitted;
      expect(hasPassed || standingOfTicket(zoe, desk.room, desk.now).state).toEqual(hasPassed ? true : "SOLD_OUT");
    }), { numRuns: 200 });
  });
});
