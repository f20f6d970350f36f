import type { UnitFact } from "../../events/inventory.js";
import type { DecisionUnit } from "../../kernel/command.js";
import { stockUnitState, unitKey, type StockUnit } from "./stock-unit.write-state.js";

/** Books what one command does to numbered units, and collects the facts. Nothing here knows why. */
export class UnitBook {
  readonly facts: UnitFact[] = [];

  constructor(private readonly unit: DecisionUnit) {}

  find(sku: string, unitId: string): StockUnit | undefined {
    return this.unit.row(stockUnitState, unitKey(sku, unitId));
  }

  /** A unit that is there for sure: it is an order's, or a reservation's. */
  get(sku: string, unitId: string): StockUnit {
    const unit = this.find(sku, unitId);
    if (!unit) throw new Error(`the unit ${unitKey(sku, unitId)} is not among the needs, or not there`);
    return unit;
  }

  /** Whether a unit can be had: also one whose hold is over, from that very moment on. */
  isFree({ state, heldUntil }: StockUnit): boolean {
    return state === "free" || (state === "held" && heldUntil !== null && heldUntil <= this.unit.now);
  }

  /** A unit that is held so already stays as it is. */
  hold(unit: StockUnit, reservationId: string, heldUntil: string): void {
    if (unit.reservationId === reservationId && unit.heldUntil === heldUntil) return;
    this.#change(unit, { state: "held", reservationId, orderId: null, heldUntil }, ["free", "held"]);
  }

  sell(unit: StockUnit, orderId: string): void {
    this.#change(unit, { state: "sold", reservationId: null, orderId, heldUntil: null }, ["free", "held"]);
  }

  giveBack(unit: StockUnit): void {
    this.#change(unit, { state: "free", reservationId: null, orderId: null, heldUntil: null }, ["held", "sold"]);
  }

  ship(unit: StockUnit): void {
    this.#change(unit, { state: "gone" }, ["sold"]);
  }

  /** A unit that comes in for the first time, or comes back. */
  receive(unit: Pick<StockUnit, "sku" | "unitId" | "rowLabel" | "place">): void {
    const version = this.find(unit.sku, unit.unitId)?.version ?? 0;
    this.#put({ ...unit, id: unitKey(unit.sku, unit.unitId), state: "free", reservationId: null, orderId: null, heldUntil: null, version: version + 1 });
  }

  /** @throws Error where the unit was in another state: a bug, found before the books are wrong */
  #change(unit: StockUnit, changes: Partial<StockUnit>, from: readonly StockUnit["state"][]): void {
    if (!from.includes(unit.state)) throw new Error(`the unit ${unit.id} is ${unit.state} and cannot become ${String(changes.state)}`);
    this.#put({ ...unit, ...changes, version: unit.version + 1 });
  }

  #put(row: StockUnit): void {
    this.unit.put(stockUnitState, row);
    const { sku, unitId, rowLabel, place, state, reservationId, orderId, heldUntil, version } = row;
    this.facts.push({ sku, unitId, row: rowLabel, place, state, reservationId, orderId, heldUntil, version });
  }
}
