import type { OrderLine, OrderTotals } from "../../events/orders.js";
import { defineCommand, type DecisionUnit } from "../../kernel/command.js";
import { Refusal } from "../../kernel/refusal.js";
import { Undecided } from "../../kernel/undecided.js";
import { productBy, productsOf } from "../catalog/catalog.steps.js";
import { customerIsKnown, customerOf } from "../customers/customers.steps.js";
import { reserve, stockOf, type StockLine } from "../inventory/inventory.steps.js";
import { orderStream } from "./order.decider.js";
import { priceLine, totalsOf, type ShippingTariff } from "./pricing.js";

/** Distinct products in one order. */
export const orderLinesMax = 500;
export const orderQuantityMax = 1_000_000;

export interface PlaceOrderInput {
  readonly customerId: string;
  readonly lines: readonly StockLine[];
}

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
 * CURRENCY_MISMATCH AMOUNT_TOO_LARGE OUT_OF_STOCK`.
 */
export function placeOrderWith(tariff: ShippingTariff) {
  return defineCommand<PlaceOrderInput, PlaceOrderAnswer>({
    name: "placeOrder",
    lane: "orders",
    correlationId: (_input, commandId) => commandId,
    needs: ({ customerId, lines }, commandId) => ({
      newStreams: [{ type: orderStream, id: commandId }],
      // A longer order is refused by its length: nothing is locked for it.
      rows: lines.length > orderLinesMax ? [] : [productsOf(lines.map(({ sku }) => sku)), stockOf(lines), customerOf(customerId)],
    }),
    decide({ customerId, lines }, unit) {
      const placed = placedBefore(unit, customerId, lines);
      if (placed) return placed;
      checkShape(lines);
      if (!customerIsKnown(unit, customerId)) {
        throw new Refusal("CUSTOMER_UNKNOWN", "Register the customer with upsertCustomer first: the parcel needs an address.", "customerId");
      }
      const priced = priceLines(lines, unit, tariff.currency);
      const totals = totalsOf(priced, tariff);
      if (!Number.isSafeInteger(totals.totalMinor)) throw new Refusal("AMOUNT_TOO_LARGE", "The order's total is too large; split it.", "lines");
      const stock = reserve(unit, lines);
      const orderId = unit.commandId;
      unit.execute(orderStream, orderId, { type: "PlaceOrder", orderId, customerId, lines: priced, totals, stock });
      return { orderId, totals, placedAt: unit.now };
    },
  });
}

/**
 * The order that this key began long ago, when its answer is no longer kept: it is answered again, and its units are not set aside twice.
 * @throws Undecided KEY_REUSED where that order was another one
 */
function placedBefore(unit: DecisionUnit, customerId: string, lines: readonly StockLine[]): PlaceOrderAnswer | null {
  const orderId = unit.commandId;
  const order = unit.state(orderStream, orderId);
  const placedAt = unit.begunAt(orderStream, orderId);
  if (order.status === "absent" || placedAt === null) return null;
  const same = order.customerId === customerId && order.lines.length === lines.length
    && order.lines.every(({ sku, quantity }, index) => lines[index]?.sku === sku && lines[index].quantity === quantity);
  if (!same) throw new Undecided("KEY_REUSED", "This idempotency key began another order before. Use a new key for a new order.");
  return { orderId, totals: order.totals, placedAt };
}

function checkShape(lines: readonly StockLine[]): void {
  if (lines.length === 0) throw new Refusal("NO_LINES", "An order has at least one line.", "lines");
  if (lines.length > orderLinesMax) {
    throw new Refusal("TOO_MANY_LINES", `An order has at most ${String(orderLinesMax)} lines; this one has ${String(lines.length)}.`, "lines");
  }
  const seen = new Set<string>();
  for (const [index, { sku, quantity }] of lines.entries()) {
    if (seen.has(sku)) throw new Refusal("DUPLICATE_SKU", `Name ${sku} once and add up its quantity.`, `lines.${String(index)}.sku`);
    seen.add(sku);
    if (!Number.isInteger(quantity) || quantity < 1 || quantity > orderQuantityMax) {
      throw new Refusal("INVALID_QUANTITY", `A quantity is 1 to ${String(orderQuantityMax)}.`, `lines.${String(index)}.quantity`);
    }
  }
}

function priceLines(lines: readonly StockLine[], unit: DecisionUnit, currency: string): readonly OrderLine[] {
  return lines.map(({ sku, quantity }, index) => {
    const product = productBy(unit, sku);
    if (!product) throw new Refusal("UNKNOWN_PRODUCT", `There is no product ${sku}.`, `lines.${String(index)}.sku`);
    if (product.currency !== currency) {
      throw new Refusal("CURRENCY_MISMATCH", `${sku} is priced in ${product.currency}, the shop sells in ${currency}.`, `lines.${String(index)}.sku`);
    }
    return priceLine({ ...product, quantity });
  });
}
