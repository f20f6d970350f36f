import { expect } from "@jest/globals";
import { admitTickets } from "../../src/commands/inventory/admit-tickets.js";
import { promisedUnits } from "../../src/commands/inventory/admission.js";
import { joinSaleQueue, type JoinSaleQueueAnswer } from "../../src/commands/inventory/join-sale-queue.js";
import { leaveSaleQueue } from "../../src/commands/inventory/leave-sale-queue.js";
import { saleRoomState, type SaleRoomRow } from "../../src/commands/inventory/sale-room.write-state.js";
import { saleTicketState } from "../../src/commands/inventory/sale-ticket.write-state.js";
import type { SaleTerms } from "../../src/events/sales.js";
import type { Decision } from "../../src/platform/bus/decide-batch.js";
import { outcome, SaleDesk } from "../commands/inventory/sale-desk.js";

export const rules = { ratePerSecond: 10, passSeconds: 100 };

/** A shop in memory with a sale of tea that has a waiting room. */
export class RoomDesk extends SaleDesk {
  readonly saleId: string;

  constructor(terms: Partial<SaleTerms> = {}, units = 100) {
    super({ TEA: units }, ["ada", "bob", "eve"]);
    this.saleId = this.sale({ limitPerCustomer: 1, waitingRoom: rules, ...terms });
  }

  get room(): SaleRoomRow {
    return this.row(saleRoomState, this.saleId)!;
  }

  join(who: string): Decision & { readonly answer: JoinSaleQueueAnswer } {
    return this.send(joinSaleQueue, { saleId: this.saleId, buyer: `customer:${who}` }, { role: "customer", id: who });
  }

  /** Buyers `b1`, `b2` and so on. */
  joinMany(count: number): void {
    for (let number = 1; number <= count; number += 1) expect(outcome(this.join(`b${String(number)}`))).toBe("yes");
  }

  leave(who: string): string {
    return outcome(this.send(leaveSaleQueue, { saleId: this.saleId, buyer: `customer:${who}` }));
  }

  /** How many are let in; looks again so many milliseconds later. */
  admit(afterMs = 0): number {
    this.later(afterMs);
    return this.send(admitTickets, { saleId: this.saleId, sku: "TEA" }, { role: "system", id: "waiting-room" }).answer.admitted;
  }

  take(who: string, quantity = 1): string {
    return outcome(this.reserve(who, "TEA", quantity, this.saleId));
  }

  /** The books of stock and sale, and the law of the room: who was let in can be served. */
  override checkBooks(): void {
    super.checkBooks();
    const { leftUnits, ended } = { leftUnits: this.counters(this.saleId).left, ended: this.room.state === "ENDED" };
    if (!ended) expect(promisedUnits(this.room, this.now)).toBeLessThanOrEqual(leftUnits);
    const tickets = this.all(saleTicketState);
    expect(tickets.map(({ number }) => number).sort((a, b) => a - b)).toEqual(Array.from({ length: this.room.nextNumber - 1 }, (_, index) => index + 1));
    for (const { from, to, used } of this.room.steps) {
      expect(used).toBe(tickets.filter(({ number, done }) => from <= number && number <= to && done !== null).length);
    }
  }
}
