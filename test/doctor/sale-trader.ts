import { expireReservations, releaseReservation, updateReservation } from "../../src/commands/inventory/change-reservation.js";
import { endSale } from "../../src/commands/inventory/end-sale.js";
import { reserveStockWith, type ReserveStockAnswer } from "../../src/commands/inventory/reserve-stock.js";
import { scheduleSale } from "../../src/commands/inventory/schedule-sale.js";
import type { SaleTerms } from "../../src/events/sales.js";
import { placeReservedOrderWith } from "../../src/commands/orders/place-order.js";
import type { ReservedLine } from "../../src/events/reservations.js";
import type { SaleEnded } from "../../src/events/sales.js";
import { Trader, tariff, type Sale } from "./trader.js";

const hourMs = 3_600_000;
/** Units of the shelf are held that long. */
const holdSeconds = 600;
const reserveStock = reserveStockWith(holdSeconds);
const placeReservedOrder = placeReservedOrderWith(tariff);

/** Trades in sales and reservations as well. */
export class SaleTrader extends Trader {
  /** Eight units at 2.00 in a sale that is on, three a customer, but for what is said otherwise. */
  async schedule(key: string, sku: string, terms: Partial<SaleTerms> = {}): Promise<string> {
    const moment = (milliseconds: number): string => new Date(Date.now() + milliseconds).toISOString();
    const { saleId } = await this.send(scheduleSale, {
      sku, priceMinor: 200, currency: tariff.currency, allocation: 8, startsAt: moment(-hourMs), endsAt: moment(hourMs), limitPerCustomer: 3,
      holdSeconds, waitingRoom: null, ...terms,
    }, key);
    return saleId;
  }

  end(saleId: string, reason: SaleEnded["reason"] = "ended"): Promise<unknown> {
    return this.send(endSale, { saleId, reason }, `end:${saleId}`);
  }

  reserve(key: string, buyer: string, ...lines: readonly ReservedLine[]): Promise<ReserveStockAnswer> {
    return this.send(reserveStock, { buyer, lines }, key);
  }

  change(reservationId: string, buyer: string, ...lines: readonly ReservedLine[]): Promise<unknown> {
    return this.send(updateReservation, { reservationId, buyer, guest: null, lines }, `change:${reservationId}`);
  }

  release(reservationId: string, buyer: string): Promise<unknown> {
    return this.send(releaseReservation, { reservationId, buyer, guest: null }, `release:${reservationId}`);
  }

  expire(reservationId: string): Promise<unknown> {
    return this.send(expireReservations, { reservationIds: [reservationId] }, `expire:${reservationId}`);
  }

  /** @param guest whose reservation it was, where a guest made it */
  async claim(reservationId: string, customerId: string, guest: string | null = null): Promise<Sale> {
    const { orderId, totals } = await this.send(placeReservedOrder, { reservationId, customerId, guest }, `claim:${reservationId}`);
    return { orderId, totalMinor: totals.totalMinor, lines: [] };
  }
}
