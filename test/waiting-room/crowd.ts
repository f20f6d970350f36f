import type pg from "pg";
import { promisedUnits } from "../../src/commands/inventory/admission.js";
import { joinSaleQueue, type JoinSaleQueueAnswer } from "../../src/commands/inventory/join-sale-queue.js";
import { leaveSaleQueue } from "../../src/commands/inventory/leave-sale-queue.js";
import { reserveStockWith, type ReserveStockAnswer } from "../../src/commands/inventory/reserve-stock.js";
import { scheduleSale } from "../../src/commands/inventory/schedule-sale.js";
import type { SaleTerms } from "../../src/events/sales.js";
import type { CountedStep } from "../../src/commands/inventory/sale-room.write-state.js";
import type { Actor } from "../../src/kernel/command.js";
import { after } from "../../src/kernel/time.js";
import type { CommandBus, CommandOutcome } from "../../src/platform/bus/command-bus.js";
import { by, operator } from "../bus/shop.js";

const reserveStock = reserveStockWith(600);

/** The room's row, what its sale has left, and the server's time, of one moment. */
export interface SeenRoom {
  readonly admitted: number;
  readonly next: number;
  readonly state: string;
  readonly steps: readonly CountedStep[];
  readonly left: number;
  readonly held: number;
  readonly sold: number;
  readonly ended: boolean;
  readonly now: Date;
}

/** A sale with a waiting room on a real primary, and those who want something of it. */
export class Crowd {
  private constructor(readonly saleId: string, private readonly pool: pg.Pool, private readonly sku: string) {}

  /** A sale that is on, of a product with stock. */
  static async gather(pool: pg.Pool, bus: CommandBus, terms: Partial<SaleTerms> & Pick<SaleTerms, "sku">): Promise<Crowd> {
    const { rows: [clock] } = await pool.query<{ now: Date }>("SELECT clock_timestamp() AS now");
    const startsAt = clock!.now.toISOString();
    const { answer, refusal } = await bus.execute(scheduleSale, {
      priceMinor: 500, currency: "EUR", allocation: 5, startsAt, endsAt: after(startsAt, 3_600_000), limitPerCustomer: 1, holdSeconds: 120,
      waitingRoom: { ratePerSecond: 10_000, passSeconds: 600 }, ...terms,
    }, by(operator));
    if (!answer) throw new Error(`the sale was refused: ${String(refusal?.code)}`);
    return new Crowd(answer.saleId, pool, terms.sku);
  }

  join(bus: CommandBus, who: string): Promise<CommandOutcome<JoinSaleQueueAnswer>> {
    return bus.execute(joinSaleQueue, { saleId: this.saleId, buyer: `customer:${who}` }, by(actorOf(who)));
  }

  async joinAll(bus: CommandBus, people: readonly string[]): Promise<void> {
    for (const who of people) await this.join(bus, who);
  }

  async leave(bus: CommandBus, who: string): Promise<void> {
    await bus.execute(leaveSaleQueue, { saleId: this.saleId, buyer: `customer:${who}` }, by(actorOf(who)));
  }

  reserve(bus: CommandBus, who: string, quantity = 1): Promise<CommandOutcome<ReserveStockAnswer>> {
    return bus.execute(reserveStock, { buyer: `customer:${who}`, lines: [{ sku: this.sku, quantity, saleId: this.saleId }] }, by(actorOf(who)));
  }

  /** "yes", or the code it was refused with. */
  async take(bus: CommandBus, who: string, quantity = 1): Promise<string> {
    return (await this.reserve(bus, who, quantity)).refusal?.code ?? "yes";
  }

  async state(bus: CommandBus, who: string): Promise<string> {
    const { answer, refusal } = await this.join(bus, who);
    return answer?.state ?? refusal?.code ?? "nothing";
  }

  async see(): Promise<SeenRoom> {
    const { rows: [seen] } = await this.pool.query<SeenRoom>(`
      SELECT r.admitted::int, r.next_number::int AS next, r.state, r.steps, s.left_units::int AS left, s.held::int, s.sold::int, s.ended, clock_timestamp() AS now
      FROM sale_room r JOIN sale s ON s.id = r.id WHERE r.id = $1`, [this.saleId]);
    if (!seen) throw new Error("there is no such room");
    return seen;
  }

  /** Units that passes promise beyond what is left; must never be more than 0. */
  async overpromised(): Promise<number> {
    const { steps, left, ended, now } = await this.see();
    return ended ? 0 : promisedUnits({ steps }, now.toISOString()) - left;
  }

  /** As if so many seconds had passed for this room: all that was written down of time is moved back. */
  async age(seconds: number): Promise<void> {
    const back = `- make_interval(secs => ${String(seconds)})`;
    await this.pool.query(`UPDATE sale_ticket SET left_at = left_at ${back} WHERE sale_id = $1`, [this.saleId]);
    await this.pool.query(`UPDATE hold_line SET expires_at = expires_at ${back} WHERE sale_id = $1`, [this.saleId]);
    await this.pool.query(`UPDATE sale_room SET paced_at = paced_at ${back}, steps = (
      SELECT coalesce(jsonb_agg(s || jsonb_build_object('until', to_char(((s->>'until')::timestamptz ${back}) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))), '[]')
      FROM jsonb_array_elements(steps) s) WHERE id = $1`, [this.saleId]);
  }
}

export function people(count: number, name = "p"): string[] {
  return Array.from({ length: count }, (_, index) => `${name}${String(index + 1)}`);
}

function actorOf(id: string): Actor {
  return { role: "customer", id };
}
