import { expect } from "@jest/globals";
import { productState } from "../../../src/commands/catalog/product.write-state.js";
import { customerKeyState } from "../../../src/commands/customers/personal.write-state.js";
import { expireReservations, releaseReservation, updateReservation } from "../../../src/commands/inventory/change-reservation.js";
import { endSale } from "../../../src/commands/inventory/end-sale.js";
import { holdLineState } from "../../../src/commands/inventory/hold-line.write-state.js";
import { reserveStockWith } from "../../../src/commands/inventory/reserve-stock.js";
import { saleBuyerState, saleState } from "../../../src/commands/inventory/sale.write-state.js";
import { scheduleSale } from "../../../src/commands/inventory/schedule-sale.js";
import type { SaleTerms } from "../../../src/events/sales.js";
import { stockItemState } from "../../../src/commands/inventory/stock-item.write-state.js";
import { cancelOrder } from "../../../src/commands/orders/cancel-order.js";
import { orderDecider } from "../../../src/commands/orders/order.decider.js";
import { heldLines } from "../../../src/commands/orders/order-units.js";
import { placeOrderWith, placeReservedOrderWith } from "../../../src/commands/orders/place-order.js";
import { saleFactsOf } from "./sale-laws.js";
import type { OrderEvent } from "../../../src/events/orders.js";
import { fold } from "../../../src/kernel/decider.js";
import { after } from "../../../src/kernel/time.js";
import type { Decision } from "../../../src/platform/bus/decide-batch.js";
import { Desk } from "../desk.js";

const tariff = { currency: "EUR", baseMinor: 0, perKilogramMinor: 0, taxBasisPoints: 0 };
export const placeOrder = placeOrderWith(tariff);
export const placeReserved = placeReservedOrderWith(tariff);
export const reserveStock = reserveStockWith(600);

/** What became of a command: the code it was refused with, or "yes". */
export function outcome({ refusal }: Decision): string {
  return refusal?.code ?? "yes";
}

/** A shop that sells tea and cups, where somebody reserves, orders, and changes his mind. */
export class SaleDesk extends Desk {
  constructor(units: Readonly<Record<string, number>> = { TEA: 10, CUP: 10 }, customers: readonly string[] = ["ada", "bob", "eve"]) {
    super();
    for (const [sku, onHand] of Object.entries(units)) {
      this.put(productState, { sku, name: sku, priceMinor: 1_000, currency: "EUR", weightGrams: 0, taxBasisPoints: 0, sizeMm: null });
      this.put(stockItemState, { sku, onHand, reserved: 0, version: 0, lowAt: null, told: "plenty", tracked: false });
    }
    for (const id of customers) this.put(customerKeyState, { id });
  }

  sale(terms: Partial<SaleTerms> = {}): string {
    const decision = this.send(scheduleSale, {
      sku: "TEA", priceMinor: 500, currency: "EUR", allocation: 5, startsAt: this.now, endsAt: after(this.now, 3_600_000),
      limitPerCustomer: null, holdSeconds: 120, waitingRoom: null, ...terms,
    });
    expect(outcome(decision)).toBe("yes");
    return decision.answer.saleId;
  }

  reserve(who: string, sku: string, quantity: number, saleId: string | null = null): Decision & { answer: { reservationId: string; expiresAt: string } } {
    return this.send(reserveStock, { buyer: `customer:${who}`, lines: [{ sku, quantity, saleId }] }, { role: "customer", id: who });
  }

  change(who: string, reservationId: string, sku: string, quantity: number, saleId: string | null = null): string {
    return outcome(this.send(updateReservation, { buyer: `customer:${who}`, guest: null, reservationId, lines: [{ sku, quantity, saleId }] }));
  }

  release(who: string, reservationId: string): string {
    return outcome(this.send(releaseReservation, { buyer: `customer:${who}`, guest: null, reservationId }));
  }

  claim(who: string, reservationId: string, guest: string | null = null) {
    return this.send(placeReserved, { customerId: who, reservationId, guest }, { role: "customer", id: who });
  }

  order(who: string, sku: string, quantity: number, saleId?: string) {
    return this.send(placeOrder, { customerId: who, lines: [{ sku, quantity, ...(saleId === undefined ? {} : { saleId }) }] }, { role: "customer", id: who });
  }

  cancel(orderId: string): string {
    return outcome(this.send(cancelOrder, { orderId, reason: "" }));
  }

  expire(...reservationIds: string[]): number {
    return this.send(expireReservations, { reservationIds }).answer.expired;
  }

  end(saleId: string, reason: "over" | "ended" | "cancelled" = "ended"): string {
    return outcome(this.send(endSale, { saleId, reason }));
  }

  free(sku: string): number {
    const item = this.row(stockItemState, sku);
    return item ? item.onHand - item.reserved : Number.NaN;
  }

  counters(saleId: string): { left: number; held: number; sold: number } {
    const sale = this.row(saleState, saleId);
    return { left: sale?.leftUnits ?? Number.NaN, held: sale?.held ?? Number.NaN, sold: sale?.sold ?? Number.NaN };
  }

  /** All that must hold between any two commands. */
  checkBooks(): void {
    const orders = this.streams("order").map((events) => fold(orderDecider, events as OrderEvent[]));
    const ordered = orders.flatMap((order) => (order.status === "absent" ? [] : heldLines(order).map((line) => ({ ...line, customerId: order.customerId }))));
    const holds = this.all(holdLineState);
    const sum = (quantities: readonly { readonly quantity: number }[]): number => quantities.reduce((total, { quantity }) => total + quantity, 0);
    for (const { sku, onHand, reserved } of this.all(stockItemState)) {
      const inSales = this.all(saleState).filter((sale) => sale.sku === sku).reduce((total, { leftUnits }) => total + leftUnits, 0);
      expect({ sku, reserved }).toEqual({ sku, reserved: sum(ordered.filter((line) => line.sku === sku)) + sum(holds.filter((line) => line.sku === sku)) + inSales });
      expect(reserved).toBeLessThanOrEqual(onHand);
    }
    for (const sale of this.all(saleState)) {
      const sold = ordered.filter(({ saleId }) => saleId === sale.id);
      expect({ held: sale.held, sold: sale.sold }).toEqual({ held: sum(holds.filter(({ saleId }) => saleId === sale.id)), sold: sum(sold) });
      for (const { id, bought } of this.all(saleBuyerState).filter((row) => row.id.startsWith(`${sale.id}/`))) {
        expect(bought).toBe(sum(sold.filter(({ customerId }) => id.endsWith(`/customer:${customerId}`))));
        if (sale.limitPerCustomer !== null) expect(bought).toBeLessThanOrEqual(sale.limitPerCustomer);
      }
    }
    saleFactsOf(this).check();
  }
}
