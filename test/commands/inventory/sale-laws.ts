import { expect } from "@jest/globals";
import { saleState } from "../../../src/commands/inventory/sale.write-state.js";
import { stockItemState } from "../../../src/commands/inventory/stock-item.write-state.js";
import type { SaleFact, StockFact } from "../../../src/events/inventory.js";
import type { Desk } from "../desk.js";

interface WithFacts { readonly stock?: readonly StockFact[]; readonly sales?: readonly SaleFact[] }

const categories = ["order", "reservation", "sale", "receipt"];

/** What the events say of the counters: each fact goes on where the one before it ended, and the last one is the row. */
export function saleFactsOf(desk: Desk): { check(): void } {
  const events = categories.flatMap((category) => desk.streams(category)).flat() as readonly WithFacts[];
  return {
    check() {
      const stock = events.flatMap((event) => event.stock ?? []);
      for (const { sku, reserved, version } of desk.all(stockItemState)) {
        const chain = stock.filter((fact) => fact.sku === sku).sort((a, b) => a.version - b.version);
        expect(chain.map((fact) => fact.version)).toEqual(Array.from({ length: version }, (_, index) => index + 1));
        expect(chain.reduce((sum, fact) => sum + fact.reservedDelta, 0)).toBe(reserved);
      }
      const sales = events.flatMap((event) => event.sales ?? []);
      for (const { id, leftUnits, held, sold, version } of desk.all(saleState)) {
        const chain = sales.filter((fact) => fact.saleId === id).sort((a, b) => a.version - b.version);
        expect(chain.map((fact) => fact.version)).toEqual(Array.from({ length: version }, (_, index) => index + 1));
        const sum = (pick: (fact: SaleFact) => number): number => chain.reduce((total, fact) => total + pick(fact), 0);
        expect([sum((fact) => fact.leftDelta), sum((fact) => fact.heldDelta), sum((fact) => fact.soldDelta)]).toEqual([leftUnits, held, sold]);
      }
    },
  };
}
