import "reflect-metadata";
import { describe, expect, it } from "@jest/globals";
import { upsertProducts } from "../../src/commands/catalog/upsert-products.js";
import type { DecisionUnit } from "../../src/kernel/command.js";
import { fromDecimalString, isCurrency, minorDigitsOf, portionOf, shareOf, toDecimalString } from "../../src/kernel/money.js";
import { ConfigurationError, readSettings } from "../../src/platform/config/config.js";
import { readMoney } from "../../src/platform/graphql/money.type.js";
import { refusalOf } from "../support/specification.js";

/** A product is looked at before anything else is. */
const nothing = {} as DecisionUnit;

describe("currencies of ISO 4217", () => {
  it.each([["EUR", 2], ["JPY", 0], ["KWD", 3], ["CLF", 4], ["ISK", 0], ["HUF", 2], ["UYW", 4]])("%s has %i digits", (code, digits) => {
    expect(isCurrency(code)).toBe(true);
    expect(minorDigitsOf(code)).toBe(digits);
  });

  it.each(["XAU", "XXX", "XTS", "XDR", "ABC", "eur", "EURO", ""])("%s is none that anything can be sold in", (code) => {
    expect(isCurrency(code)).toBe(false);
  });

  it("that are no longer used stay readable", () => {
    expect(isCurrency("HRK")).toBe(false);
    expect(toDecimalString({ amountMinor: 1_050, currency: "HRK" })).toBe("10.50");
  });

  it("are written and read with their own digits", () => {
    expect(toDecimalString({ amountMinor: 1_999, currency: "JPY" })).toBe("1999");
    expect(toDecimalString({ amountMinor: -5, currency: "KWD" })).toBe("-0.005");
    expect(fromDecimalString("1.999", "KWD")).toBe(1_999);
    expect(fromDecimalString("1.999", "EUR")).toBeNull();
    expect(fromDecimalString("19.9", "JPY")).toBeNull();
  });

  it("are refused where they come in", () => {
    expect(() => readSettings({ SHOP_CURRENCY: "ABC" })).toThrow(ConfigurationError);
    expect(() => readSettings({ SHOP_CURRENCY: "XAU" })).toThrow(/SHOP_CURRENCY: must be the ISO 4217 code of a currency, e\.g\. EUR \(found "XAU"\)/);
    expect(readSettings({ SHOP_CURRENCY: "KWD" }).SHOP_CURRENCY).toBe("KWD");
    const product = { sku: "LAMP", name: "Lamp", priceMinor: 1, weightGrams: 1, taxBasisPoints: 0 };
    expect(refusalOf(() => upsertProducts.decide({ products: [{ ...product, currency: "ABC" }] }, nothing))).toBe("UNKNOWN_CURRENCY");
    expect(() => readMoney({ amount: "1", currency: "XTS" })).toThrow("XTS is no currency of ISO 4217.");
  });
});

describe("shares", () => {
  it("are rounded half away from zero, portions half up", () => {
    expect([shareOf(50, 100), shareOf(-50, 100), shareOf(49, 100)]).toEqual([1, -1, 0]);
    expect([portionOf(5, 1, 2), portionOf(5, 1, 3), portionOf(5, 3, 3), portionOf(0, 1, 3)]).toEqual([3, 2, 5, 0]);
  });
});
