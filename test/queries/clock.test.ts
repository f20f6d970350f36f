import "reflect-metadata";
import { describe, expect, it } from "@jest/globals";
import { reservationStatus, reservationType } from "../../src/queries/inventory/reservation.type.js";
import { saleChangesAt, saleStatus } from "../../src/queries/inventory/sale.type.js";

const [startsAt, endsAt] = ["2026-01-31T12:00:00.000Z", "2026-01-31T13:00:00.000Z"];
const [start, end] = [Date.parse(startsAt), Date.parse(endsAt)];

describe("a sale's status", () => {
  const open = { startsAt, endsAt, endReason: null };

  it("goes by the clock, to the millisecond", () => {
    expect([start - 1, start, end - 1, end].map((now) => saleStatus(open, now))).toEqual(["SCHEDULED", "OPEN", "OPEN", "ENDED"]);
    expect([start - 1, start, end - 1, end].map((now) => saleChangesAt(open, now))).toEqual([start, end, end, null]);
  });

  it("is settled by whoever ended it", () => {
    expect((["over", "ended", "cancelled"] as const).map((endReason) => saleStatus({ startsAt, endsAt, endReason }, start))).toEqual(["ENDED", "ENDED", "CANCELLED"]);
    expect(saleChangesAt({ startsAt, endsAt, endReason: "ended" }, start)).toBeNull();
  });
});

describe("a reservation's time", () => {
  const row = { reservationId: "r", buyer: "customer:ann", lines: [], status: "RESERVED", expiresAt: endsAt, orderId: null, madeAt: startsAt, updatedAt: startsAt, version: 1 } as const;
  const shownAt = (now: number) => {
    const { status, secondsLeft } = reservationType(row, now);
    return [status, secondsLeft];
  };

  it("is over at its very end, before any sweeper has come by", () => {
    expect([end - 60_000, end - 999, end - 1, end, end + 5_000].map(shownAt)).toEqual([["RESERVED", 60], ["RESERVED", 1], ["RESERVED", 1], ["EXPIRED", 0], ["EXPIRED", 0]]);
  });

  it("means nothing once it has ended otherwise", () => {
    expect(reservationStatus({ ...row, status: "CLAIMED" }, end + 1)).toBe("CLAIMED");
    expect(reservationType({ ...row, status: "RELEASED" }, start)).toMatchObject({ status: "RELEASED", secondsLeft: 0 });
  });
});
