import { describe, it } from "@jest/globals";
import fc from "fast-check";
import { SaleDesk } from "./sale-desk.js";

type Step = (desk: SaleDesk, known: Known) => void;

/** Ids that earlier steps were given; a step names one by its place, whatever became of it. */
interface Known {
  readonly reservations: string[];
  readonly orders: string[];
  readonly sales: string[];
}

const who = fc.constantFrom("ada", "bob", "eve");
const sku = fc.constantFrom("TEA", "CUP");
const quantity = fc.integer({ min: 1, max: 6 });
const place = fc.nat({ max: 9 });
const at = (ids: readonly string[], index: number): string => ids[index % Math.max(ids.length, 1)] ?? "unknown";
const saleOr = (known: Known, index: number): string | null => (index < 3 || known.sales.length === 0 ? null : at(known.sales, index));

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(who, sku, quantity, place).map(([buyer, product, units, index]): Step => (desk, known) => {
    const { refusal, answer } = desk.reserve(buyer, product, units, saleOr(known, index));
    if (!refusal) known.reservations.push(answer.reservationId);
  }),
  fc.tuple(who, sku, quantity, place).map(([buyer, product, units, index]): Step => (desk, known) => {
    const { refusal, answer } = desk.order(buyer, product, units, saleOr(known, index) ?? undefined);
    if (!refusal) known.orders.push(answer.orderId);
  }),
  fc.tuple(who, place).map(([buyer, index]): Step => (desk, known) => {
    const { refusal, answer } = desk.claim(buyer, at(known.reservations, index));
    if (!refusal) known.orders.push(answer.orderId);
  }),
  fc.tuple(who, place, sku, quantity, place).map(([buyer, index, product, units, sale]): Step => (desk, known) => {
    desk.change(buyer, at(known.reservations, index), product, units, saleOr(known, sale));
  }),
  fc.tuple(who, place).map(([buyer, index]): Step => (desk, known) => { desk.release(buyer, at(known.reservations, index)); }),
  fc.tuple(place, place).map(([one, other]): Step => (desk, known) => { desk.expire(...new Set([at(known.reservations, one), at(known.reservations, other)])); }),
  place.map((index): Step => (desk, known) => { desk.cancel(at(known.orders, index)); }),
  fc.tuple(fc.integer({ min: 1, max: 4 }), fc.option(fc.integer({ min: 1, max: 3 }))).map(([allocation, limitPerCustomer]): Step => (desk, known) => {
    if (known.sales.length < 3 && desk.free("TEA") >= allocation) known.sales.push(desk.sale({ allocation, limitPerCustomer }));
  }),
  fc.tuple(place, fc.constantFrom("over" as const, "ended" as const, "cancelled" as const)).map(([index, reason]): Step => (desk, known) => { desk.end(at(known.sales, index), reason); }),
  fc.constantFrom(1, 60_000, 120_000, 600_000, 3_600_000).map((milliseconds): Step => (desk) => { desk.later(milliseconds); }),
);

describe("whatever buyers, sweepers and operators do, in any order", () => {
  it("the books are right between any two steps", () => {
    fc.assert(fc.property(fc.array(steps, { maxLength: 40 }), (plan) => {
      const desk = new SaleDesk({ TEA: 8, CUP: 5 });
      const known: Known = { reservations: [], orders: [], sales: [] };
      for (const step of plan) {
        step(desk, known);
        desk.checkBooks();
      }
    }), { numRuns: 300 });
  });
});
