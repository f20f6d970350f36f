import { productBy, productsOf } from "../catalog/catalog.steps.js";
import type { SaleTerms } from "../../events/sales.js";
import { defineCommand } from "../../kernel/command.js";
import { Refusal } from "../../kernel/refusal.js";
import { millisecondsBetween } from "../../kernel/time.js";
import { Undecided } from "../../kernel/undecided.js";
import { takingNeeds } from "./inventory.steps.js";
import { takeFromShelf } from "./sale-units.js";
import { saleStream, type Sale } from "./sale.decider.js";
import { saleState, type SaleRow } from "./sale.write-state.js";
import { StockBook, saleFact } from "./stock-book.js";
import { openRoom, roomsOf } from "./waiting-room.steps.js";

export const allocationMax = 10_000_000;
export const holdSecondsMax = 86_400;
export const holdSecondsDefault = 600;
export const saleDaysMax = 366;
export const passSecondsMax = 3_600;
export const ratePerSecondMax = 10_000;

/**
 * Sets units aside to be sold at another price for a while. Refuses with `UNKNOWN_PRODUCT CURRENCY_MISMATCH INVALID_PRICE
 * INVALID_ALLOCATION INVALID_WINDOW INVALID_LIMIT INVALID_HOLD_TIME INVALID_WAITING_ROOM OUT_OF_STOCK UNITS_REQUIRED`.
 */
export const scheduleSale = defineCommand<SaleTerms, { readonly saleId: string }>({
  name: "scheduleSale",
  correlationId: (_input, commandId) => commandId,
  needs: ({ sku }, commandId) => ({
    newStreams: [{ type: saleStream, id: commandId }],
    // The rows of the sale and its room are not there yet; they are named so that their tables are among what may be written.
    rows: [productsOf([sku]), ...takingNeeds([{ sku, saleId: null }], ""), { state: saleState, keys: [commandId] }, roomsOf([commandId])],
  }),
  decide(input, unit) {
    const saleId = unit.commandId;
    if (scheduledBefore(unit.state(saleStream, saleId), input)) return { saleId };
    const { sku, allocation, waitingRoom, ...terms } = input;
    checkTerms(input, unit.now);
    const product = productBy(unit, sku);
    if (!product) throw new Refusal("UNKNOWN_PRODUCT", `There is no product ${sku}.`, "sku");
    if (product.currency !== input.currency) throw new Refusal("CURRENCY_MISMATCH", `${sku} is priced in ${product.currency}.`, "price");
    const book = new StockBook(unit);
    takeFromShelf(book, { sku, quantity: allocation, saleId: null }, "allocation");
    const row: SaleRow = { id: saleId, sku, ...terms, waitingRoom: waitingRoom !== null, ended: false, leftUnits: allocation, held: 0, sold: 0, version: 1 };
    unit.put(saleState, row);
    openRoom(unit, saleId, input);
    unit.execute(saleStream, saleId, {
      type: "Schedule", saleId, ...input, stock: book.close().stock, sales: [saleFact(row, { left: allocation, held: 0, sold: 0 })],
    });
    return { saleId };
  },
});

/** @throws Undecided KEY_REUSED where this key scheduled another sale long ago */
function scheduledBefore(sale: Sale, { sku, allocation, startsAt, endsAt }: SaleTerms): boolean {
  if (sale.status === "absent") return false;
  const same = sale.sku === sku && sale.allocation === allocation && sale.startsAt === startsAt && sale.endsAt === endsAt;
  if (!same) throw new Undecided("KEY_REUSED", "This idempotency key scheduled another sale before. Use a new key for a new sale.");
  return true;
}

function checkTerms({ priceMinor, allocation, startsAt, endsAt, limitPerCustomer, holdSeconds, waitingRoom }: SaleTerms, now: string): void {
  if (!Number.isSafeInteger(priceMinor) || priceMinor < 0) throw new Refusal("INVALID_PRICE", "A price is zero or more, with no more digits than its currency has.", "price");
  if (!isCount(allocation, allocationMax)) throw new Refusal("INVALID_ALLOCATION", `Set 1 to ${String(allocationMax)} units aside.`, "allocation");
  if (!(startsAt < endsAt)) throw new Refusal("INVALID_WINDOW", "A sale ends after it began.", "endsAt");
  if (endsAt <= now) throw new Refusal("INVALID_WINDOW", "This sale would be over already.", "endsAt");
  if (millisecondsBetween(startsAt, endsAt) > saleDaysMax * 86_400_000) throw new Refusal("INVALID_WINDOW", `A sale lasts at most ${String(saleDaysMax)} days.`, "endsAt");
  if (limitPerCustomer !== null && !isCount(limitPerCustomer, allocationMax)) throw new Refusal("INVALID_LIMIT", "A customer may have one unit or more; leave the limit out for any number.", "limitPerCustomer");
  if (!isCount(holdSeconds, holdSecondsMax)) throw new Refusal("INVALID_HOLD_TIME", `Units are held for 1 to ${String(holdSecondsMax)} seconds.`, "holdSeconds");
  if (waitingRoom === null) return;
  const { ratePerSecond, passSeconds } = waitingRoom;
  if (limitPerCustomer === null) throw new Refusal("INVALID_WAITING_ROOM", "A sale with a waiting room needs a limit per customer: passes are counted in it.", "limitPerCustomer");
  if (!isCount(ratePerSecond, ratePerSecondMax)) throw new Refusal("INVALID_WAITING_ROOM", `Let 1 to ${String(ratePerSecondMax)} tickets in a second.`, "waitingRoom.ratePerSecond");
  if (!isCount(passSeconds, passSecondsMax)) throw new Refusal("INVALID_WAITING_ROOM", `A pass holds for 1 to ${String(passSecondsMax)} seconds.`, "waitingRoom.passSeconds");
}

function isCount(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= max;
}
