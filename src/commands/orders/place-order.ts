import type { BookedFacts } from "../../events/inventory.js";
import type { OrderLine, OrderTotals } from "../../events/orders.js";
import { defineCommand, type DecisionUnit } from "../../kernel/command.js";
import { Refusal } from "../../kernel/refusal.js";
import { Undecided } from "../../kernel/undecided.js";
import { productsOf } from "../catalog/catalog.steps.js";
import { customerIsKnown, customerOf } from "../customers/customers.steps.js";
import { buyerOf, saleFor, StockBook, take, takingNeeds, type WantedLine } from "../inventory/inventory.steps.js";
import { keepMethod, readWish, type PaymentWish } from "../payments/payment-wish.steps.js";
import { claim, linesOfReservation, reservationNeed, rowsOfClaim, type ReservationRef } from "../inventory/reservation.steps.js";
import { orderStream, type Order } from "./order.decider.js";
import { checkShape, orderLinesMax, priceWanted } from "./order-lines.js";
import { totalsOf, type ShippingTariff } from "./pricing.js";

interface Paid {
  readonly customerId: string;
  /** The provider's default where absent. It stands in no event and no answer. */
  readonly payment?: PaymentWish;
}

export interface PlaceOrderInput extends Paid {
  readonly lines: readonly WantedLine[];
}

/** An order of what a reservation holds. */
export interface PlaceReservedOrderInput extends ReservationRef, Paid {}

/** The answer is kept with the key and replayed whole. */
export type PlaceOrderAnswer = {
  readonly orderId: string;
  readonly totals: OrderTotals;
  /** RFC 3339. */
  readonly placedAt: string;
};

/**
 * Takes an order: prices it, sets its units aside, and fixes its total for good; all or nothing.
 * The order's id is the command's id, so that it stays unique after the key has been pruned.
 * Refuses with `NO_LINES TOO_MANY_LINES DUPLICATE_SKU INVALID_QUANTITY UNKNOWN_PRODUCT CUSTOMER_UNKNOWN
 * CURRENCY_MISMATCH AMOUNT_TOO_LARGE OUT_OF_STOCK UNITS_REQUIRED CARD_DATA_REFUSED INVALID_TOKEN`, and of sales `UNKNOWN_SALE SALE_NOT_STARTED SALE_ENDED LIMIT_REACHED PASS_REQUIRED`.
 */
export function placeOrderWith(tariff: ShippingTariff) {
  return defineCommand<PlaceOrderInput, PlaceOrderAnswer>({
    name: "placeOrder",
    lane: "orders",
    correlationId: (_input, commandId) => commandId,
    hotKeys: ({ lines }) => lines.map(({ sku }) => sku),
    needs: ({ customerId, lines }, commandId) => ({
      newStreams: [{ type: orderStream, id: commandId }],
      // A longer order is refused by its length: nothing is locked for it.
      rows: lines.length > orderLinesMax ? [] : [productsOf(lines.map(({ sku }) => sku)), customerOf(customerId), ...takingNeeds(lines, buyerOf(customerId))],
    }),
    decide({ customerId, lines, payment }, unit) {
      const placed = placedBefore(unit, (order) => order.customerId === customerId && order.reservationId === null && sameLines(order.lines, lines));
      if (placed) return placed;
      checkShape(lines);
      checkCustomer(unit, customerId);
      const book = new StockBook(unit);
      const priced = lines.map((line, index) => priceWanted(unit, line, saleFor(book, line, fieldOf(index)), tariff.currency, fieldOf(index)));
      const totals = totalsOrRefusal(priced, tariff);
      for (const [index, line] of lines.entries()) take(book, line, buyerOf(customerId), fieldOf(index));
      return place(unit, { customerId, payment, lines: priced, totals, facts: book.close() });
    },
  });
}

/**
 * Takes an order of what a reservation holds, at the price of the sale it was held in. Refuses with `RESERVATION_UNKNOWN
 * RESERVATION_CLAIMED RESERVATION_RELEASED RESERVATION_EXPIRED LIMIT_REACHED CUSTOMER_UNKNOWN CURRENCY_MISMATCH AMOUNT_TOO_LARGE
 * CARD_DATA_REFUSED INVALID_TOKEN`.
 */
export function placeReservedOrderWith(tariff: ShippingTariff) {
  return defineCommand<PlaceReservedOrderInput, PlaceOrderAnswer>({
    // The same verb to the caller: one key cannot name an order of lines and an order of a reservation.
    name: "placeOrder",
    lane: "orders",
    correlationId: (_input, commandId) => commandId,
    needs: (input, commandId) => ({
      newStreams: [{ type: orderStream, id: commandId }],
      streams: [reservationNeed(input)],
      rows: [customerOf(input.customerId)],
    }),
    rowsOf: (input, read) => [productsOf(linesOfReservation(input, read).map(({ sku }) => sku)), ...rowsOfClaim(input, buyerOf(input.customerId), read)],
    decide(input, unit) {
      const { customerId, reservationId, payment } = input;
      const placed = placedBefore(unit, (order) => order.customerId === customerId && order.reservationId === reservationId);
      if (placed) return placed;
      checkCustomer(unit, customerId);
      const book = new StockBook(unit);
      const claimed = claim(book, input, buyerOf(customerId), unit.commandId);
      const priced = claimed.map((line) => priceWanted(unit, line, line.sale, tariff.currency, "reservationId"));
      return place(unit, { customerId, payment, lines: priced, totals: totalsOrRefusal(priced, tariff), facts: book.close(), reservationId });
    },
  });
}

interface Placing {
  readonly customerId: string;
  readonly payment: PaymentWish | undefined;
  readonly lines: readonly OrderLine[];
  readonly totals: OrderTotals;
  readonly facts: BookedFacts;
  readonly reservationId?: string;
}

function place(unit: DecisionUnit, { customerId, payment, lines, totals, facts, reservationId }: Placing): PlaceOrderAnswer {
  const orderId = unit.commandId;
  const wish = payment && readWish(payment.method, payment.token, "payment");
  unit.execute(orderStream, orderId, {
    type: "PlaceOrder", orderId, customerId, lines, totals, ...facts, ...(reservationId === undefined ? {} : { reservationId }),
    ...(wish === undefined || wish.method === "CARD" ? {} : { method: wish.method }),
  });
  keepMethod(unit, orderId, wish);
  return { orderId, totals, placedAt: unit.now };
}

/**
 * The order that this key began long ago, when its answer is no longer kept: it is answered again, and its units are not set aside twice.
 * @throws Undecided KEY_REUSED where that order was another one
 */
function placedBefore(unit: DecisionUnit, isSame: (order: Exclude<Order, { status: "absent" }>) => boolean): PlaceOrderAnswer | null {
  const orderId = unit.commandId;
  const order = unit.state(orderStream, orderId);
  const placedAt = unit.begunAt(orderStream, orderId);
  if (order.status === "absent" || placedAt === null) return null;
  if (!isSame(order)) throw new Undecided("KEY_REUSED", "This idempotency key began another order before. Use a new key for a new order.");
  return { orderId, totals: order.totals, placedAt };
}

function sameLines(ordered: readonly OrderLine[], wanted: readonly WantedLine[]): boolean {
  return ordered.length === wanted.length && ordered.every(({ sku, quantity, saleId = null }, index) => {
    const line = wanted[index];
    return line?.sku === sku && line.quantity === quantity && (line.saleId ?? null) === saleId;
  });
}

function checkCustomer(unit: DecisionUnit, customerId: string): void {
  if (customerIsKnown(unit, customerId)) return;
  throw new Refusal("CUSTOMER_UNKNOWN", "Register the customer with upsertCustomer first: the parcel needs an address.", "customerId");
}

function totalsOrRefusal(lines: readonly OrderLine[], tariff: ShippingTariff): OrderTotals {
  const totals = totalsOf(lines, tariff);
  if (!Number.isSafeInteger(totals.totalMinor)) throw new Refusal("AMOUNT_TOO_LARGE", "The order's total is too large; split it.", "lines");
  return totals;
}

function fieldOf(index: number): string {
  return `lines.${String(index)}`;
}
