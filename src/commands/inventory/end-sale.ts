import type { SaleEnded } from "../../events/sales.js";
import { defineCommand } from "../../kernel/command.js";
import { Refusal } from "../../kernel/refusal.js";
import { stockOf } from "./inventory.steps.js";
import { saleStream } from "./sale.decider.js";
import { saleState } from "./sale.write-state.js";
import { StockBook } from "./stock-book.js";
import { closeRoom, roomsOf } from "./waiting-room.steps.js";

export interface EndSaleInput {
  readonly saleId: string;
  /** `over`: the sweeper, once the window is; the others: an operator, at any time. */
  readonly reason: SaleEnded["reason"];
}

/**
 * Ends a sale: what is left goes back to the shelf. What is held may still be claimed at the sale's price until its time is over.
 * A sale that has ended stays so. Refuses with `UNKNOWN_SALE SALE_NOT_OVER`.
 */
export const endSale = defineCommand<EndSaleInput, { readonly saleId: string }>({
  name: "endSale",
  correlationId: ({ saleId }) => saleId,
  needs: ({ saleId }) => ({ streams: [{ type: saleStream, id: saleId }] }),
  rowsOf: ({ saleId }, read) => {
    const sale = read.state(saleStream, saleId);
    return sale.status === "absent" ? [] : [stockOf([sale]), { state: saleState, keys: [saleId] }, ...(sale.waitingRoom ? [roomsOf([saleId])] : [])];
  },
  decide({ saleId, reason }, unit) {
    const sale = unit.state(saleStream, saleId);
    if (sale.status === "absent") throw new Refusal("UNKNOWN_SALE", "There is no such sale.", "saleId");
    if (sale.status !== "SCHEDULED") return { saleId };
    if (reason === "over" && unit.now < sale.endsAt) throw new Refusal("SALE_NOT_OVER", `The sale goes on until ${sale.endsAt}.`, "saleId");
    const book = new StockBook(unit);
    const { leftUnits: left, sku } = rowOf(book, saleId);
    book.moveSale(saleId, { left: -left });
    if (left > 0) book.move(sku, 0, -left);
    unit.put(saleState, { ...rowOf(book, saleId), ended: true });
    if (sale.waitingRoom) closeRoom(unit, saleId);
    unit.execute(saleStream, saleId, { type: "End", saleId, sku, reason, ...book.close() });
    return { saleId };
  },
});

function rowOf(book: StockBook, saleId: string): NonNullable<ReturnType<StockBook["sale"]>> {
  const row = book.sale(saleId);
  if (!row) throw new Error(`the sale ${saleId} has events and no row`);
  return row;
}
