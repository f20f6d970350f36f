import { describe, expect, it } from "@jest/globals";
import { priceLine, totalsOf } from "../../src/commands/orders/pricing.js";

describe("pricing", () => {
  const product = { sku: "TEA", name: "Tea", quantity: 1, priceMinor: 100, weightGrams: 0, taxBasisPoints: 0 };
  const tariff = { currency: "EUR", baseMinor: 490, perKilogramMinor: 50, taxBasisPoints: 1_900 };

  it.each([
    { priceMinor: 50, taxBasisPoints: 100, taxMinor: 1 }, // 0.5 goes away from zero
    { priceMinor: 49, taxBasisPoints: 100, taxMinor: 0 },
    { priceMinor: 150, taxBasisPoints: 100, taxMinor: 2 }, // 1.5, where a banker's 2 and ours are the same
    { priceMinor: 250, taxBasisPoints: 100, taxMinor: 3 }, // 2.5, where a banker would say 2
    { priceMinor: 799, taxBasisPoints: 700, taxMinor: 56 }, // 55.93
    { priceMinor: 115, taxBasisPoints: 10_000, taxMinor: 115 },
  ])("rounds the tax of $priceMinor at $taxBasisPoints half away from zero", ({ taxMinor, ...given }) =>
    expect(priceLine({ ...product, ...given }).taxMinor).toBe(taxMinor));

  it("rounds once a line, not once a unit", () =>
    expect(priceLine({ ...product, priceMinor: 49, quantity: 10, taxBasisPoints: 100 })).toMatchObject({ netMinor: 490, taxMinor: 5 }));

  it("makes a total that adds up", () => {
    const lines = [priceLine({ ...product, priceMinor: 50, taxBasisPoints: 100 }), priceLine({ ...product, sku: "CUP", priceMinor: 50, taxBasisPoints: 100 })];
    // The sum of rounded taxes (1 + 1) and that of shipping (93.1): not the tax of the sum.
    expect(totalsOf(lines, tariff)).toEqual({ currency: "EUR", linesMinor: 100, shippingMinor: 490, taxMinor: 95, totalMinor: 685 });
  });

  it.each([[0, 490], [1, 540], [1_000, 540], [1_001, 590]])("asks for each kilogram begun: %d g cost %d", (weightGrams, shippingMinor) =>
    expect(totalsOf([priceLine({ ...product, weightGrams })], tariff).shippingMinor).toBe(shippingMinor));

  it("tells an amount that cannot be counted by its total", () =>
    expect(Number.isSafeInteger(totalsOf([priceLine({ ...product, priceMinor: 10_000_000_000, quantity: 1_000_000 })], tariff).totalMinor)).toBe(false));
});
