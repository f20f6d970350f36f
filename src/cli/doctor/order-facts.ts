import type { Order } from "../../commands/orders/order.decider.js";
import { bookedParcelLines, heldLines, orderedLines } from "../../commands/orders/order-units.js";
import type { SaleFact, StockFact } from "../../events/inventory.js";
import type { OrderEvent } from "../../events/orders.js";

export type StockedEvent = Extract<OrderEvent, { readonly stock: unknown }>;

/** What an event did to one line's counters: `on_hand` and `reserved` of its SKU; left, held and sold of its sale. */
interface Effect {
  readonly stock?: readonly [onHand: number, reserved: number];
  readonly sale?: readonly [left: number, held: number, sold: number];
}

interface Line {
  readonly sku: string;
  readonly quantity: number;
  readonly saleId?: string;
  readonly unitIds?: readonly string[];
}

/**
 * Whether the facts of stock and sales are what the event did: placing and reinstating set aside, cancelling gives back what
 * is still held, shipping takes a parcel's lines out, a return brings back what is good. Facts that gave back a hold whose time was over stand beside these.
 */
export function factsFit(event: StockedEvent, order: Order): boolean {
  const [stock, sales]: [readonly StockFact[], readonly SaleFact[]] = [event.stock, "sales" in event ? event.sales : []];
  if (!expiriesFit(event, stock, sales)) return false;
  const ofSku = sums(stock, ({ sku }) => sku, ({ onHandDelta, reservedDelta }) => [onHandDelta, reservedDelta]);
  const ofSale = sums(sales, ({ saleId }) => saleId, ({ leftDelta, heldDelta, soldDelta }) => [leftDelta, heldDelta, soldDelta]);
  for (const line of linesOf(event, order)) {
    const { sku, saleId = "" } = line;
    const found = inWords(ofSku.get(sku), ofSale.get(saleId));
    if (!possible(event, line).some((effect) => inWords(effect.stock, effect.sale) === found)) return false;
    ofSku.delete(sku);
    ofSale.delete(saleId);
  }
  return ofSku.size === 0 && ofSale.size === 0;
}

/** Numbered units are not counted: they have laws of their own. */
function linesOf(event: StockedEvent, order: Order): readonly Line[] {
  return allLinesOf(event, order).filter(({ quantity, unitIds }) => unitIds === undefined && quantity > 0);
}

function allLinesOf(event: StockedEvent, order: Order): readonly Line[] {
  if (event.type === "OrderPlaced") return event.lines;
  if (order.status === "absent") return [];
  const asOrdered = (sku: string, quantity: number): readonly Line[] => order.lines.filter((line) => line.sku === sku).map((line) => ({ ...line, quantity }));
  switch (event.type) {
    case "OrderCancelled": return heldLines(order);
    case "OrderReinstated": return orderedLines(order);
    case "OrderParcelShipped": return bookedParcelLines(order, event.shipmentId);
    case "OrderLinesCancelled": return event.cancelled.flatMap(({ sku, quantity }) => asOrdered(sku, quantity));
    case "OrderParcelStrayed": return event.uncounted ? [] : event.lines.flatMap(({ sku, quantity }) => asOrdered(sku, quantity));
    case "OrderReturnInspected": {
      const shipmentId = order.returns.get(event.returnId)?.shipmentId ?? "";
      // What could not be taken out when it left is not brought back either.
      return order.strays.get(shipmentId)?.counted === false ? [] : event.inspected.flatMap(({ sku, restocked }) => asOrdered(sku, restocked));
    }
  }
}

/** All that the event may have done to a line: what a reservation held, and what goes back into a sale that is over, is another thing. */
function possible(event: StockedEvent, { quantity: units, saleId }: Line): readonly Effect[] {
  switch (event.type) {
    case "OrderPlaced": {
      const anew: Effect = saleId === undefined ? { stock: [0, units] } : { sale: [-units, 0, units] };
      if (event.reservationId === undefined) return [anew];
      return [anew, saleId === undefined ? {} : { sale: [0, -units, units] }];
    }
    case "OrderReinstated":
      return [saleId === undefined ? { stock: [0, units] } : { sale: [-units, 0, units] }];
    case "OrderCancelled":
    case "OrderLinesCancelled":
      if (saleId === undefined) return [{ stock: [0, -units] }];
      return [{ sale: [units, 0, -units] }, { stock: [0, -units], sale: [0, 0, -units] }];
    case "OrderParcelShipped":
      return [{ stock: [-units, -units] }];
    case "OrderParcelStrayed":
      return [{ stock: [-units, 0] }];
    case "OrderReturnInspected":
      return [{ stock: [units, 0] }];
  }
}

/** Only who takes units ends the holds of others, and each of these facts gives back exactly what was held. */
function expiriesFit({ type }: StockedEvent, stock: readonly StockFact[], sales: readonly SaleFact[]): boolean {
  if (type !== "OrderPlaced" && type !== "OrderReinstated") return [...stock, ...sales].every(({ expired }) => expired === undefined);
  return stock.every(({ expired, onHandDelta, reservedDelta }) => !expired || (onHandDelta === 0 && reservedDelta === -expired.quantity))
    && sales.every(({ expired, leftDelta, heldDelta, soldDelta }) => !expired || (leftDelta === expired.quantity && heldDelta === -expired.quantity && soldDelta === 0));
}

function sums<Fact extends StockFact | SaleFact>(facts: readonly Fact[], keyOf: (fact: Fact) => string, deltasOf: (fact: Fact) => readonly number[]): Map<string, readonly number[]> {
  const found = new Map<string, readonly number[]>();
  for (const fact of facts) {
    if (fact.expired) continue;
    const before = found.get(keyOf(fact)) ?? [];
    found.set(keyOf(fact), deltasOf(fact).map((delta, place) => delta + (before[place] ?? 0)));
  }
  return found;
}

/** Zeros and their signs are all one. */
function inWords(stock: readonly number[] | undefined, sale: readonly number[] | undefined): string {
  return JSON.stringify([stock ?? null, sale ?? null]);
}
