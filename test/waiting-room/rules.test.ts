import { describe, expect, it } from "@jest/globals";
import { graceSeconds } from "../../src/commands/inventory/sale-ticket.write-state.js";
import { after } from "../../src/kernel/time.js";
import { outcome } from "../commands/inventory/sale-desk.js";
import { RoomDesk, rules } from "./room-desk.js";

const start = new RoomDesk().now;

describe("a ticket of a sale's waiting room", () => {
  it("has the next number, and is one for each buyer", () => {
    const desk = new RoomDesk({ startsAt: after(start, 10_000), endsAt: after(start, 60_000) });
    expect(desk.join("ada").answer).toMatchObject({ number: 1, state: "WAITING", position: 1, expectedWaitSeconds: 11, passUntil: null });
    expect(desk.join("bob").answer).toMatchObject({ number: 2, position: 2 });
    expect(desk.join("ada").answer).toMatchObject({ number: 1, position: 1 });
    expect(desk.room.nextNumber).toBe(3);
    desk.checkBooks();
  });

  it("keeps its place while its holder is away for a moment", () => {
    const desk = new RoomDesk();
    desk.joinMany(2);
    expect(desk.leave("b1")).toBe("yes");
    expect(desk.leave("b1")).toBe("yes");
    desk.later(graceSeconds * 1_000 - 1);
    expect(desk.join("b1").answer).toMatchObject({ number: 1, position: 1 });
    desk.leave("b1");
    desk.later(graceSeconds * 1_000);
    expect(desk.join("b1").answer).toMatchObject({ number: 3, position: 3 });
    desk.checkBooks();
  });

  it("is nothing to leave for who has none", () => expect(new RoomDesk().leave("ada")).toBe("NO_TICKET"));

  it("is not given where it could lead to nothing", () => {
    const desk = new RoomDesk({ allocation: 1 });
    desk.joinMany(2);
    desk.admit();
    expect(outcome(desk.order("ada", "TEA", 1, desk.saleId))).toBe("PASS_REQUIRED");
    expect(desk.take("b1")).toBe("yes");
    expect(outcome(desk.join("b1"))).toBe("LIMIT_REACHED");
    expect(desk.end(desk.saleId)).toBe("yes");
    expect(outcome(desk.join("eve"))).toBe("SALE_ENDED");
    desk.later(3_600_000);
    expect(outcome(desk.join("eve"))).toBe("SALE_ENDED");
    desk.checkBooks();
  });
});

describe("admission", () => {
  it("begins with the sale, first come, first served, at the room's rate", () => {
    const desk = new RoomDesk({ startsAt: after(start, 10_000), endsAt: after(start, 600_000), allocation: 50 });
    desk.joinMany(40);
    expect(desk.admit(9_999)).toBe(0);
    expect(desk.admit(1)).toBe(1);
    expect(desk.admit(99)).toBe(0);
    expect(desk.admit(1)).toBe(1);
    expect(desk.admit(450)).toBe(4);
    expect(desk.admit(50)).toBe(1);
    // What was not used up in a long while is made up for, for one second at most.
    expect(desk.admit(60_000)).toBe(10);
    expect(desk.admit()).toBe(0);
    expect(desk.room.admitted).toBe(17);
    expect(desk.join("b17").answer).toMatchObject({ state: "ADMITTED" });
    expect(desk.join("b18").answer).toMatchObject({ state: "WAITING", position: 1 });
    desk.checkBooks();
  });

  it("gives out no more passes than can be served", () => {
    const desk = new RoomDesk({ allocation: 5, limitPerCustomer: 2 });
    desk.joinMany(10);
    expect(desk.admit(1_000)).toBe(2);
    expect(desk.admit(1_000)).toBe(0);
    expect(desk.take("b1", 1)).toBe("yes");
    desk.checkBooks();
    expect(desk.admit(1_000)).toBe(1);
    expect(desk.take("b2", 2)).toBe("yes");
    expect(desk.take("b3", 2)).toBe("yes");
    desk.checkBooks();
    expect(desk.counters(desk.saleId)).toEqual({ left: 0, held: 5, sold: 0 });
  });

  it("lets the next one in when a pass was not used in time", () => {
    const desk = new RoomDesk({ allocation: 1 });
    desk.joinMany(3);
    expect(desk.admit()).toBe(1);
    const { passUntil } = desk.join("b1").answer;
    desk.now = after(passUntil!, -1);
    expect(desk.admit()).toBe(0);
    desk.now = passUntil!;
    expect(desk.take("b1")).toBe("PASS_EXPIRED");
    expect(desk.admit()).toBe(1);
    expect(desk.take("b2")).toBe("yes");
    expect(desk.join("b1").answer).toMatchObject({ number: 4 });
    desk.checkBooks();
  });

  it("gives every pass its time, and keeps the steps few", () => {
    const desk = new RoomDesk({ allocation: 10_000, endsAt: after(start, 86_400_000) }, 10_000);
    desk.joinMany(2_000);
    for (let look = 0; look < 900; look += 1) {
      desk.admit(200);
      expect(desk.room.steps.length).toBeLessThanOrEqual(22);
      const last = desk.room.steps.at(-1)!;
      expect(last.until >= after(desk.now, rules.passSeconds * 1_000)).toBe(true);
      expect(last.until <= after(desk.now, rules.passSeconds * 1_050)).toBe(true);
    }
    expect(desk.room.admitted).toBe(1_801); // the first at once
    expect(desk.room.pace).toBeCloseTo(10, 0);
    desk.checkBooks();
  });

  it("passes over those who left for good, also where they had a pass", () => {
    const desk = new RoomDesk({ allocation: 2 });
    desk.joinMany(6);
    for (const who of ["b1", "b3", "b4"]) desk.leave(who);
    // A pass goes out to who is away for a moment.
    expect(desk.admit(1_000)).toBe(2);
    expect(desk.join("b2").answer.state).toBe("ADMITTED");
    expect(desk.admit(graceSeconds * 1_000 - 1_001)).toBe(0);
    expect(desk.admit(1)).toBe(1);
    expect(desk.room.admitted).toBe(5);
    expect(desk.join("b5").answer.state).toBe("ADMITTED");
    expect(desk.take("b1")).toBe("PASS_REQUIRED");
    expect(desk.join("b3").answer).toMatchObject({ number: 7, position: 2 });
    desk.checkBooks();
  });

  it("does not stop at a buyer who came back with a new number", () => {
    const desk = new RoomDesk({ allocation: 1, startsAt: after(start, 90_000), endsAt: after(start, 600_000) });
    desk.joinMany(2);
    desk.leave("b1");
    desk.later(graceSeconds * 1_000);
    expect(desk.join("b1").answer).toMatchObject({ number: 3 });
    desk.later(40_000);
    expect(desk.admit()).toBe(1);
    expect(desk.join("b2").answer.state).toBe("ADMITTED");
    desk.checkBooks();
  });

  it("counts what is held past its time as free, and takes it from its holder", () => {
    const desk = new RoomDesk({ allocation: 1, holdSeconds: 30 });
    desk.joinMany(2);
    desk.admit();
    const held = desk.reserve("b1", "TEA", 1, desk.saleId);
    expect(desk.admit(29_999)).toBe(0);
    expect(desk.room.state).toBe("WAITING_FOR_RETURNS");
    expect(desk.admit(1)).toBe(1);
    desk.checkBooks();
    expect(desk.take("b1")).toBe("PASS_REQUIRED");
    expect(desk.release("b1", held.answer.reservationId)).toBe("yes");
    expect(desk.take("b2")).toBe("yes");
    desk.checkBooks();
  });

  it("sells the rest that is too small for a whole pass", () => {
    const desk = new RoomDesk({ allocation: 3, limitPerCustomer: 2 });
    desk.joinMany(3);
    expect(desk.admit(1_000)).toBe(1);
    expect(desk.take("b1", 2)).toBe("yes");
    expect(desk.admit(1_000)).toBe(0); // two may still come back
    desk.end(desk.saleId);
    const other = new RoomDesk({ allocation: 1, limitPerCustomer: 2 });
    other.joinMany(2);
    expect(other.admit(1_000)).toBe(1);
    expect(other.take("b1", 2)).toBe("LIMIT_REACHED");
    expect(other.take("b1", 1)).toBe("yes");
    other.checkBooks();
  });

  it("looks no further than it can see", () => {
    const desk = new RoomDesk({ allocation: 1_000, endsAt: after(start, 86_400_000), waitingRoom: { ratePerSecond: 1_000, passSeconds: 100 } }, 1_000);
    desk.joinMany(600);
    for (let number = 101; number <= 500; number += 1) desk.leave(`b${String(number)}`);
    desk.later(graceSeconds * 1_000);
    let admitted = 0;
    for (let look = 0; look < 5; look += 1) admitted += desk.admit(1_000);
    expect(admitted).toBe(200);
    expect(desk.room.admitted).toBe(600);
    desk.checkBooks();
  });
});

describe("a pass", () => {
  it("is used by the first reservation, which may be changed without another", () => {
    const desk = new RoomDesk({ allocation: 4, limitPerCustomer: 2 });
    desk.joinMany(3);
    expect(desk.take("b1")).toBe("TICKET_WAITING");
    desk.admit(1_000);
    const { answer } = desk.reserve("b1", "TEA", 1, desk.saleId);
    expect(desk.take("b1")).toBe("PASS_REQUIRED");
    expect(desk.change("b1", answer.reservationId, "TEA", 2, desk.saleId)).toBe("yes");
    desk.checkBooks();
    expect(desk.change("b1", answer.reservationId, "TEA", 1, desk.saleId)).toBe("yes");
    expect(desk.take("b2", 2)).toBe("yes");
    desk.checkBooks();
  });

  it("is not undercut by who is inside and wants more", () => {
    const desk = new RoomDesk({ allocation: 4, limitPerCustomer: 2 });
    desk.joinMany(3);
    desk.admit(1_000);
    const { answer } = desk.reserve("b1", "TEA", 1, desk.saleId);
    expect(desk.take("b2", 1)).toBe("yes");
    expect(desk.admit(1_000)).toBe(1);
    expect(desk.change("b1", answer.reservationId, "TEA", 2, desk.saleId)).toBe("OUT_OF_STOCK");
    desk.checkBooks();
    expect(desk.take("b3", 2)).toBe("yes");
  });

  it("is kept by a refusal, and counts for an order", () => {
    const desk = new RoomDesk({ allocation: 5 });
    desk.join("ada");
    desk.admit();
    expect(outcome(desk.order("ada", "TEA", 2, desk.saleId))).toBe("LIMIT_REACHED");
    expect(desk.join("ada").answer.state).toBe("ADMITTED");
    expect(outcome(desk.order("ada", "TEA", 1, desk.saleId))).toBe("yes");
    expect(desk.counters(desk.saleId)).toEqual({ left: 4, held: 0, sold: 1 });
    desk.checkBooks();
  });

  it("is worth nothing once the sale has ended", () => {
    const desk = new RoomDesk();
    desk.joinMany(2);
    desk.admit();
    desk.end(desk.saleId, "cancelled");
    expect(desk.take("b1")).toBe("SALE_ENDED");
    expect(desk.room.state).toBe("ENDED");
    expect(desk.admit(1_000)).toBe(0);
    desk.checkBooks();
  });
});

describe("a room", () => {
  it("says when everything is sold, and when something may come back", () => {
    const desk = new RoomDesk({ allocation: 2 });
    desk.joinMany(4);
    desk.admit(1_000);
    const { answer } = desk.reserve("b1", "TEA", 1, desk.saleId);
    desk.admit();
    expect(desk.room.state).toBe("OPEN"); // a pass is out
    desk.take("b2");
    desk.admit();
    expect(desk.room.state).toBe("WAITING_FOR_RETURNS");
    expect(desk.join("b3").answer).toMatchObject({ state: "WAITING_FOR_RETURNS", position: 1, expectedWaitSeconds: null });
    desk.release("b1", answer.reservationId);
    expect(desk.admit()).toBe(1);
    expect(desk.room.state).toBe("OPEN");
    desk.checkBooks();
  });

  it("turns nobody away for a unit that is only held, and everybody once it is sold", () => {
    const desk = new RoomDesk({ allocation: 1 });
    desk.join("ada");
    desk.join("bob");
    desk.admit();
    const { answer } = desk.reserve("ada", "TEA", 1, desk.saleId);
    desk.admit();
    expect(outcome(desk.join("eve"))).toBe("yes");
    const placed = desk.claim("ada", answer.reservationId);
    expect(outcome(placed)).toBe("yes");
    desk.admit();
    expect(desk.room.state).toBe("SOLD_OUT");
    expect(desk.join("bob").answer).toMatchObject({ state: "SOLD_OUT", position: null });
    expect(outcome(desk.join("late"))).toBe("SOLD_OUT");
    desk.cancel((placed.answer as { orderId: string }).orderId);
    expect(desk.admit(1_000)).toBe(1);
    expect(desk.join("bob").answer.state).toBe("ADMITTED");
    desk.checkBooks();
  });

  it("ends with its sale's time, also where nobody has ended it", () => {
    const desk = new RoomDesk({ endsAt: after(start, 5_000) });
    desk.joinMany(2);
    desk.admit();
    expect(desk.admit(5_000)).toBe(0);
    expect(desk.room.state).toBe("ENDED");
    expect(desk.end(desk.saleId, "over")).toBe("yes");
    desk.checkBooks();
  });

  it("says nothing where nothing has changed", () => {
    const desk = new RoomDesk();
    const { version } = desk.room;
    expect(desk.admit(1_000)).toBe(0);
    expect(desk.room.version).toBe(version);
    expect(desk.streams("sale-room")).toHaveLength(1);
  });
});
