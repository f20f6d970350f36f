import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { billOf, grossOf, type BillableLine, type CapturedOrder } from "../../src/commands/invoices/bill.js";
import { creditOf, leftOf, openAfter, type Open } from "../../src/commands/invoices/credit.js";
import { revertedBy } from "../../src/commands/orders/order-amounts.js";
import { priceLine, totalsOf } from "../../src/commands/orders/pricing.js";
import type { OrderLine, OrderTotals } from "../../src/events/orders.js";
import type { ParcelLine } from "../../src/events/shipping.js";

const shippingRate = 700;

interface Placed { readonly lines: readonly OrderLine[]; readonly totals: OrderTotals }

const placed: fc.Arbitrary<Placed> = fc.array(fc.record({
  quantity: fc.integer({ min: 1, max: 9 }), priceMinor: fc.integer({ min: 0, max: 9_999 }), weightGrams: fc.integer({ min: 0, max: 900 }),
  taxBasisPoints: fc.constantFrom(0, 700, 1_900, 333),
}), { minLength: 1, maxLength: 5 }).map((wanted) => {
  const lines = wanted.map((product, index) => priceLine({ ...product, sku: `S${index}`, name: `Product ${index}` }));
  return { lines, totals: totalsOf(lines, { currency: "EUR", baseMinor: 490, perKilogramMinor: 55, taxBasisPoints: shippingRate }) };
});

/** Calls off some units at a time, as the order computes it; never all of them. */
function callOff({ lines, totals }: Placed, steps: readonly (readonly [line: number, units: number])[]): { calledOff: { lines: ParcelLine[]; revertedMinor: number }[]; revertedMinor: number } {
  const back = new Map<string, number>();
  const calledOff: { lines: ParcelLine[]; revertedMinor: number }[] = [];
  let revertedMinor = 0;
  for (const [index, units] of steps) {
    const line = lines[index % lines.length]!;
    const quantity = Math.min(units, line.quantity - (back.get(line.sku) ?? 0));
    const left = lines.reduce((sum, each) => sum + each.quantity - (back.get(each.sku) ?? 0), 0);
    if (quantity < 1 || quantity === left) continue;
    const reverted = revertedBy({ lines, totals, back, revertedMinor }, [{ sku: line.sku, quantity }]);
    back.set(line.sku, (back.get(line.sku) ?? 0) + quantity);
    revertedMinor += reverted.revertedMinor;
    calledOff.push({ lines: [{ sku: line.sku, quantity }], revertedMinor: reverted.revertedMinor });
  }
  return { calledOff, revertedMinor };
}

const steps = fc.array(fc.tuple(fc.nat(4), fc.integer({ min: 1, max: 5 })), { maxLength: 6 }) as fc.Arbitrary<readonly (readonly [number, number])[]>;

function openOf(order: CapturedOrder): Open {
  const { lines, taxTotals, adjustmentMinor } = billOf(order, shippingRate);
  return { lines: lines.map((line) => ({ ...line, back: 0 })), taxTotals, adjustmentMinor };
}

const units = (lines: readonly ParcelLine[]): number => lines.reduce((sum, { quantity }) => sum + quantity, 0);

describe("what an invoice adds up to", () => {
  it("is what was captured, whatever was called off before, without an adjustment", () => {
    fc.assert(fc.property(placed, steps, (order, wanted) => {
      const { calledOff, revertedMinor } = callOff(order, wanted);
      const capturedMinor = order.totals.totalMinor - revertedMinor;
      const bill = billOf({ ...order, calledOff, capturedMinor }, shippingRate);
      expect(grossOf([...bill.lines, bill.shipping])).toBe(capturedMinor);
      expect(grossOf(bill.taxTotals)).toBe(capturedMinor);
      expect(bill).toMatchObject({ adjustmentMinor: 0, totalMinor: capturedMinor, shipping: { taxBasisPoints: shippingRate } });
      expect(units(bill.lines)).toBe(units(order.lines) - units(calledOff.flatMap(({ lines }) => lines)));
    }), { numRuns: 500 });
  });

  it("has the lines that were charged where the charge overtook the calling off", () => {
    fc.assert(fc.property(placed, steps, fc.nat(6), (order, wanted, known) => {
      const { calledOff } = callOff(order, wanted);
      const capturedMinor = order.totals.totalMinor - calledOff.slice(0, known).reduce((sum, { revertedMinor }) => sum + revertedMinor, 0);
      const bill = billOf({ ...order, calledOff, capturedMinor }, shippingRate);
      expect(bill.adjustmentMinor).toBe(0);
      expect(grossOf([...bill.lines, bill.shipping])).toBe(capturedMinor);
    }));
  });

  it("is what was captured, whatever was captured", () => {
    fc.assert(fc.property(placed, steps, fc.integer({ min: 1, max: 100_000 }), (order, wanted, capturedMinor) => {
      const { calledOff } = callOff(order, wanted);
      const bill = billOf({ ...order, calledOff, capturedMinor }, shippingRate);
      expect(grossOf([...bill.lines, bill.shipping]) + bill.adjustmentMinor).toBe(capturedMinor);
    }));
  });

  it("keeps the tax that shipping was charged where the rate was changed meanwhile", () => {
    const line: BillableLine = { sku: "A", name: "A", quantity: 1, unitPriceMinor: 1_000, taxBasisPoints: 1_900, taxMinor: 190 };
    const totals = { currency: "EUR", linesMinor: 1_000, shippingMinor: 500, taxMinor: 225, totalMinor: 1_725 };
    const bill = billOf({ lines: [line], totals, calledOff: [], capturedMinor: 1_725 }, 1_900);
    expect(bill.shipping).toEqual({ netMinor: 500, taxMinor: 35, taxBasisPoints: null });
    expect(bill.taxTotals).toEqual([{ taxBasisPoints: 1_900, netMinor: 1_000, taxMinor: 190 }, { taxBasisPoints: null, netMinor: 500, taxMinor: 35 }]);
  });
});

describe("what a credit note adds up to", () => {
  it("is its amount, and all of them together take net and tax of each rate to nothing", () => {
    fc.assert(fc.property(placed, fc.array(fc.tuple(fc.integer({ min: 1, max: 5_000 }), fc.boolean(), fc.nat(4)), { maxLength: 8 }), (order, refunds) => {
      fc.pre(order.totals.totalMinor > 0);
      let open = openOf({ ...order, calledOff: [], capturedMinor: order.totals.totalMinor });
      const give = (amountMinor: number, returned: readonly ParcelLine[]): void => {
        const credit = creditOf(open, amountMinor, returned);
        expect(grossOf(credit.taxTotals) + credit.adjustmentMinor).toBe(amountMinor);
        open = openAfter(open, credit);
        for (const { netMinor, taxMinor } of open.taxTotals) expect([netMinor >= 0, taxMinor >= 0]).toEqual([true, true]);
      };
      for (const [wanted, named, index] of refunds) {
        const line = order.lines[index % order.lines.length]!;
        if (leftOf(open) > 1) give(Math.min(wanted, leftOf(open) - 1), named ? [{ sku: line.sku, quantity: 1 }] : []);
      }
      give(leftOf(open), []);
      expect(open.taxTotals).toEqual([]);
      expect(leftOf(open)).toBe(0);
    }), { numRuns: 500 });
  });

  it("is the net and tax of the lines that came back, as the order gave for them", () => {
    fc.assert(fc.property(placed, steps, (order, wanted) => {
      let open = openOf({ ...order, calledOff: [], capturedMinor: order.totals.totalMinor });
      for (const { lines, revertedMinor } of callOff(order, wanted).calledOff) {
        const credit = creditOf(open, revertedMinor, lines);
        const { taxBasisPoints, unitPriceMinor } = order.lines.find(({ sku }) => sku === lines[0]!.sku)!;
        expect(credit).toMatchObject({ lines, adjustmentMinor: 0 });
        if (revertedMinor > 0) expect(credit.taxTotals).toMatchObject([{ taxBasisPoints, netMinor: unitPriceMinor * lines[0]!.quantity }]);
        open = openAfter(open, credit);
      }
    }), { numRuns: 500 });
  });

  it("is an adjustment where more goes back than there is", () => {
    const open = openAfter({ lines: [], taxTotals: [{ taxBasisPoints: 0, netMinor: 100, taxMinor: 0 }], adjustmentMinor: 0 }, { lines: [], taxTotals: [], adjustmentMinor: 0 });
    expect(creditOf(open, 101, [])).toEqual({ lines: [], taxTotals: [], adjustmentMinor: 101 });
  });
});
