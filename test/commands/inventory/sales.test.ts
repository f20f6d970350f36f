import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { after } from "../../../src/kernel/time.js";
import { outcome, reserveStock as reserveAs, SaleDesk } from "./sale-desk.js";

describe("stock, sales and reservations", () => {
  let desk: SaleDesk;
  beforeEach(() => { desk = new SaleDesk(); });
  afterEach(() => { desk.checkBooks(); });

  describe("a reservation", () => {
    it("holds units until its time is over, and not a millisecond longer", () => {
      desk.reserve("ada", "TEA", 10);
      expect(outcome(desk.order("bob", "TEA", 1))).toBe("OUT_OF_STOCK");
      desk.later(599_999);
      expect(outcome(desk.order("bob", "TEA", 1))).toBe("OUT_OF_STOCK");
      desk.later(1);
      expect(outcome(desk.order("bob", "TEA", 1))).toBe("yes");
    });
    it("gives up no more holds than somebody needs, the longest over first", () => {
      const [first, second] = [desk.reserve("ada", "TEA", 4).answer, desk.reserve("eve", "TEA", 6).answer];
      desk.later(600_000);
      expect(outcome(desk.order("bob", "TEA", 3))).toBe("yes");
      expect(outcome(desk.claim("eve", second.reservationId))).toBe("yes");
      expect(outcome(desk.claim("ada", first.reservationId))).toBe("RESERVATION_EXPIRED");
    });
    it("is claimed once, by its own buyer, at its time's very end and after it", () => {
      const { reservationId } = desk.reserve("ada", "TEA", 2).answer;
      expect(desk.claim("bob", reservationId)).toMatchObject({ refusal: { code: "RESERVATION_UNKNOWN" }, headPosition: "0" });
      desk.later(600_000);
      expect(outcome(desk.claim("ada", reservationId))).toBe("yes");
      expect(outcome(desk.claim("ada", reservationId))).toBe("RESERVATION_CLAIMED");
      expect(desk.free("TEA")).toBe(8);
    });
    it("that was swept is claimed where its units are free again, and refused where they are not", () => {
      const [one, other] = [desk.reserve("ada", "TEA", 5).answer, desk.reserve("eve", "TEA", 5).answer];
      desk.later(600_000);
      expect(desk.expire(one.reservationId, other.reservationId)).toBe(2);
      expect(desk.expire(one.reservationId)).toBe(0);
      expect(desk.free("TEA")).toBe(10);
      expect(outcome(desk.claim("ada", one.reservationId))).toBe("yes");
      desk.order("bob", "TEA", 1);
      expect(outcome(desk.claim("eve", other.reservationId))).toBe("RESERVATION_EXPIRED");
    });
    it("is not ended before its time", () => {
      const { reservationId } = desk.reserve("ada", "TEA", 5).answer;
      expect(desk.expire(reservationId)).toBe(0);
      expect(desk.free("TEA")).toBe(5);
    });
    it("changes whole or not at all, and counts its own units as free", () => {
      const { reservationId } = desk.reserve("ada", "TEA", 6).answer;
      expect(desk.change("ada", reservationId, "TEA", 10)).toBe("yes");
      expect(desk.change("ada", reservationId, "TEA", 11)).toBe("OUT_OF_STOCK");
      expect(desk.free("TEA")).toBe(0);
      expect(desk.change("ada", reservationId, "CUP", 3)).toBe("yes");
      expect([desk.free("TEA"), desk.free("CUP")]).toEqual([10, 7]);
      expect(desk.change("bob", reservationId, "CUP", 1)).toBe("RESERVATION_UNKNOWN");
      desk.later(600_000);
      expect(desk.change("ada", reservationId, "CUP", 4)).toBe("RESERVATION_EXPIRED");
    });
    it("is released once, and neither claimed nor changed afterwards", () => {
      const { reservationId } = desk.reserve("ada", "TEA", 6).answer;
      expect([desk.release("ada", reservationId), desk.release("ada", reservationId)]).toEqual(["yes", "yes"]);
      expect(desk.free("TEA")).toBe(10);
      expect(outcome(desk.claim("ada", reservationId))).toBe("RESERVATION_RELEASED");
      expect(desk.change("ada", reservationId, "TEA", 1)).toBe("RESERVATION_RELEASED");
    });
    it("of a guest is claimed with the guest's secret by whoever signs in", () => {
      const guest = "guest:hash-of-a-secret";
      const reserved = desk.send(reserveAs, { buyer: guest, lines: [{ sku: "TEA", quantity: 1, saleId: null }] });
      const { reservationId } = reserved.answer;
      expect(outcome(desk.claim("ada", reservationId))).toBe("RESERVATION_UNKNOWN");
      expect(outcome(desk.claim("ada", reservationId, "guest:another"))).toBe("RESERVATION_UNKNOWN");
      expect(outcome(desk.claim("ada", reservationId, guest))).toBe("yes");
    });
  });

  describe("a sale", () => {
    it("sets its units aside at once, and gives back what is left when it ends", () => {
      const saleId = desk.sale({ allocation: 6 });
      expect(desk.free("TEA")).toBe(4);
      desk.order("ada", "TEA", 2, saleId);
      expect([desk.end(saleId), desk.end(saleId, "cancelled")]).toEqual(["yes", "yes"]);
      expect([desk.free("TEA"), desk.counters(saleId)]).toEqual([8, { left: 0, held: 0, sold: 2 }]);
    });
    it("refuses to set aside what is not free, and terms that make no sense", () => {
      const schedule = (terms: object): string => {
        try { desk.sale(terms); return "yes"; } catch { return "no"; }
      };
      expect([{ allocation: 11 }, { allocation: 0 }, { endsAt: desk.now }, { limitPerCustomer: 0 }, { priceMinor: -1 }, { currency: "USD" }, { sku: "NONE" }].map(schedule))
        .toEqual(Array.from({ length: 7 }, () => "no"));
    });
    it("has its price inside its window and its units only, the last millisecond included", () => {
      const saleId = desk.sale({ startsAt: after(desk.now, 1_000), endsAt: after(desk.now, 2_000) });
      expect(outcome(desk.order("ada", "TEA", 1, saleId))).toBe("SALE_NOT_STARTED");
      desk.later(1_000);
      expect(desk.order("ada", "TEA", 1, saleId).answer.totals.linesMinor).toBe(500);
      expect(desk.order("ada", "TEA", 1).answer.totals.linesMinor).toBe(1_000);
      expect(outcome(desk.order("ada", "TEA", 5, saleId))).toBe("OUT_OF_STOCK");
      desk.later(999);
      expect(outcome(desk.order("ada", "TEA", 1, saleId))).toBe("yes");
      desk.later(1);
      expect(outcome(desk.order("ada", "TEA", 1, saleId))).toBe("SALE_ENDED");
      expect(outcome(desk.order("ada", "CUP", 1, saleId))).toBe("UNKNOWN_SALE");
    });
    it("holds its limit over orders and reservations together, and forgets what was given back", () => {
      const saleId = desk.sale({ limitPerCustomer: 2 });
      const { orderId } = desk.order("ada", "TEA", 1, saleId).answer;
      const { reservationId } = desk.reserve("ada", "TEA", 1, saleId).answer;
      expect(outcome(desk.order("ada", "TEA", 1, saleId))).toBe("LIMIT_REACHED");
      expect(outcome(desk.order("bob", "TEA", 2, saleId))).toBe("yes");
      desk.release("ada", reservationId);
      expect(outcome(desk.order("ada", "TEA", 1, saleId))).toBe("yes");
      desk.cancel(orderId);
      expect(outcome(desk.order("ada", "TEA", 1, saleId))).toBe("yes");
    });
    it("does not let a late claim pass the limit", () => {
      const saleId = desk.sale({ limitPerCustomer: 1 });
      const { reservationId } = desk.reserve("ada", "TEA", 1, saleId).answer;
      desk.later(120_000);
      expect(outcome(desk.order("ada", "TEA", 1, saleId))).toBe("yes");
      expect(outcome(desk.claim("ada", reservationId))).toBe("LIMIT_REACHED");
    });
    it("takes units back while it is on, and lets them go to the shelf afterwards", () => {
      const saleId = desk.sale();
      const { orderId } = desk.order("ada", "TEA", 2, saleId).answer;
      const { reservationId } = desk.reserve("bob", "TEA", 2, saleId).answer;
      desk.cancel(orderId);
      expect(desk.counters(saleId)).toEqual({ left: 3, held: 2, sold: 0 });
      desk.end(saleId);
      desk.release("bob", reservationId);
      expect([desk.free("TEA"), desk.counters(saleId)]).toEqual([10, { left: 0, held: 0, sold: 0 }]);
    });
    it("honours at its price what was held in time, though it has ended meanwhile", () => {
      const saleId = desk.sale();
      const { reservationId } = desk.reserve("ada", "TEA", 2, saleId).answer;
      desk.end(saleId);
      expect(desk.claim("ada", reservationId).answer.totals.linesMinor).toBe(1_000);
    });
    it("holds for as long as it says", () => {
      const { expiresAt } = desk.reserve("ada", "TEA", 1, desk.sale({ holdSeconds: 30 })).answer;
      expect(expiresAt).toBe(after(desk.now, 30_000));
    });
    it("is not ended as over before it is", () => {
      const saleId = desk.sale();
      expect(desk.end(saleId, "over")).toBe("SALE_NOT_OVER");
      desk.later(3_600_000);
      expect(desk.end(saleId, "over")).toBe("yes");
    });
  });
});
