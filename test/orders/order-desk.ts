import { expect } from "@jest/globals";
import { readOrder } from "../../src/cli/doctor/order-laws.js";
import { productState } from "../../src/commands/catalog/product.write-state.js";
import { reserveUnitsWith } from "../../src/commands/inventory/reserve-units.js";
import { saleState } from "../../src/commands/inventory/sale.write-state.js";
import { stockItemState } from "../../src/commands/inventory/stock-item.write-state.js";
import { stockUnitState, unitKey } from "../../src/commands/inventory/stock-unit.write-state.js";
import { unitShelfState } from "../../src/commands/inventory/unit-shelf.write-state.js";
import { confirmParcelBooked, confirmPayment } from "../../src/commands/orders/follow-order.js";
import { advanceParcel, noteParcelFound, noteParcelLost, returnIdOf, type ParcelNews } from "../../src/commands/orders/follow-parcel.js";
import { heldLines } from "../../src/commands/orders/order-units.js";
import type { LivingOrder } from "../../src/commands/orders/order-state.js";
import { packParcels } from "../../src/commands/shipping/parcels.js";
import { bookConsumer, shipmentIdOf, type BookCause } from "../../src/commands/shipping/book.job.js";
import type { ReturnRefund } from "../../src/events/order-returns.js";
import type { OrderEvent } from "../../src/events/orders.js";
import type { ParcelLine } from "../../src/events/shipping.js";
import type { CommandDefinition } from "../../src/kernel/command.js";
import type { DomainEvent } from "../../src/kernel/event.js";
import type { Json } from "../../src/kernel/json.js";
import { Undecided } from "../../src/kernel/undecided.js";
import { outcome, SaleDesk } from "../commands/inventory/sale-desk.js";

/** A parcel that a courier has, and has told of or not. */
interface BookedParcel {
  readonly orderId: string;
  readonly shipmentId: string;
  readonly packing: number;
  readonly parcelCount: number;
  readonly lines: readonly ParcelLine[];
}

export const seats = ["x", "y", "z"];

/** A shop whose orders are paid for, packed, sent and sent back; jobs and news wait until a test lets them run, in any order. */
export class OrderDesk extends SaleDesk {
  readonly jobs: BookCause[] = [];
  readonly news: BookedParcel[] = [];
  readonly parcels = new Map<string, BookedParcel>();
  readonly #atFirst: ReadonlyMap<string, number>;

  constructor(units: Readonly<Record<string, number>>) {
    super(units);
    this.#atFirst = new Map(Object.entries(units));
    // A price and a tax that do not share evenly.
    for (const sku of Object.keys(units)) this.put(productState, { sku, name: sku, priceMinor: 333, currency: "EUR", weightGrams: 400, taxBasisPoints: 1_900, sizeMm: null });
    this.put(productState, { sku: "SEAT", name: "Seat", priceMinor: 101, currency: "EUR", weightGrams: 0, taxBasisPoints: 700, sizeMm: null });
    this.put(stockItemState, { sku: "SEAT", onHand: 0, reserved: 0, version: 0, lowAt: null, told: "plenty", tracked: true });
    this.put(unitShelfState, { sku: "SEAT", tracked: true, moreElsewhere: false });
    for (const unitId of seats) {
      this.put(stockUnitState, { id: unitKey("SEAT", unitId), sku: "SEAT", unitId, rowLabel: null, place: null, state: "free", reservationId: null, orderId: null, heldUntil: null, version: 1 });
    }
  }

  /** Sends a command, and keeps the jobs that follow from it. @returns the code it was refused with, or "yes" */
  tell<Input, Answer extends Json>(definition: CommandDefinition<Input, Answer>, input: Input): string {
    try {
      const decision = this.send(definition, input);
      this.follow(decision.events.map(({ event }) => event));
      return outcome(decision);
    } catch (error) {
      if (error instanceof Undecided) return error.reason;
      throw error;
    }
  }

  follow(events: readonly DomainEvent[]): void {
    for (const event of events as readonly BookCause[]) if (bookConsumer.on.includes(event.type) && bookConsumer.when?.(event)) this.jobs.push(event);
  }

  orderSeats(who: string, unitIds: readonly string[]): string | null {
    const lines = [{ sku: "SEAT", quantity: unitIds.length, unitIds, adjacent: false }];
    const reserved = this.send(reserveUnitsWith(600), { buyer: `customer:${who}`, lines }, { role: "customer", id: who });
    return reserved.refusal ? null : this.claim(who, reserved.answer.reservationId).answer.orderId;
  }

  /** As the order's process does it. */
  money(orderId: string, authorized: boolean): void {
    const input = { orderId, paymentId: `p-${orderId}`, ...(authorized ? { authorized: true as const } : {}) };
    if (this.tell(confirmPayment, input) !== "yes") this.tell(confirmPayment, { ...input, unwanted: true });
  }

  /** As the job of shipping does it. */
  runJob(index: number): void {
    const [job] = this.jobs.splice(index, 1);
    if (!job) return;
    const { orderId, lines = [] } = job;
    const packing = "packing" in job ? job.packing : 1;
    const order = this.orderOf(orderId);
    if (order.status === "ON_HOLD" || order.status === "CANCELLED" || order.packing !== packing) return;
    const packed = packParcels(lines, { maxGrams: 800, maxMm: [1_200, 600, 600] });
    for (const [at, parcel] of packed.entries()) {
      const booked = { orderId, shipmentId: shipmentIdOf(orderId, packing, at), packing, parcelCount: packed.length, lines: parcel.lines };
      if (this.parcels.has(booked.shipmentId)) continue; // a courier gives one label to one key
      this.parcels.set(booked.shipmentId, booked);
      this.news.push(booked);
    }
  }

  tellNews(index: number): void {
    const [news] = this.news.splice(index, 1);
    if (news) this.tell(confirmParcelBooked, news);
  }

  advance(shipmentId: string, milestone: ParcelNews, refund: ReturnRefund = "inspection"): void {
    const parcel = this.parcels.get(shipmentId);
    if (parcel) this.tell(advanceParcel, { orderId: parcel.orderId, shipmentId, milestone, refund });
  }

  /** Nobody knows where it is, or it turned up. */
  lose(shipmentId: string, isLost: boolean): void {
    const parcel = this.parcels.get(shipmentId);
    if (parcel) this.tell(isLost ? noteParcelLost : noteParcelFound, { orderId: parcel.orderId, shipmentId });
  }

  settle(): void {
    while (this.jobs.length > 0) this.runJob(0);
    while (this.news.length > 0) this.tellNews(0);
  }

  orderOf(orderId: string): LivingOrder {
    const found = this.orders().find(({ order }) => order.orderId === orderId);
    if (!found) throw new Error(`there is no order ${orderId}`);
    return found.order;
  }

  orders(): readonly { readonly order: LivingOrder; readonly events: readonly OrderEvent[] }[] {
    return this.streams("order").map((stream) => {
      const events = stream as readonly OrderEvent[];
      const reading = readOrder(`order-${events[0]?.orderId ?? ""}`, events.map(({ type, ...data }, index) => ({ version: index + 1, type, data })));
      const { order, sequence, stock, parcels } = reading;
      expect({ sequence, stock, parcels }).toEqual({ sequence: [], stock: [], parcels: [] });
      if (order.status === "absent") throw new Error("an order without its placing");
      return { order, events };
    });
  }

  /** All that must hold between any two steps. */
  checkLaws(): void {
    const orders = this.orders();
    for (const [sku, atFirst] of this.#atFirst) {
      const { onHand = 0, reserved = 0 } = this.row(stockItemState, sku) ?? {};
      const held = orders.flatMap(({ order }) => heldLines(order)).filter((line) => line.sku === sku).reduce((sum, { quantity }) => sum + quantity, 0);
      const left = this.all(saleState).filter((sale) => sale.sku === sku).reduce((sum, { leftUnits }) => sum + leftUnits, 0);
      expect({ sku, reserved }).toEqual({ sku, reserved: held + left });
      expect({ sku, onHand }).toEqual({ sku, onHand: atFirst + orders.reduce((sum, { events }) => sum + movedBy(sku, events), 0) });
    }
    for (const { order } of orders) {
      const { revertedMinor, totals: { totalMinor } } = order;
      expect(revertedMinor).toBeGreaterThanOrEqual(0);
      // What came back by itself may be refunded later, in part, or not at all.
      const cameBack = [...order.parcels.values()].some(({ status }) => status === "returning");
      if (order.stage === "CANCELLED" || (order.stage === "RETURNED" && !cameBack)) expect(revertedMinor).toBe(totalMinor);
      else if (order.stage === "RETURNED") expect(revertedMinor).toBeLessThanOrEqual(totalMinor);
      else if (!cameBack) expect(revertedMinor).toBeLessThan(totalMinor);
      for (const shipmentId of order.parcels.keys()) expect(this.parcels.get(shipmentId)?.packing).toBe(order.packing);
    }
    const owners = orders.flatMap(({ order }) => heldLines(order).flatMap(({ unitIds = [] }) => unitIds.map((unitId) => [unitId, order.orderId] as const)));
    const sold = this.all(stockUnitState).filter(({ state }) => state === "sold").map(({ unitId, orderId }) => [unitId, orderId] as const);
    expect(new Map(owners)).toEqual(new Map(sold));
    expect(owners).toHaveLength(sold.length);
  }
}

/** Sent out takes away, and only what was found good brings back. */
function movedBy(sku: string, events: readonly OrderEvent[]): number {
  const parcels = new Map(events.flatMap((event) => (event.type === "OrderParcelBooked" || event.type === "OrderAllocated" ? [[event.shipmentId, event.lines] as const] : [])));
  const uncounted = new Set<string>();
  return events.reduce((sum, event) => {
    if (event.type === "OrderParcelShipped") return sum - of(sku, parcels.get(event.shipmentId) ?? []);
    if (event.type === "OrderParcelStrayed") {
      if (event.uncounted) uncounted.add(returnIdOf(event.shipmentId));
      return event.uncounted ? sum : sum - of(sku, event.lines);
    }
    if (event.type === "OrderReturnInspected" && !uncounted.has(event.returnId)) return sum + of(sku, event.inspected.map((line) => ({ sku: line.sku, quantity: line.restocked })));
    return sum;
  }, 0);
}

function of(sku: string, lines: readonly ParcelLine[]): number {
  return lines.filter((line) => line.sku === sku).reduce((sum, { quantity }) => sum + quantity, 0);
}
