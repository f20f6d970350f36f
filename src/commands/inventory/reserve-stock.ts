import { productBy, productsOf } from "../catalog/catalog.steps.js";
import type { ReservedLine } from "../../events/reservations.js";
import { defineCommand, type DecisionUnit } from "../../kernel/command.js";
import { Refusal } from "../../kernel/refusal.js";
import { Undecided } from "../../kernel/undecided.js";
import { after } from "../../kernel/time.js";
import { holdLineKey, holdLineState, type HoldLine } from "./hold-line.write-state.js";
import { takingNeeds } from "./inventory.steps.js";
import { reservationStream } from "./reservation.decider.js";
import { takeFromSale, takeFromShelf } from "./sale-units.js";
import { StockBook } from "./stock-book.js";

export const reservationLinesMax = 100;
export const reservationQuantityMax = 1_000_000;

export interface ReserveStockInput {
  /** `customer:<id>` or `guest:<hash of the secret>`. */
  readonly buyer: string;
  readonly lines: readonly ReservedLine[];
}

/** Until when the units are held; RFC 3339. */
export type ReserveStockAnswer = { readonly reservationId: string; readonly expiresAt: string };

/**
 * Holds units for a buyer for a while; all lines or none. The shortest time of the sales among them counts, else the shop's.
 * Refuses with `NO_LINES TOO_MANY_LINES DUPLICATE_SKU INVALID_QUANTITY UNKNOWN_PRODUCT OUT_OF_STOCK UNITS_REQUIRED`, and of sales
 * `UNKNOWN_SALE SALE_NOT_STARTED SALE_ENDED LIMIT_REACHED PASS_REQUIRED`.
 * @param holdSeconds how long units of the shelf are held
 */
export function reserveStockWith(holdSeconds: number) {
  return defineCommand<ReserveStockInput, ReserveStockAnswer>({
    name: "reserveStock",
    lane: "orders",
    hotKeys: ({ lines }) => lines.map(({ sku }) => sku),
    needs: ({ buyer, lines }, commandId) => ({
      newStreams: [{ type: reservationStream, id: commandId }],
      rows: lines.length > reservationLinesMax ? [] : [productsOf(lines.map(({ sku }) => sku)), ...takingNeeds(lines, buyer)],
    }),
    decide({ buyer, lines }, unit) {
      const reservationId = unit.commandId;
      const made = unit.state(reservationStream, reservationId);
      if (made.status !== "absent") {
        if (JSON.stringify(made.lines) === JSON.stringify(lines)) return { reservationId, expiresAt: made.expiresAt };
        throw new Undecided("KEY_REUSED", "This idempotency key made another reservation before. Use a new key for a new one.");
      }
      checkLines(unit, lines);
      const book = new StockBook(unit);
      const seconds = lines.map((line, index) => hold(book, line, buyer, `lines.${String(index)}`) ?? holdSeconds);
      const expiresAt = after(unit.now, Math.min(...seconds) * 1_000);
      keepHolds(unit, { reservationId, buyer, expiresAt }, lines);
      unit.execute(reservationStream, reservationId, { type: "Make", reservationId, buyer, lines, expiresAt, ...book.close() });
      return { reservationId, expiresAt };
    },
  });
}

/** Keeps what a reservation holds: a row a line. */
export function keepHolds(unit: DecisionUnit, holder: Pick<HoldLine, "reservationId" | "buyer" | "expiresAt">, lines: readonly ReservedLine[]): void {
  for (const { sku, quantity, saleId } of lines) unit.put(holdLineState, { id: holdLineKey(holder.reservationId, sku), ...holder, sku, quantity, saleId });
}

/** Takes a line's units to be held; of its sale the same reservation `had` some before. @returns seconds that its sale holds them; null from the shelf */
export function hold(book: StockBook, line: ReservedLine, buyer: string, field: string, had = 0): number | null {
  const { sku, quantity, saleId } = line;
  if (saleId !== null) return takeFromSale(book, { sku, quantity, saleId, had }, buyer, "held", field).holdSeconds;
  takeFromShelf(book, line, field);
  return null;
}

/** @throws Refusal NO_LINES TOO_MANY_LINES DUPLICATE_SKU INVALID_QUANTITY UNKNOWN_PRODUCT */
export function checkLines(unit: DecisionUnit, lines: readonly ReservedLine[]): void {
  if (lines.length === 0) throw new Refusal("NO_LINES", "Name at least one product.", "lines");
  if (lines.length > reservationLinesMax) throw new Refusal("TOO_MANY_LINES", `A reservation has at most ${String(reservationLinesMax)} lines.`, "lines");
  const seen = new Set<string>();
  for (const [index, { sku, quantity }] of lines.entries()) {
    const field = `lines.${String(index)}`;
    if (seen.has(sku)) throw new Refusal("DUPLICATE_SKU", `Name ${sku} once and add up its quantity.`, `${field}.sku`);
    seen.add(sku);
    if (!Number.isInteger(quantity) || quantity < 1 || quantity > reservationQuantityMax) {
      throw new Refusal("INVALID_QUANTITY", `A quantity is 1 to ${String(reservationQuantityMax)}.`, `${field}.quantity`);
    }
    if (!productBy(unit, sku)) throw new Refusal("UNKNOWN_PRODUCT", `There is no product ${sku}.`, `${field}.sku`);
  }
}
