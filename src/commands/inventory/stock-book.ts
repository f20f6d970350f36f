import type { BookedFacts, ExpiredHold, SaleFact, StockFact } from "../../events/inventory.js";
import type { DecisionUnit } from "../../kernel/command.js";
import { stockItemState, type StockItem, type StockTold } from "./stock-item.write-state.js";
import { saleState, type SaleRow } from "./sale.write-state.js";
import { stockWatchStream } from "./stock-watch.decider.js";
import { UnitBook } from "./unit-book.js";

/** What the counters of a sale change by. */
export interface SaleMove {
  readonly left?: number;
  readonly held?: number;
  readonly sold?: number;
}

/** Books what one command does to stock and sales, and collects the facts. Nothing here knows why. */
export class StockBook {
  readonly #stock: StockFact[] = [];
  readonly #sales: SaleFact[] = [];
  readonly units: UnitBook;

  constructor(readonly unit: DecisionUnit) {
    this.units = new UnitBook(unit);
  }

  /** Units that nobody holds and that no sale has set aside. */
  free(sku: string): number {
    const { onHand, reserved } = this.item(sku);
    return onHand - reserved;
  }

  item(sku: string): StockItem {
    const item = this.unit.row(stockItemState, sku);
    if (!item) throw new Error(`there is no stock row of ${sku}: every product is given one with its first upsert`);
    return item;
  }

  sale(saleId: string): SaleRow | undefined {
    return this.unit.row(saleState, saleId);
  }

  /** @throws Error where the stock would become impossible: a bug, found before the table's check finds it */
  move(sku: string, onHandDelta: number, reservedDelta: number, expired?: ExpiredHold): void {
    const item = this.item(sku);
    const changed: StockItem = {
      ...item, onHand: item.onHand + onHandDelta, reserved: item.reserved + reservedDelta, version: item.version + 1,
    };
    const { onHand, reserved, version } = changed;
    if (reserved < 0 || onHand < reserved) throw new Error(`stock of ${sku} would become impossible: ${JSON.stringify(changed)}`);
    this.unit.put(stockItemState, changed);
    this.#stock.push({ sku, onHand, reserved, version, onHandDelta, reservedDelta, ...(expired ? { expired } : {}) });
  }

  moveSale(saleId: string, { left = 0, held = 0, sold = 0 }: SaleMove, expired?: ExpiredHold): void {
    const sale = this.sale(saleId);
    if (!sale) throw new Error(`the sale ${saleId} is not among the needs`);
    const changed: SaleRow = { ...sale, leftUnits: sale.leftUnits + left, held: sale.held + held, sold: sale.sold + sold, version: sale.version + 1 };
    if (changed.leftUnits < 0 || changed.held < 0 || changed.sold < 0) throw new Error(`the sale ${saleId} would become impossible: ${JSON.stringify(changed)}`);
    this.unit.put(saleState, changed);
    this.#sales.push(saleFact(changed, { left, held, sold }, expired));
  }

  /** The facts so far. Says also, on a stream of its own, where a product has run low or out by them. */
  close(): BookedFacts {
    for (const sku of new Set(this.#stock.map((fact) => fact.sku))) this.#tellLevel(sku);
    const { facts: units } = this.units;
    return { stock: this.#stock, sales: this.#sales, ...(units.length === 0 ? {} : { units }) };
  }

  #tellLevel(sku: string): void {
    const item = this.item(sku);
    const { told, lowAt, version: stockVersion } = item;
    const available = item.onHand - item.reserved;
    const level = levelOf(available, item);
    if (level === told) return;
    this.unit.put(stockItemState, { ...item, told: level });
    if (level === "low" && lowAt !== null) this.unit.begin(stockWatchStream, `${sku}@${String(stockVersion)}`, { type: "TellLow", sku, available, lowAt, stockVersion });
    if (level === "out") this.unit.begin(stockWatchStream, `${sku}@${String(stockVersion)}`, { type: "TellOut", sku, stockVersion });
  }
}

/** What is to be told of an item. From out it goes back to plenty and never to low, so that units which come and go are not told each time. */
function levelOf(available: number, { lowAt, told }: StockItem): StockTold {
  if (available === 0) return "out";
  if (lowAt === null || available > lowAt) return "plenty";
  return told === "out" ? "out" : "low";
}

export function saleFact({ id, sku, leftUnits, held, sold, version }: SaleRow, delta: Required<SaleMove>, expired?: ExpiredHold): SaleFact {
  return {
    saleId: id, sku, left: leftUnits, held, sold, version,
    leftDelta: delta.left, heldDelta: delta.held, soldDelta: delta.sold, ...(expired ? { expired } : {}),
  };
}
