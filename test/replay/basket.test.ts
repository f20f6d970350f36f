import { describe, expect, it } from "@jest/globals";
import { readBasket } from "../../src/cli/replay/basket.js";

const read = (text: string) => readBasket({ number: 7, text });

describe("a basket", () => {
  it("is a line of product codes", () => {
    expect(read("10101,20014A,30555BL")).toEqual({
      line: 7, problem: null, notProducts: [],
      items: [{ sku: "10101", quantity: 1 }, { sku: "20014A", quantity: 1 }, { sku: "30555BL", quantity: 1 }],
    });
  });

  it("turns repeated codes into a quantity, whatever the case of their letters", () => {
    expect(read("20014a,10101,20014A,10101,10101").items).toEqual([{ sku: "20014A", quantity: 2 }, { sku: "10101", quantity: 3 }]);
  });

  it("names what is no product and uses the rest", () => {
    const words = ["POST", "M", "gift_0001_20", "1010", "101011", "10108ABC", "10109-A", "１０１０１", "BANK CHARGES", ""];
    expect(read([...words, "10101"].join(","))).toEqual({ line: 7, problem: null, notProducts: words, items: [{ sku: "10101", quantity: 1 }] });
  });

  it("does not mind blanks around a code", () => {
    expect(read(" 10101 ,10102\t").items.map(({ sku }) => sku)).toEqual(["10101", "10102"]);
  });

  it.each([["an empty line", "", []], ["blanks", "   ", []], ["no product", "DOT,C2", ["DOT", "C2"]]])("of %s orders nothing", (_what, text, notProducts) => {
    expect(read(text)).toEqual({ line: 7, items: [], notProducts, problem: "no product in it" });
  });

  it("may have 500 different products and no more", () => {
    const codes = (count: number): string => Array.from({ length: count }, (_, place) => String(50_000 + place)).join(",");
    expect(read(codes(500)).items).toHaveLength(500);
    expect(read(`${codes(500)},50000`).items).toHaveLength(500);
    expect(read(codes(501))).toEqual({ line: 7, items: [], notProducts: [], problem: "501 different products; an order takes at most 500" });
  });

  it("that nobody should read is refused", () => {
    expect(readBasket({ number: 7, text: null })).toEqual({ line: 7, items: [], notProducts: [], problem: "longer than 1048576 bytes" });
  });
});
